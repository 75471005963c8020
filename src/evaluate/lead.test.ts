import { expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { leadOf, tooNear } from "./lead.ts";

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
