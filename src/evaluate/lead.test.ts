import { expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { leadOf, pairedError, type TextBits, tooNear } from "./lead.ts";

it("calls one of two equally good models better about once in twenty times", () => {
  const random = new Random(3, "lead");
  const n = 400;
  let conclusive = 0;
  for (let trial = 0; trial < 400; trial++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += random.normal(trial * n + i);
    const models = [
      { name: "a", bits: 2 },
      { name: "b", bits: 2 + sum / n },
    ];
    if (leadOf(models, n)!.conclusive) conclusive++;
  }
  expect(conclusive).toBeGreaterThan(8);
  expect(conclusive).toBeLessThan(36);
});

it("sets the best against the next, whatever their order, and says why the difference is not conclusive", () => {
  const models = [
    { name: "c", bits: 3 },
    { name: "a", bits: 2.01 },
    { name: "b", bits: 2 },
  ];
  const lead = leadOf(models, 10_000)!;
  expect(lead).toMatchObject({ best: "b", next: "a", conclusive: false });
  expect(tooNear(lead)).toBe(
    "b and a are too near each other to tell which is ahead: 0.010 bits, where 0.020 may be chance",
  );
  expect(leadOf(models, 1_000_000)).toMatchObject({ conclusive: true });
  expect(leadOf(models.slice(1, 2), 10)).toBeUndefined();
  expect(leadOf(models, 0)).toBeUndefined();
});

/** Two models on texts of uneven length; a text that is hard for one is so with all its bytes. */
function madeTexts(n: number, ahead: number): readonly [TextBits[], TextBits[]] {
  const random = new Random(11, "texts", n);
  const one: TextBits[] = [];
  const other: TextBits[] = [];
  for (let i = 0; i < n; i++) {
    const size = 20 + Math.floor(230 * random.uniform(4 * i) ** 2);
    const hard = 0.3 * random.normal(4 * i + 1);
    one.push([size * 2 + Math.sqrt(size) * random.normal(4 * i + 2), size]);
    other.push([size * (2 + ahead + hard) + Math.sqrt(size) * random.normal(4 * i + 3), size]);
  }
  return [one, other];
}

it("the standard error is that of a bootstrap over the texts", () => {
  const [one, other] = madeTexts(150, 0.1);
  const random = new Random(5, "bootstrap");
  const ratios = Array.from({ length: 4000 }, (_, round) => {
    let [bits, size] = [0, 0];
    for (let i = 0; i < one.length; i++) {
      const k = random.below(one.length, round * one.length + i);
      bits += other[k]![0] - one[k]![0];
      size += one[k]![1];
    }
    return bits / size;
  });
  const mean = ratios.reduce((a, b) => a + b, 0) / ratios.length;
  const error = Math.sqrt(ratios.reduce((sum, r) => sum + (r - mean) ** 2, 0) / ratios.length);
  expect(pairedError(one, other)! / error).toBeGreaterThan(0.93);
  expect(pairedError(one, other)! / error).toBeLessThan(1.07);
  // Independent bytes with a deviation of one bit would have less than half of it.
  expect(pairedError(one, other)).toBeGreaterThan(
    2 / Math.sqrt(one.reduce((sum, [, size]) => sum + size, 0)),
  );
});

it("the bits of the texts decide where they are known of both models", () => {
  const [one, other] = madeTexts(150, 0.1);
  const bits = (texts: readonly TextBits[]) =>
    texts.reduce((sum, [b]) => sum + b, 0) / texts.reduce((sum, [, size]) => sum + size, 0);
  const models = [
    { name: "a", bits: bits(one), texts: one },
    { name: "b", bits: bits(other), texts: other },
  ];
  const lead = leadOf(models, 10_000)!;
  expect(lead.margin).toBeCloseTo(1.96 * pairedError(one, other)!, 12);
  expect(leadOf([models[0]!, { name: "b", bits: 3 }], 10_000)!.margin).toBeCloseTo(0.0196, 12);
  expect(pairedError(one.slice(1), other)).toBeUndefined();
  expect(pairedError(one.slice(0, 1), other.slice(0, 1))).toBeUndefined();
});
