/** What the parity tests of transformers share: weights from a folder, and every number compared with PyTorch's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { float32, type HostArray, int32 } from "../src/core/array.ts";
import { Random } from "../src/core/random.ts";
import { openModelFolder } from "../src/hub/folder.ts";
import { readTensors } from "../src/hub/match-tensors.ts";
import type { Model, ModelConfig, ModelInput } from "../src/models/model.ts";
import { architectureOf } from "../src/models/registry.ts";
import { evaluation } from "../src/nn/mode.ts";
import type { Parameters } from "../src/nn/parameters.ts";
import { compile } from "../src/runtime/compile.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { type ForwardRequest, forwardInTorch } from "./torch/forward.ts";

export type Weights = Readonly<Record<string, HostArray<"float32">>>;
export const backend = nodeBackend();

export async function loadFolder(folder: string): Promise<{ model: Model; weights: Weights }> {
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as ModelConfig;
  const architecture = architectureOf(config.model_type);
  const model = architecture.build(config);
  const weights = Object.fromEntries(model.parameters.map(({ name, shape }) => [name, float32(shape)]));
  const { tensors: source } = await openModelFolder(folder);
  const slots = model.parameters.map(({ name, shape }) => ({ name, shape, data: weights[name]!.data }));
  await readTensors(slots, source, architecture.checkpointMapping);
  await source.close();
  return { model, weights };
}

/** Rows of random ids. */
export function randomIds(vocabulary: number, batch: number, length: number): number[][] {
  const random = new Random(11, "ids");
  return Array.from({ length: batch }, (_, r) =>
    Array.from({ length }, (_, t) => Math.floor(random.uniform(r * length + t) * vocabulary)),
  );
}

export const rows = (values: readonly (readonly number[])[]) =>
  int32([values.length, values[0]!.length], values.flat());

/** Runs a model over whole texts and gives its logits and every stream. */
export async function forward(model: Model, weights: Weights, input: Record<string, HostArray>) {
  const run = compile(
    (parameters: Parameters, given: ModelInput) => {
      const { logits, hidden } = model.forward(parameters, given, evaluation);
      return { logits, hidden: hidden! };
    },
    { backend },
  );
  const result = await run(weights as never, input as never);
  await run.release();
  return result as unknown as { logits: HostArray<"float32">; hidden: HostArray<"float32">[] };
}

/** Largest absolute difference over the elements that `counts` lets through. */
export function worst(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  counts: (i: number) => boolean = () => true,
): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    if (!counts(i)) continue;
    const error = Math.abs(a[i]! - b[i]!);
    most = Number.isNaN(error) ? Infinity : Math.max(most, error);
  }
  return most;
}

/**
 * Expects streams and logits of real tokens to be PyTorch's, to 1e-4.
 * @param plain the same model, with the names that PyTorch's reads. Default: the folder itself
 */
export async function expectParity(folder: string, request: ForwardRequest, plain = folder): Promise<void> {
  const { model, weights } = await loadFolder(folder);
  const { ids, mask, types } = request;
  const ours = await forward(model, weights, {
    ids: rows(ids),
    ...(mask ? { attentionMask: rows(mask), positions: rows(mask.map(positionsOf)) } : {}),
    ...(types ? { tokenTypes: rows(types) } : {}),
  });
  const layers = ours.hidden.length - 1;
  const width = ours.hidden[0]!.shape[1]!;
  const theirs = await forwardInTorch(plain, request, { width, layers });
  const real = mask?.flat();
  const within = (size: number) => (i: number) => real === undefined || real[Math.floor(i / size)] === 1;
  ours.hidden.forEach((stream, k) => {
    expect(worst(stream.data, theirs.streams[k]!, within(width))).toBeLessThan(near(theirs.streams[k]!));
  });
  const vocabulary = ours.logits.shape[1]!;
  expect(worst(ours.logits.data, theirs.logits, within(vocabulary))).toBeLessThan(near(theirs.logits));
}

/** How far two float32 programs may be apart: 1e-4, and 1e-5 of the largest number where that is more. */
function near(numbers: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < numbers.length; i++) largest = Math.max(largest, Math.abs(numbers[i]!));
  return Math.max(1e-4, 1e-5 * largest);
}

/** Positions of the real tokens of a row, counted from its first. */
export function positionsOf(mask: readonly number[]): number[] {
  let seen = 0;
  return mask.map((real) => {
    seen += real;
    return Math.max(0, seen - 1);
  });
}
