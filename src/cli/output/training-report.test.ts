import { expect, test } from "vitest";
import { printableTokenizer } from "../../text/characters.ts";
import type { TrainResult } from "../../train/train.ts";
import type { Context } from "../context.ts";
import { reportTraining } from "./training-report.ts";

function report(change: object, log: object[]): string[] {
  const lines: string[] = [];
  const summary = {
    stopped: "steps",
    val_loss: 1.25,
    train_loss: 1.5,
    steps: 12_000,
    seconds: 9_950,
    tokens_per_s: 123_456,
    ...change,
  };
  const lm = { tokenizer: printableTokenizer(), model: { predicts: "each" } };
  const ctx = {
    columns: 80,
    print: (line = "") => void lines.push(line),
    json: () => {},
  } as unknown as Context;
  const result = { summary, lm, data: {}, log } as unknown as TrainResult;
  reportTraining(ctx, "runs/a", result, "punchline train --out");
  return lines;
}

test("what a training came to fits a terminal of 80 columns", () => {
  const lines = report({}, [{ step: 12_000, val_loss: 1.25 }]);
  expect(lines[0]).toMatch(/^12,000 steps in .*; the last ones at 123k characters\/s, validation apart\.$/);
  expect(lines[1]).toBe("In nats per character: training loss 1.500, validation loss 1.250.");
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
});

test("a speed that is not known is not given", () => {
  expect(report({ steps: 1, tokens_per_s: 0 }, [])[0]).toBe("1 step in 2h 46m.");
});

test("where the last validation was worse than the best, both are named", () => {
  const log = [{ step: 1 }, { step: 6, val_loss: 1.25 }, { step: 7, val_loss: 2.5 }, { step: 8 }];
  expect(report({ steps: 8 }, log).join(" ").replace(/\s+/g, " ")).toContain(
    "validation loss 1.250 at step 6, the best, which is kept (2.500 at the end).",
  );
});
