/** The comparison of models as a page of its own. */
import type { Compared, Comparison } from "../compare/compare.ts";
import { version } from "../core/version.ts";
import { writeFileAtomic } from "../hub/atomic.ts";
import { type ComparedModel, compact, milliseconds, renderReport } from "../report/index.ts";
import { machine } from "./machine.ts";

export async function comparePage(file: string, command: string, comparison: Comparison): Promise<void> {
  const { models, answers, by_length, protocol, failed } = comparison;
  const html = await renderReport({
    title: "GPT or BERT?",
    standfirst:
      answers
        .map(({ sentence }) => sentence)
        .slice(0, 2)
        .join(" ") ||
      `What ${models.map(({ model }) => model).join(" and ")} can do, measured on this machine.`,
    key: models
      .flatMap(({ model, predictions, parameters }) => [
        ...(predictions[0] ? [{ value: predictions[0].token, label: `${model} puts in the blank` }] : []),
        { value: compact(parameters), label: `parameters of ${model}` },
      ])
      .slice(0, 4),
    chapters: {
      compare: {
        models: models.map(drawn),
        ...(answers.length > 0 ? { answers } : {}),
        ...(by_length.length > 0 ? { by_length } : {}),
        outputs: models.flatMap(({ model, writing }) => (writing ? [{ model, ...writing }] : [])),
        protocol,
        ...(failed.length > 0
          ? {
              caveat: failed
                .map(({ model, reason }) => `${model} could not be compared: ${reason}`)
                .join(" "),
            }
          : {}),
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
function drawn({ facts, load_ms, writing: _w, ...model }: Compared): ComparedModel {
  const { parameters: _, parameters_without_embeddings, flops_per_token, ...rest } = facts;
  return {
    ...model,
    facts: {
      ...rest,
      "parameters without embeddings": compact(parameters_without_embeddings),
      "operations per token": compact(flops_per_token),
      "load and first answer": milliseconds(load_ms),
    },
  };
}
