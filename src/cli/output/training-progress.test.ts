/** What a person sees of a training's events. */
import { expect, test } from "vitest";
import { createContext } from "../context.ts";
import type { Interrupt } from "../interrupt.ts";
import { terminal } from "./terminal.ts";
import { trainingProgress } from "./training-progress.ts";

/** What is written to standard error by `show`, which gets the listener of a training. */
function shownOf(show: (listen: ReturnType<typeof trainingProgress>) => void): string {
  let written = "";
  const { context } = createContext({
    stdout: terminal({ write: () => true }, {}),
    stderr: terminal({ write: (piece: string) => (written += piece) }, {}),
    interrupt: { signal: new AbortController().signal } as Interrupt,
    json: false,
    quiet: false,
    verbose: false,
    commandLine: "punchline train",
  });
  show(trainingProgress(context, "training"));
  return written;
}

const start = {
  type: "start",
  steps: 60,
  epochs: 1,
  parameters: 1000,
  trainable: 1000,
  context: 16,
  unit: "characters",
  bytes: 1e8,
  secondsPerStep: 0.1,
} as const;

const row = {
  step: 60,
  epoch: 1,
  seconds: 64,
  tokens: 100,
  loss: 2,
  lr: 0.01,
  grad_norm: 1,
  tokens_per_s: 100,
};

test("the line that ends it has the seconds of the summary, those before a resume included", () => {
  const text = shownOf((listen) => {
    listen({ ...start, resumedFrom: 40 });
    listen({ type: "log", row, secondsLeft: 0 });
    listen({ type: "end", stopped: "steps", step: 60, seconds: 65 });
  });
  expect(text.trimEnd().split("\n").at(-1)).toBe("training: 60 steps, loss 2.000, in 1m 05s");
});
