/**
 * Which tokens each slot holds, in use or not: what a text is to read may be in one already, and is copied. Slots that nobody
 * has used for a while are emptied, and their memory given back.
 */
import type { Slots } from "./slots.ts";

/** Tokens that a prompt must share with another text, so that copying them is worth its while. */
const SHARED = 4;
/** Milliseconds for which a slot keeps what it holds after its text, for another that begins alike. */
const KEPT_MS = 60_000;

export interface KeepingOptions {
  /** Default: a minute. */
  readonly keptMs?: number | undefined;
  /** Called when memory was given back. */
  readonly onShrunk?: (() => void) | undefined;
}

/** What a text is to read. */
export interface Wanted {
  readonly ids: Int32Array;
  /** How many of them may be copied instead. */
  readonly copyable: number;
}

export class HeldTokens {
  readonly #slots: Slots;
  readonly #options: KeepingOptions & { readonly isRunning: () => boolean };
  readonly #held: number[][];
  /** Slots that are not in use, the one that was used last at the end. */
  readonly #free: number[];
  /** When the text of each slot left it. */
  readonly #leftAt: number[];
  /** Until slots are looked at that nobody has used for a while. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = false;
  #copied = 0;

  constructor(slots: Slots, options: KeepingOptions & { readonly isRunning: () => boolean }) {
    this.#slots = slots;
    this.#options = options;
    this.#held = Array.from({ length: slots.count }, () => []);
    this.#free = [...this.#held.keys()].reverse();
    this.#leftAt = this.#held.map(() => 0);
  }

  /** Tokens that were copied instead of read. */
  get copied(): number {
    return this.#copied;
  }

  get hasFree(): boolean {
    return this.#free.length > 0;
  }

  /** How many a slot holds. */
  count(slot: number): number {
    return this.#held[slot]!.length;
  }

  /** Takes note of what was appended to a slot. */
  append(slot: number, ids: Iterable<number>): void {
    for (const id of ids) this.#held[slot]!.push(id);
  }

  /** The free slot that holds most of what a text is to read, or the one that was used longest ago; with what can be copied. */
  begin(wanted: Wanted): number {
    const [from, best] = this.#mostOf(wanted);
    const own = this.#free.includes(from) && best > 0 && best === this.count(from);
    const slot = own ? from : this.#free[0]!;
    this.#free.splice(this.#free.indexOf(slot), 1);
    if (!this.#take(slot, wanted, from, best, 0)) this.#empty(slot);
    return slot;
  }

  /** Takes what another slot has read of a text's prompt since the text began. */
  share(slot: number, wanted: Wanted): void {
    const [from, best] = this.#mostOf(wanted);
    this.#take(slot, wanted, from, best, this.count(slot));
  }

  /** Frees a slot, which keeps what it holds for a while. */
  leave(slot: number): void {
    this.#free.push(slot);
    this.#leftAt[slot] = performance.now();
    this.#forgetLater();
  }

  /** Empties a slot that may hold anything. */
  clear(slot: number): void {
    this.#held[slot] = [];
    this.#slots.clear(slot);
  }

  /** Gives back the memory of slots that nobody has used for a while, where it is time to look; not during a run. */
  forgetOld(): void {
    if (!this.#due) return;
    this.#due = false;
    const { keptMs = KEPT_MS, onShrunk } = this.#options;
    const begun = performance.now() - keptMs;
    const { bytes } = this.#slots;
    for (const slot of this.#free)
      if (this.#leftAt[slot]! <= begun && this.count(slot) > 0) this.#empty(slot);
    this.#slots.shrink();
    if (this.#free.some((slot) => this.count(slot) > 0)) this.#forgetLater();
    if (this.#slots.bytes < bytes) onShrunk?.();
  }

  release(): void {
    clearTimeout(this.#timer);
  }

  /** The slot that holds most of what a text is to read, and how many of those tokens. */
  #mostOf({ ids, copyable }: Wanted): readonly [from: number, tokens: number] {
    let [from, best] = [0, 0];
    for (const [slot, held] of this.#held.entries()) {
      const common = Math.min(copyable, commonLength(held, ids));
      if (common > best) [from, best] = [slot, common];
    }
    return [from, best];
  }

  /** Copies tokens to a slot where they are enough more than it has. @returns whether it did */
  #take(slot: number, { ids }: Wanted, from: number, tokens: number, has: number): boolean {
    if (tokens < has + SHARED || !this.#slots.copy(from, slot, tokens)) return false;
    this.#held[slot] = Array.from(ids.subarray(0, tokens));
    this.#copied += tokens - has;
    return true;
  }

  #empty(slot: number): void {
    this.#held[slot] = [];
    this.#slots.copy(slot, slot, 0);
  }

  #forgetLater(): void {
    if (this.#timer || this.#due) return;
    const { keptMs = KEPT_MS, isRunning } = this.#options;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#due = true;
      // Else between two runs.
      if (!isRunning()) this.forgetOld();
    }, keptMs);
    // Node's timers would keep the process; a browser has none that do.
    this.#timer.unref?.();
  }
}

function commonLength(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const most = Math.min(a.length, b.length);
  for (let k = 0; k < most; k++) if (a[k] !== b[k]) return k;
  return most;
}
