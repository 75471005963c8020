import { expect, test } from "vitest";
import { printableTokenizer } from "../../text/characters.ts";
import type { TrainResult } from "../../train/train.ts";
import type { Context } from "../context.ts";
import { reportTraining } from "./training-report.ts";

test("what a training came to fits a terminal of 80 columns", () => {
  const lines: string[] = [];
  const summary = {
    stopped: "steps",
    val_loss: 1.25,
    train_loss: 1.5,
    steps: 12_000,
    seconds: 9_950,
    tokens_per_s: 123_456,
  };
  const lm = { tokenizer: printableTokenizer(), model: { predicts: "each" } };
  const ctx = {
    columns: 80,
    print: (line = "") => void lines.push(line),
    json: () => {},
  } as unknown as Context;
  reportTraining(ctx, "runs/a", { summary, lm, data: {} } as unknown as TrainResult, "punchline train --out");
  expect(lines[0]).toMatch(/^12,000 steps in .*; the last ones at 123k characters\/s, validation apart\.$/);
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
});
