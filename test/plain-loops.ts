/**
 * What a figure should be, by plain loops in float64 over the logits of a model that reads one window at a time:
 * no batches, no lanes, no cache, no sums in float32. Every figure that a command prints is held to these.
 */
import { type HostArray, int32 } from "../src/core/array.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { type State, zeroState } from "../src/models/model.ts";
import { evaluation } from "../src/nn/mode.ts";
import type { Parameters } from "../src/nn/parameters.ts";
import { compile } from "../src/runtime/compile.ts";

/** For each place of a window, log p of every id: of what follows it, or of what stands there for masked models. */
export type LogRows = readonly Float64Array[];

export interface PlainModel {
  /** Log-probabilities at every place of `ids`, or after the last one alone where the model predicts only there. */
  read(ids: readonly number[]): Promise<LogRows>;
  /** The logits after the last of `ids`. */
  logits(ids: readonly number[]): Promise<Float64Array>;
  release(): Promise<void>;
}

export function plainModel(lm: LanguageModel): PlainModel {
  const { model, weights, backend } = lm;
  const step = compile(
    (p: Parameters, input: { ids: Tensor; state: State }) =>
      model.forward(p, Number.isFinite(model.contextLength) ? { ids: input.ids } : input, evaluation).logits,
    { backend },
  );
  const state: Record<string, HostArray> = Number.isFinite(model.contextLength)
    ? {}
    : zeroState(model.state(1));
  const rowsOf = async (ids: readonly number[]): Promise<Float64Array[]> => {
    const { data } = await step(weights, { ids: int32([1, ids.length], [...ids]), state });
    const width = model.config.vocab_size;
    return Array.from({ length: data.length / width }, (_, k) =>
      Float64Array.from((data as Float32Array).subarray(k * width, (k + 1) * width)),
    );
  };
  return {
    read: async (ids) => (await rowsOf(ids)).map(logSoftmax),
    logits: async (ids) => (await rowsOf(ids)).at(-1)!,
    release: () => step.release(),
  };
}

export function logSoftmax(logits: Float64Array): Float64Array {
  const most = Math.max(...logits);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  return logits.map((logit) => logit - most - Math.log(sum));
}

/** log p of each id of a text after the first, each given all before it that one window of the model holds. */
export async function givenAllBefore(
  { model }: LanguageModel,
  plain: PlainModel,
  ids: readonly number[],
  fill: number,
): Promise<number[]> {
  if (model.predicts === "last") {
    const { contextLength: window } = model;
    const padded = [...new Array<number>(window - 1).fill(fill), ...ids];
    const found: number[] = [];
    for (let k = 1; k < ids.length; k++)
      found.push((await plain.read(padded.slice(k - 1, k - 1 + window)))[0]![ids[k]!]!);
    return found;
  }
  const rows = await plain.read(ids.slice(0, -1));
  return ids.slice(1).map((id, k) => rows[k]![id]!);
}

/** log p of each id after the first in windows of `length`, of which each scores `stride` more. */
export async function inWindows(
  plain: PlainModel,
  ids: readonly number[],
  length: number,
  stride: number,
): Promise<number[]> {
  const found: number[] = [];
  let end = Math.min(length, ids.length - 1);
  while (found.length < ids.length - 1) {
    const start = Math.max(0, end - length);
    const rows = await plain.read(ids.slice(start, end));
    while (found.length < end) found.push(rows[found.length - start]![ids[found.length + 1]!]!);
    end = Math.min(end + stride, ids.length - 1);
  }
  return found;
}

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** What `eval` prints of the nats of some texts, with `ends` line breaks predicted besides their characters. */
export function figuresOf(logs: readonly number[], texts: readonly string[], ends = 0, spelling = 0) {
  const nats = -sum(logs);
  const characters = ends + sum(texts.map((text) => [...text].length));
  const bytes = ends + sum(texts.map((text) => Buffer.byteLength(text)));
  const words = sum(texts.map((text) => text.split(/\s+/).filter(Boolean).length));
  const whole = nats + spelling;
  return {
    loss: nats / logs.length,
    perplexity: Math.exp(nats / logs.length),
    perplexity_per_word: Math.exp(whole / words),
    perplexity_per_byte: Math.exp(whole / bytes),
    bits_per_character: whole / Math.LN2 / characters,
    bits_per_byte: whole / Math.LN2 / bytes,
    tokens: logs.length,
    characters,
    bytes,
    words,
  };
}
