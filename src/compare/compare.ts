/**
 * Two or more models side by side: what they predict for the same gap, whether the words right of it matter to them,
 * what they are, and how fast they are in each sense. Where a model fails, the results of the others stay.
 *
 * @example
 * const { models, answers } = await compareModels(["gpt2", "bert-base-uncased"]);
 * models[0].predictions[0]; // { token: "Ġair", probability: 0.4 }
 */
import { availableParallelism } from "node:os";
import { UsageError } from "../core/errors.ts";
import { checkOptions, checkTexts } from "../core/options.ts";
import { isHosted } from "../generate/open.ts";
import { environmentThreads } from "../runtime/environment-threads.ts";
import { nodeBackend } from "../runtime/node.ts";
import { answersOf } from "./answers.ts";
import { chooseDevice } from "./choose-device.ts";
import { readCloze } from "./cloze.ts";
import { hostedRunner } from "./hosted-runner.ts";
import { localRunner } from "./local-runner.ts";
import { warmUpRuntime } from "./machine.ts";
import {
  type ChosenOptions,
  type CompareOptions,
  compareOptionNames,
  deviceOf,
  type ModelRequest,
  textsOf,
} from "./options.ts";
import type { Comparison } from "./results.ts";
import type { ModelRunner } from "./runner.ts";
import { smallModelNotes } from "./small-models.ts";
import { type CaseFailure, failureNote, reasonOf, type SpeedCase, timeCases } from "./speed.ts";
import { noSweep, sweepOf } from "./sweep.ts";
import { transformersJsRunner } from "./transformers-js/runner.ts";

/** A model as a certain program runs it. */
interface Entry extends Omit<ModelRequest, "cloze" | "options"> {
  readonly open: (request: ModelRequest) => Promise<ModelRunner>;
}

/**
 * @param names folders, Hub names or `openai:NAME`
 * @throws UsageError for a text with several blanks; the first model's own error where all of them fail
 */
export async function compareModels(
  names: readonly string[],
  given: CompareOptions = {},
): Promise<Comparison> {
  const { runs = 20, sweep = false, onProgress, signal } = checkOptions(given, compareOptionNames);
  checkTexts(names, "names");
  if (names.length === 0) throw new UsageError("There is no model to compare; name at least one.");
  const cloze = readCloze(textsOf(given));
  const options = await chooseDevice(names, given);
  const entries = entriesOf(names, options);
  const runners: ModelRunner[] = [];
  const failed: { model: string; reason: string; error: unknown }[] = [];
  try {
    const backend = nodeBackend(deviceOf(options));
    await warmUpRuntime(backend);
    for (const [i, { open, ...entry }] of entries.entries()) {
      if (signal?.aborted) break;
      onProgress?.("loading and asking", i / entries.length);
      try {
        runners.push(await open({ ...entry, cloze, options }));
      } catch (error) {
        if (signal?.aborted) break;
        failed.push({ model: entry.label, reason: reasonOf(error), error });
      }
    }
    if (runners.length === 0 && failed.length > 0) throw failed[0]!.error;
    const caseFailures: CaseFailure[] = [];
    const timed = async (stage: string, cases: readonly SpeedCase[], n: number) => {
      const { timings, failures } = await timeCases(runs === 0 ? [] : cases, {
        runs: n,
        signal,
        onProgress: (done) => onProgress?.(stage, done),
      });
      caseFailures.push(...failures);
      return timings;
    };
    const fewer = Math.max(3, Math.ceil(runs / 4));
    const main = await timed(
      "timing",
      runners.flatMap(({ cases }) => cases),
      runs,
    );
    const swept = sweep
      ? await sweepOf(runners, backend, (stage, cases) => timed(stage, cases, fewer))
      : noSweep;
    const results = runners.map(({ result }) => result);
    return {
      models: results.map((result) => ({
        ...result,
        speed: main.filter((t) => t.model === result.model).map(({ model: _, runs: __, ...rest }) => rest),
        notes: [...result.notes, ...caseFailures.filter((t) => t.model === result.model).map(failureNote)],
      })),
      failed: failed.map(({ model, reason }) => ({ model, reason })),
      ...answersOf(
        main,
        results.flatMap(({ model, load_ms: ms }) => (ms === undefined ? [] : [{ model, ms }])),
        new Set(results.map(({ kind }) => kind === "masked")).size > 1 ? 2 : 1,
      ),
      ...swept,
      notes: smallModelNotes(results),
      interrupted: signal?.aborted === true,
      protocol: protocolOf(runs, options),
    };
  } finally {
    for (const runner of runners) await runner.release();
  }
}

/** Every model in every precision by every engine; those behind a service once. */
function entriesOf(names: readonly string[], options: ChosenOptions): readonly Entry[] {
  const { precisions = ["fp32"], engines = ["punchline"], labels = names } = options;
  return names.flatMap((name, i): Entry[] => {
    const label = distinctLabel(labels, i);
    if (isHosted(name)) return [{ name, label, precision: "fp32", open: hostedRunner }];
    return engines.flatMap((engine) =>
      precisions.map((precision) => {
        const marks = [
          ...(precision === "fp32" ? [] : [precision]),
          ...(engine === "punchline" ? [] : [`by ${engine}`]),
        ];
        const open = engine === "punchline" ? localRunner : transformersJsRunner;
        return { name, label: [label, ...marks].join(" "), precision, open };
      }),
    );
  });
}

function distinctLabel(labels: readonly string[], i: number): string {
  const before = labels.slice(0, i).filter((label) => label === labels[i]).length;
  return before === 0 ? labels[i]! : `${labels[i]} (${before + 1})`;
}

function protocolOf(runs: number, { device = "cpu", threads, signal }: ChosenOptions): string {
  const used = threads ?? environmentThreads() ?? `${availableParallelism()} (one per core)`;
  return (
    `${runs === 1 ? "1 run" : `${runs} runs`} of each case after 2 of warm-up, all cases of all models in turn; ` +
    `on ${device}, fp32 where nothing else is said, threads of one operation: ${used}; median and quantiles, tokens per second at the median; 95 % intervals of ratios by a bootstrap over the runs; ` +
    "memory is the peak of a process of its own that loads a model and answers once" +
    (signal?.aborted ? "; interrupted, so fewer runs were done" : "")
  );
}
