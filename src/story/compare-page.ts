/** The comparison of models as a page of its own. */

import type { ModelFacts } from "../compare/facts.ts";
import type { Compared, Comparison } from "../compare/results.ts";
import { version } from "../core/version.ts";
import { writeFileAtomic } from "../hub/atomic.ts";
import { type ComparedModel, compact, milliseconds, renderReport } from "../report/index.ts";
import { machine } from "./machine.ts";

export async function comparePage(file: string, command: string, comparison: Comparison): Promise<void> {
  const { models, answers, by_length, by_batch, gemm_gflops, protocol, failed, interrupted } = comparison;
  const troubles = [
    ...failed.map(({ model, reason }) => `${model} could not be compared: ${reason}`),
    ...(interrupted ? ["The comparison was interrupted, so something may be missing."] : []),
  ];
  // Models in other precisions or by other engines are the same models.
  const [first] = models;
  const shown = models.filter(
    ({ precision, engine }) =>
      precision === null || (precision === first!.precision && engine === first!.engine),
  );
  const html = await renderReport({
    title: "GPT or BERT?",
    standfirst: `What ${list(shown.map(({ model }) => model))} ${shown.length > 1 ? "predict" : "predicts"} for the same blank, what they look at, and how long they take, measured on this machine.`,
    key: shown
      .flatMap(({ model, predictions, parameters }) => [
        ...(predictions[0]?.token.trim()
          ? [{ value: predictions[0].token.trim(), label: `${model} puts in the blank` }]
          : []),
        ...(parameters === null ? [] : [{ value: compact(parameters), label: `parameters of ${model}` }]),
      ])
      .slice(0, 4),
    chapters: {
      compare: {
        models: models.map(drawn),
        ...(answers.length > 0 ? { answers } : {}),
        ...(by_length.length > 0 ? { by_length, gemm_gflops } : {}),
        ...(by_batch.length > 0 ? { by_batch } : {}),
        outputs: models.flatMap(({ model, writing }) => (writing ? [{ model, ...writing }] : [])),
        protocol,
        ...(troubles.length > 0 ? { caveat: troubles.join(" ") } : {}),
        command,
      },
    },
    made: {
      date: new Date().toISOString(),
      command,
      machine: machine(),
      versions: `Punchline ${version}, Node ${process.versions.node}`,
    },
  });
  await writeFileAtomic(file, html);
}

/** What the chapter draws of a model. */
function drawn({ facts, load_ms, memory_mb, writing: _w, parameters, ...model }: Compared): ComparedModel {
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

const list = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? "nothing") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
