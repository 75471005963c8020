import { describe, expect, it } from "vitest";
import { createFingerprint, hashText } from "./hash.ts";
import { assignSplits } from "./split.ts";

describe("hashText", () => {
  it("is MurmurHash3 over UTF-16 ", () => {
    expect(hashText("")).toBe(0);
    expect(hashText("", 1)).toBe(0x514e28b7);
    expect(reference("hello world")).toBe(hashText("hello world"));
    expect(reference("odd", 42)).toBe(hashText("odd", 42));
  });
});

/** MurmurHash3_x86_32 byte by byte, after its published pseudocode, with BigInt arithmetic. */
function reference(text: string, seed = 0): number {
  const bytes = Buffer.from(text, "utf16le");
  const m = 0xffffffffn;
  const rotate = (v: bigint, r: bigint) => ((v << r) | (v >> (32n - r))) & m;
  const mix = (k: bigint) => (rotate((k * 0xcc9e2d51n) & m, 15n) * 0x1b873593n) & m;
  let h = BigInt(seed);
  const blocks = Math.floor(bytes.length / 4);
  for (let i = 0; i < blocks; i++) {
    h = (rotate(h ^ mix(BigInt(bytes.readUInt32LE(i * 4))), 13n) * 5n + 0xe6546b64n) & m;
  }
  let tail = 0n;
  for (let i = bytes.length - 1; i >= blocks * 4; i--) tail = (tail << 8n) | BigInt(bytes[i]!);
  if (bytes.length % 4 > 0) h ^= mix(tail);
  h ^= BigInt(bytes.length);
  h ^= h >> 16n;
  h = (h * 0x85ebca6bn) & m;
  h ^= h >> 13n;
  h = (h * 0xc2b2ae35n) & m;
  return Number(h ^ (h >> 16n));
}

describe("assignSplits", () => {
  const keys = Array.from({ length: 20_000 }, (_, i) => `joke number ${i}`);

  it("gives each split its share", () => {
    const splits = assignSplits(keys, { validation: 0.1, test: 0.2 });
    const share = (name: string) => splits.filter((split) => split === name).length / keys.length;
    // Standard deviation below 0.003.
    expect(share("test")).toBeCloseTo(0.2, 1);
    expect(share("validation")).toBeCloseTo(0.1, 1);
    expect(Math.abs(share("test") - 0.2)).toBeLessThan(0.015);
    expect(Math.abs(share("validation") - 0.1)).toBeLessThan(0.012);
  });

  it("decides each text by itself: order and company do not matter", () => {
    const all = assignSplits(keys);
    const few = assignSplits(keys.filter((_, i) => i % 3 === 0).reverse()).reverse();
    expect(few).toEqual(all.filter((_, i) => i % 3 === 0));
  });

  it("moves texts only out of training where the shares grow", () => {
    const before = assignSplits(keys, { validation: 0, test: 0.1 });
    const after = assignSplits(keys, { validation: 0, test: 0.2 });
    expect(after.filter((split, i) => split === "train" && before[i] === "test")).toEqual([]);
  });

  it("fills every wanted split even from few texts", () => {
    expect([...assignSplits(["a", "b", "c"])].sort()).toEqual(["test", "train", "validation"]);
    expect([...assignSplits(["a", "b"])].sort()).toEqual(["train", "validation"]);
    expect(assignSplits(["a"])).toEqual(["train"]);
    expect(assignSplits(["a", "b"], { validation: 0, test: 0 })).toEqual(["train", "train"]);
  });

  it("refuses shares that leave nothing for training", () => {
    expect(() => assignSplits(keys, { validation: 0.5, test: 0.5 })).toThrow(/sum below 1/);
    expect(() => assignSplits(keys, { test: -0.1 })).toThrow(/must be 0 or more/);
    expect(() => assignSplits(keys, { test: Number.NaN })).toThrow(/must be 0 or more/);
  });
});

describe("createFingerprint", () => {
  const of = (...texts: string[]) => {
    const fingerprint = createFingerprint();
    for (const text of texts) fingerprint.add(text);
    return fingerprint.digest();
  };

  it("differs for different sequences, also by their borders and order", () => {
    expect(of("a", "b")).toBe(of("a", "b"));
    expect(new Set([of("a", "b"), of("b", "a"), of("ab"), of("a", "b", ""), of()]).size).toBe(5);
    expect(of("a")).toMatch(/^[0-9a-f]{32}$/);
  });
});
