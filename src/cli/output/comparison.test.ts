import picocolors from "picocolors";
import { expect, it } from "vitest";
import type { Comparison } from "../../compare/results.ts";
import type { Context } from "../context.ts";
import { printComparison } from "./comparison.ts";

/** What is printed of two models that predict `tokens`, the second moved by `effect`. */
function printed(tokens: readonly string[], effect: number): string {
  const lines: string[] = [];
  const ctx = { print: (line = "") => lines.push(line), style: picocolors.createColors(false), columns: 80 };
  const predictions = tokens.map((token) => ({ token, probability: 0.1 }));
  const model = { model: "a", kind: "causal", text: "Quick", predictions, speed: [], notes: [] };
  const models = [model, { ...model, model: "b", right_context_effect: effect }];
  const rest = { answers: [], by_length: [], by_batch: [], gemm_gflops: null, notes: [], protocol: "once" };
  printComparison(ctx as unknown as Context, { models, ...rest } as unknown as Comparison);
  return lines.join("\n");
}

it("shows a predicted line break or space as a sign, not as an empty cell", () => {
  expect(printed(["\n", " air"], 0.5)).toMatch(/^⏎ +10 +⏎ +10\n␣air +10 +␣air +10$/mu);
});

it("does not call a prediction that moves by less than it prints moved by 0", () => {
  expect(printed(["air"], 0.0001)).toContain("total variation distance below 0.001 of at most 1.");
  expect(printed(["air"], 0.25)).toContain("total variation distance 0.250 of at most 1.");
});
