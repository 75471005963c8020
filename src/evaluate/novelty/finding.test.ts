import { expect, it } from "vitest";
import { rateOf } from "../intervals.ts";
import {
  closestBeginnings,
  cueInWords,
  type Finding,
  findingOf,
  likenessOf,
  rateDifference,
  tellingNearest,
  verdictOf,
} from "./finding.ts";

const Z = 1.959963984540054;

/** The share whose own standard error puts the observed one `Z` of them away, sought by halving: Wilson's bound. */
function bound(copies: number, n: number, side: -1 | 1): number {
  const p = copies / n;
  let [inside, outside] = [p, side < 0 ? 0 : 1];
  for (let i = 0; i < 200; i++) {
    const theta = (inside + outside) / 2;
    if (Math.abs(p - theta) <= Z * Math.sqrt((theta * (1 - theta)) / n)) inside = theta;
    else outside = theta;
  }
  return inside;
}

/** Newcombe 1998, method 10, from those bounds. */
function newcombe(a: number, m: number, b: number, n: number): readonly [number, number] {
  const [p, q] = [a / m, b / n];
  return [
    p - q - Math.sqrt((p - bound(a, m, -1)) ** 2 + (bound(b, n, 1) - q) ** 2),
    p - q + Math.sqrt((bound(a, m, 1) - p) ** 2 + (q - bound(b, n, -1)) ** 2),
  ];
}

const sentences: Readonly<Record<Finding, RegExp>> = {
  more: /The model copies more than chance likeness explains\.$/,
  fewer: /The model copies less than unseen texts seem to\.$/,
  alike: /The difference is within chance\.$/,
  "too-few": /nothing can be concluded\.$/,
};

it("is Newcombe's interval, on a grid of counts, and the sentence says the same", () => {
  const seen = new Set<Finding>();
  for (const m of [1, 5, 29, 30, 200, 1000]) {
    for (const n of [1, 8, 29, 30, 200, 999]) {
      for (const a of new Set([0, 1, m >> 4, m >> 2, m >> 1, m - 1, m])) {
        for (const b of new Set([0, 1, n >> 4, n >> 2, n >> 1, n - 1, n])) {
          const [own, other] = [rateOf(a, m), rateOf(b, n)];
          const [low, high] = newcombe(a, m, b, n);
          const { interval } = rateDifference(own, other)!;
          expect(interval[0]).toBeCloseTo(low, 8);
          expect(interval[1]).toBeCloseTo(high, 8);
          // Where a bound is 0 to rounding, either word is right.
          if (Math.min(Math.abs(low), Math.abs(high)) < 1e-9) continue;
          const few = m < 30 || n < 30;
          const expected = low > 0 ? "more" : high < 0 ? "fewer" : few ? "too-few" : "alike";
          expect(findingOf(own, other), `${a}/${m} and ${b}/${n}`).toBe(expected);
          expect(verdictOf({ ...own, baseline: other })).toMatch(sentences[expected]);
          seen.add(expected);
        }
      }
    }
  }
  expect([...seen].sort()).toEqual(["alike", "fewer", "more", "too-few"]);
});

it("counts one text in the singular", () => {
  const verdict = (m: number, n: number) => verdictOf({ ...rateOf(0, m), baseline: rateOf(0, n) });
  expect(verdict(1, 5)).toMatch(/With only 1 text, nothing/);
  expect(verdict(2, 5)).toMatch(/With only 2 texts, nothing/);
  expect(verdict(5, 1)).toMatch(/With only 1 unseen text, nothing/);
});

it("calls 22 of 200 against 10 of 200 more, though the two Wilson intervals overlap", () => {
  expect(findingOf(rateOf(22, 200), rateOf(10, 200))).toBe("more");
  expect(findingOf(rateOf(10, 200), rateOf(22, 200))).toBe("fewer");
});

it("concludes nothing from nothing", () => {
  expect(findingOf(rateOf(0, 0), rateOf(3, 100))).toBe("too-few");
  expect(findingOf(rateOf(50, 100), rateOf(0, 0))).toBe("too-few");
  expect(rateDifference(rateOf(0, 0), rateOf(3, 100))).toBeNull();
});

it("prints no interval whose ends look alike or leave the rate out", () => {
  expect(verdictOf({ ...rateOf(0, 100_000), baseline: rateOf(1, 400_000) })).toMatch(
    /^0\.000 % of these texts are copies \(95 % interval 0\.000 to 0\.004 %, n = 100000\); of real unseen texts 0\.000 % would be called so \(95 % interval 0\.000 to 0\.001 %, n = 400000\)\./,
  );
});

it("shows each shared beginning once, the longest first, of equals the rarest", () => {
  const begins = (text: string, words: number, count: number, end: number) => ({
    text,
    cue: "",
    same_cue_count: count,
    cue_matches: [{ words, count, in_sample: [0, end] as const }],
  });
  const samples = [
    begins("Why did a hen sing?", 3, 40, 9),
    begins("A fox and his dog", 3, 2, 9),
    { ...begins("None", 0, 0, 0), cue_matches: [] },
    begins("Why, did A cat sing?", 3, 40, 10),
    begins("My old dog barks", 4, 90, 16),
  ];
  expect(closestBeginnings(samples)).toEqual([samples[4], samples[1], samples[0]]);
});

it("says how many begin so, in the words of the text where they are the same", () => {
  const begun = (text: string, cue: string, same_cue_count: number) =>
    cueInWords({ text, cue, same_cue_count, cue_matches: [] });
  expect(begun("If you don't, who will?", "if you dont", 1)).toBe("1 training text begins “If you don't”");
  expect(begun("“Café — au lait?” he said", "cafe au lait", 1200)).toBe(
    "1,200 training texts begin “cafe au lait”",
  );
  expect(begun("Why, did the?", "why did the", 0)).toBe("No training text begins “Why, did the”");
});

it("a text is a copy, close or new", () => {
  const text = { copy: false, nearest: [{ similarity: 0.6 }] };
  expect(likenessOf(text)).toBe("close");
  expect(likenessOf({ ...text, copy: true })).toBe("copy");
  expect(likenessOf({ ...text, nearest: [] })).toBe("new");
});

it("the nearest training text is shown of a copy and of a close text alone", () => {
  const [near, far] = [{ similarity: 0.6 }, { similarity: 0.59 }];
  expect(tellingNearest({ copy: false, nearest: [near, far] })).toBe(near);
  expect(tellingNearest({ copy: false, nearest: [far] })).toBeUndefined();
  // A copy that is sewn together of several texts need not be near to any of them.
  expect(tellingNearest({ copy: true, nearest: [far] })).toBe(far);
  expect(tellingNearest({ copy: true, nearest: [] })).toBeUndefined();
});
