/** A comparison as the report draws it. */
import type { ModelFacts } from "../compare/facts.ts";
import type { Compared, Comparison } from "../compare/results.ts";
import { type CompareData, type ComparedModel, compact, milliseconds } from "../report/index.ts";

/** What the chapter draws of a model. */
export function drawnModel({
  facts,
  load_ms,
  memory_mb,
  writing: _w,
  parameters,
  ...model
}: Compared): ComparedModel {
  const {
    parameters: _,
    parameters_without_embeddings: inner,
    flops_per_token: flops,
    ...rest
  } = facts ?? ({} as Partial<ModelFacts>);
  const shown = {
    ...rest,
    ...(inner === undefined ? {} : { "parameters without embeddings": compact(inner) }),
    ...(flops === undefined ? {} : { "operations per token": compact(flops) }),
    ...(load_ms === undefined ? {} : { "load and first answer": milliseconds(load_ms) }),
    ...(memory_mb === undefined ? {} : { "memory for that": `${Math.round(memory_mb)} MB` }),
  };
  return { ...model, ...(parameters === null ? {} : { parameters }), facts: shown };
}

/** Texts of other lengths, and several at once, where these were timed. */
export const sweepsOf = ({
  by_length,
  by_batch,
  gemm_gflops,
}: Comparison): Pick<CompareData, "by_length" | "by_batch" | "gemm_gflops"> => ({
  ...(by_length.length > 0 ? { by_length, gemm_gflops } : {}),
  ...(by_batch.length > 0 ? { by_batch } : {}),
});

/** What each wrote when asked to go on with the text. */
export const outputsOf = ({ models }: Comparison) =>
  models.flatMap(({ model, writing }) => (writing ? [{ model, ...writing }] : []));

/** What went wrong, in sentences; undefined where nothing did. */
export function troublesOf({ failed, interrupted }: Comparison): string | undefined {
  const troubles = [
    ...failed.map(({ model, reason }) => `${model} could not be compared: ${reason}`),
    ...(interrupted ? ["The comparison was interrupted, so something may be missing."] : []),
  ];
  return troubles.length > 0 ? troubles.join(" ") : undefined;
}
