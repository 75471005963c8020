/** The same training as train.py, with Punchline's engine: forward, backward, clip, AdamW, carried state. */
import { gradients } from "../../src/autodiff/grad.ts";
import { float32, type HostArray, int32, sizeOf } from "../../src/core/array.ts";
import { Random } from "../../src/core/random.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { type Model, objective, type State, zeroState } from "../../src/models/model.ts";
import { training } from "../../src/nn/mode.ts";
import type { Parameters } from "../../src/nn/parameters.ts";
import { multiply } from "../../src/ops/elementwise.ts";
import { adamw } from "../../src/optim/adamw.ts";
import { clipGlobalNorm } from "../../src/optim/optimizer.ts";
import { Arena } from "../../src/runtime/arena.ts";
import type { Compiled } from "../../src/runtime/compile.ts";
import { compile } from "../node-compile.ts";
import type { TrainingJob } from "./torch.ts";

/** Every parameter as its own initialiser draws it. */
export function drawWeights(model: Model, seed: number): Map<string, Float32Array> {
  return new Map(
    model.parameters.map(({ name, shape, initialise }) => {
      const data = new Float32Array(sizeOf(shape));
      initialise(data, new Random(seed, name));
      return [name, data];
    }),
  );
}

/** Batches of random ids with some order in them, so that there is something to learn: [batch, length + 1] each, rows going on where they ended. */
export function drawBatches(
  vocabulary: number,
  batch: number,
  length: number,
  steps: number,
  seed = 3,
): Int32Array[] {
  const random = new Random(seed, "batches");
  const total = length * steps + 1;
  const rows = Array.from({ length: batch }, (_, b) => {
    const row = new Int32Array(total);
    for (let t = 0; t < total; t++) {
      const noisy = random.uniform(2 * (b * total + t)) < 0.3;
      const fresh = random.below(vocabulary, 2 * (b * total + t) + 1);
      row[t] = noisy || t === 0 ? fresh : (row[t - 1]! * 3 + 1) % vocabulary;
    }
    return row;
  });
  return Array.from({ length: steps }, (_, k) => {
    const out = new Int32Array(batch * (length + 1));
    rows.forEach((row, b) => {
      out.set(row.subarray(k * length, (k + 1) * length + 1), b * (length + 1));
    });
    return out;
  });
}

interface StepInput {
  readonly ids: Tensor;
  readonly targets: Tensor;
  readonly state: State;
  readonly progress?: Tensor;
}
type StepOutput = { readonly loss: Tensor; readonly gradients: Parameters; readonly state: State };

/** One training step without its optimiser: mean loss, gradients, the state to carry. */
export function compileStep(
  model: Model,
  targets: number,
  {
    trainable = model.parameters.map(({ name }) => name),
    ...options
  }: { readonly threads?: number; readonly profile?: string; readonly trainable?: readonly string[] } = {},
): Compiled<[Parameters, StepInput], StepOutput> {
  return compile((parameters: Parameters, input: StepInput) => {
    const { loss, reported = loss, state } = objective(model, parameters, input, training());
    const mean = multiply(loss, 1 / targets);
    const found = gradients(
      mean,
      trainable.map((name) => parameters[name]!),
    );
    return {
      loss: multiply(reported, 1 / targets),
      gradients: Object.fromEntries(trainable.map((name, i) => [name, found[i]!])),
      state,
    };
  }, options);
}

/** Inputs and targets of a batch [batch, length + 1]. */
export function windows(ids: Int32Array, batch: number, length: number) {
  const cut = (from: number) => {
    const out = new Int32Array(batch * length);
    for (let b = 0; b < batch; b++)
      out.set(ids.subarray(b * (length + 1) + from, b * (length + 1) + from + length), b * length);
    return int32([batch, length], out);
  };
  return { ids: cut(0), targets: cut(1) };
}

/** Losses of each step, in mean nats a target. */
export async function trainLosses(job: TrainingJob): Promise<number[]> {
  const { model, batch, length, optimizer: o } = job;
  const trainable = job.trainable ?? new Set(model.parameters.map(({ name }) => name));
  const step = compileStep(model, model.predicts === "last" ? batch : batch * length, {
    threads: job.threads,
    trainable: [...trainable],
  });
  const { betas, eps, weightDecay } = {
    betas: [o.beta1, o.beta2] as const,
    eps: o.epsilon,
    weightDecay: o.weightDecay,
  };
  const optimizer = adamw({ betas, eps, weightDecay });
  const layout = model.parameters.map((spec) => ({ ...spec, trainable: trainable.has(spec.name) }));
  const arena = Arena.create(layout, { moments: optimizer.moments });
  for (const [name, values] of job.weights) arena.parameters[name]!.data.set(values);
  const carries = model.contextLength === Infinity;
  let state: Record<string, HostArray> = carries ? zeroState(model.state(batch)) : {};
  const losses: number[] = [];
  for (const [k, ids] of job.batches.entries()) {
    const progress = model.needsProgress ? { progress: float32([], [k / job.batches.length]) } : {};
    const input = { ...windows(ids, batch, length), state, ...progress };
    const result = await step.run([arena.parameters, input], {
      into: { gradients: arena.gradients } as never,
    });
    losses.push(result.loss.data[0] as number);
    if (carries) state = result.state as Record<string, HostArray>;
    const { gradScale } = clipGlobalNorm(arena, o.clip);
    optimizer.step(arena, { step: k + 1, lr: o.lr, gradScale });
  }
  await step.release();
  return losses;
}
