import { expect, test } from "vitest";
import { quickPlan, usualPlan } from "./plan.ts";

test("minutes are those of the character model, and shorten the quick demo further", () => {
  expect(usualPlan(6)).toMatchObject({ characters: 6, finetuning: 3, written: 200 });
  expect(quickPlan(0.1)).toMatchObject({ characters: 0.1, finetuning: 0.1, written: 60 });
  const [quick, usual] = [quickPlan(), usualPlan()];
  expect(quick.characters + 2 * quick.finetuning).toBeLessThan(
    0.5 * (usual.characters + 2 * usual.finetuning),
  );
});
