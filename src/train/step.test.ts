import { expect, test } from "vitest";
import { countParameters } from "../models/model.ts";
import { buildModel } from "../models/registry.ts";
import { nodeBackend } from "../runtime/node.ts";
import { resolveTrainOptions } from "./options.ts";
import { estimateMemory, TrainingStep } from "./step.ts";

const config = { model_type: "char-lstm", vocab_size: 100, embedding_size: 16, num_layers: 1, dropout: 0 };

/** The estimate of a char-LSTM where so many bytes are free. */
function estimate(hidden: number, batchSize: number, available = 100e9, trainable?: number) {
  const model = buildModel({ ...config, hidden_size: hidden });
  const names = model.parameters.map(({ name }) => name);
  const options = resolveTrainOptions({ batchSize, seqLen: 32 }, {});
  const total = countParameters(model);
  const counts = { total, trainable: total };
  const step = new TrainingStep(model, nodeBackend(), names);
  const others = trainable === undefined ? [] : [{ choice: "`lora: true`", trainable, memory: () => 0 }];
  return estimateMemory(counts, { moments: 2 }, step, options, others, { held: 0, available });
}

test("parameters, gradients and moments are in it, and what a batch takes", () => {
  const parameters = (hidden: number) => 4 * hidden * (16 + hidden + 2) + 100 * (hidden + 1) + 1600;
  const grown = estimate(1024, 1) - estimate(64, 1);
  expect(grown).toBeGreaterThan(16 * (parameters(1024) - parameters(64)));
  expect(estimate(64, 64) - estimate(64, 1)).toBeGreaterThan(4 * 63 * 32 * 64 * 7);
});

test("what is frozen takes four bytes a number, and what is trained sixteen", () => {
  const options = resolveTrainOptions({ batchSize: 1, seqLen: 32 }, {});
  const machine = { held: 0, available: 100e9 };
  const bytes = (trainable: number) =>
    estimateMemory({ total: 5e6, trainable }, { moments: 2 }, { memory: () => 0 }, options, [], machine);
  expect(bytes(5e6) - bytes(1e6)).toBe(12 * 4e6);
});

test("too little memory is refused before anything is reserved, with a batch size that fits", () => {
  expect(() => estimate(64, 4096, 500e6)).toThrow(
    /^This training needs at least \d.* GB of memory and 0\.5 GB are free/,
  );
  let refusal: unknown;
  try {
    estimate(64, 4096, 500e6);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ kind: "usage" });
  const fitting = Number(/`batchSize` of (\d+) would fit/.exec(String(refusal))?.[1]);
  expect(estimate(64, fitting, 500e6)).toBeLessThanOrEqual(500e6);
  expect(estimate(64, fitting + 20, 500e6)).toBeGreaterThan(500e6);
  expect(() => estimate(64, 1, 1e6)).toThrow(/take a shorter `seqLen` or a smaller model/);
});

test("where the whole cannot be trained, another way is suggested if it would fit", () => {
  // Sixteen bytes a trained number are too many, four are not.
  expect(() => estimate(1024, 1, 120e6, 1000)).toThrow(/: `lora: true` would fit/);
  expect(() => estimate(1024, 1, 120e6)).toThrow(/take a shorter `seqLen`/);
  expect(() => estimate(1024, 1, 62e6, 1000)).toThrow(/take a shorter `seqLen`/);
});
