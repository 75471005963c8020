import { describe, expect, it } from "vitest";
import { differences } from "./differences.ts";

function shown(a: string, b: string): string {
  return differences(a, b)
    .map(({ kind, a: [p, q], b: [r, s] }) =>
      kind === "same" ? a.slice(p, q) : `[${a.slice(p, q)}|${b.slice(r, s)}]`,
    )
    .join(" ");
}

describe("differences", () => {
  it.each([
    ["Why did the chicken run?", "why did the duck run", "Why did the [chicken|duck] run"],
    ["A b c", "a b c d e", "A b c [|d e]"],
    ["x a b", "a, b!", "[x|] a b"],
    ["", "new words", "[|new words]"],
    ["same: same", "Same same.", "same: same"],
    ["a b c d e f", "a x c d y z f", "a [b|x] c d [e|y z] f"],
    ["", "", ""],
    ["один два", "one two", "[один два|one two]"],
  ])("%j to %j", (a, b, expected) => {
    expect(shown(a, b)).toBe(expected);
  });

  it("rebuilds both texts' words from its segments", () => {
    let state = 11;
    const next = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    const text = () => Array.from({ length: next(12) }, () => "abcd"[next(4)]).join(" ");
    for (let round = 0; round < 200; round++) {
      const [a, b] = [text(), text()];
      const segments = differences(a, b);
      const words = (pieces: string[]) => pieces.join(" ").split(" ").filter(Boolean).join(" ");
      expect(words(segments.map((s) => a.slice(...s.a)))).toBe(a);
      expect(words(segments.map((s) => b.slice(...s.b)))).toBe(b);
      const same = segments.filter((s) => s.kind === "same");
      for (const s of same) expect(a.slice(...s.a)).toBe(b.slice(...s.b));
      const kept = same.flatMap((s) => a.slice(...s.a).split(" ")).length;
      expect(kept).toBe(commonWords(a.split(" ").filter(Boolean), b.split(" ").filter(Boolean)));
    }
  });

  it("stays bounded on very long texts", () => {
    const a = `start ${"a b c ".repeat(4000)}end`;
    const b = `start ${"d e f ".repeat(4000)}end`;
    expect(differences(a, b).map((s) => s.kind)).toEqual(["same", "changed", "same"]);
  });
});

function commonWords(a: string[], b: string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  if (a[0] === b[0]) return 1 + commonWords(a.slice(1), b.slice(1));
  return Math.max(
    ...a.map((w, i) => (b.includes(w) ? 1 + commonWords(a.slice(i + 1), b.slice(b.indexOf(w) + 1)) : 0)),
  );
}
