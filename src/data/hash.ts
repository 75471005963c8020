/**
 * Small hashes for splits and fingerprints; none is for security.
 * Source: Austin Appleby, MurmurHash3 (public domain), the 32-bit variant and its finaliser.
 */

/** MurmurHash3 (x86, 32 bit) of the UTF-16 code units of `text`, two to a block. An unsigned 32-bit integer. */
export function hashText(text: string, seed = 0): number {
  let h = seed | 0;
  const even = text.length & ~1;
  for (let i = 0; i < even; i += 2) {
    h ^= scramble(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  if (even < text.length) h ^= scramble(text.charCodeAt(even));
  return finalise(h ^ (text.length * 2));
}

/** A well mixed unsigned 32-bit integer of two integers. */
function hashPair(a: number, b: number): number {
  let h = finalise((a | 0) ^ 0x9e3779b9);
  h ^= scramble(b | 0);
  h = (h << 13) | (h >>> 19);
  h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  return finalise(h ^ 8);
}

/** {@link hashText} of a text that comes in parts. */
class RunningHash {
  #h: number;
  #open = -1;
  #length = 0;

  constructor(seed: number) {
    this.#h = seed | 0;
  }

  add(text: string): void {
    this.#length += text.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (this.#open < 0) this.#open = code;
      else {
        let h = this.#h ^ scramble(this.#open | (code << 16));
        h = (h << 13) | (h >>> 19);
        this.#h = (Math.imul(h, 5) + 0xe6546b64) | 0;
        this.#open = -1;
      }
    }
  }

  value(): number {
    const h = this.#open < 0 ? this.#h : this.#h ^ scramble(this.#open);
    return finalise(h ^ (this.#length * 2));
  }
}

/**
 * A running 128-bit digest of a sequence of texts, as 32 hexadecimal digits: equal sequences have equal
 * digests, and the borders between texts count.
 */
export function createFingerprint(): {
  add(text: string): void;
  /** Adds one text that comes in parts. */
  addParts(parts: Iterable<string>): void;
  digest(): string;
} {
  const lanes = [1, 2, 3, 4];
  return {
    add(text) {
      for (let k = 0; k < 4; k++) lanes[k] = hashText(text, hashPair(lanes[k]!, k));
    },
    addParts(parts) {
      const running = lanes.map((lane, k) => new RunningHash(hashPair(lane, k)));
      for (const part of parts) for (const hash of running) hash.add(part);
      for (const [k, hash] of running.entries()) lanes[k] = hash.value();
    },
    digest: () => lanes.map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join(""),
  };
}

function scramble(k: number): number {
  const mixed = Math.imul(k, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function finalise(value: number): number {
  let h = value;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
