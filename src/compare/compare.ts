/**
 * Two or more models side by side: what they predict for the same blank, whether words right of it matter to
 * them, what they are, and how fast they are in each sense. A model that fails leaves the others their results.
 *
 * @example
 * const { models, answers } = await compareModels(["gpt2", "bert-base-uncased"]);
 * models[0].predictions[0]; // { token: "Ġair", probability: 0.4 }
 */
import { availableParallelism } from "node:os";
import { UsageError } from "../core/errors.ts";
import { isHosted } from "../generate/open.ts";
import { nodeBackend } from "../runtime/node.ts";
import { answersOf } from "./answers.ts";
import { type Blank, readBlank } from "./blank.ts";
import type { Contender } from "./contender.ts";
import { hostedContender } from "./hosted.ts";
import { localContender } from "./local.ts";
import { wakeRuntime } from "./machine.ts";
import { type CompareOptions, deviceOf, textsOf } from "./options.ts";
import type { Compared, Comparison } from "./results.ts";
import { type CaseFailure, type SpeedCase, timeCases } from "./speed.ts";
import { noSweep, sweepOf } from "./sweep.ts";
import { transformersJsContender } from "./transformers-js/contender.ts";

/** One entrant: a model as a certain program runs it. */
interface Entry {
  readonly name: string;
  readonly shown: string;
  prepare(blank: Blank, options: CompareOptions): Promise<Contender>;
}

/**
 * @param names folders, Hub names or `openai:NAME`
 * @throws UsageError for a text with several blanks; the first model's own error where all of them fail
 */
export async function compareModels(
  names: readonly string[],
  options: CompareOptions = {},
): Promise<Comparison> {
  const { runs = 20, sweep = false, onProgress, signal } = options;
  if (names.length === 0) throw new UsageError("There is no model to compare; name at least one.");
  const blank = readBlank(textsOf(options));
  const entries = entriesOf(names, options);
  const ready: Contender[] = [];
  const failures: { model: string; reason: string; error: unknown }[] = [];
  try {
    const backend = nodeBackend(deviceOf(options));
    await wakeRuntime(backend);
    for (const [i, entry] of entries.entries()) {
      if (signal?.aborted) break;
      onProgress?.("loading and asking", i / entries.length);
      try {
        ready.push(await entry.prepare(blank, options));
      } catch (error) {
        if (signal?.aborted) break;
        failures.push({ model: entry.shown, reason: reasonOf(error), error });
      }
    }
    if (ready.length === 0 && failures.length > 0) throw failures[0]!.error;
    const troubles: CaseFailure[] = [];
    const timed = async (stage: string, cases: readonly SpeedCase[], n: number) => {
      const { timings, failures } = await timeCases(runs === 0 ? [] : cases, {
        runs: n,
        signal,
        onProgress: (done) => onProgress?.(stage, done),
      });
      troubles.push(...failures);
      return timings;
    };
    const fewer = Math.max(3, Math.ceil(runs / 4));
    const main = await timed(
      "timing",
      ready.flatMap(({ cases }) => cases),
      runs,
    );
    const swept = sweep
      ? await sweepOf(ready, backend, (stage, cases) => timed(stage, cases, fewer))
      : noSweep;
    return {
      models: ready.map(({ told }) => ({
        ...told,
        speed: main.filter((t) => t.model === told.model).map(({ model: _, runs: __, ...rest }) => rest),
        notes: [
          ...told.notes,
          ...troubles
            .filter((t) => t.model === told.model)
            .map((t) => `"${t.case}" failed: ${reasonOf(t.error)}`),
        ],
      })),
      failed: failures.map(({ model, reason }) => ({ model, reason })),
      ...answersOf(
        main,
        ready.flatMap(({ told: { model, load_ms: ms } }) => (ms === undefined ? [] : [{ model, ms }])),
        new Set(ready.map(({ told }) => told.kind === "masked")).size > 1 ? 2 : 1,
      ),
      ...swept,
      notes: aboutSize(ready.map(({ told }) => told)),
      interrupted: signal?.aborted === true,
      protocol: protocolOf(runs, options),
    };
  } finally {
    for (const contender of ready) await contender.release();
  }
}

/** Parameters below which a transformer's times say little of the published sizes, from 66M (DistilBERT) on. */
const SMALL = 3e7;

/** That some transformers are small, and what of the figures holds for large ones. */
function aboutSize(models: readonly Omit<Compared, "speed">[]): string[] {
  const small = new Map(
    models.flatMap(({ model, kind, parameters }) =>
      (kind === "causal" || kind === "masked") && parameters !== null && parameters < SMALL
        ? [[model, parameters] as const]
        : [],
    ),
  );
  if (small.size === 0) return [];
  const names = [...small].map(([name, n]) => `${name} (${(n / 1e6).toPrecision(2)}M parameters)`);
  return [
    `${names.join(" and ")} ${small.size > 1 ? "are" : "is"} small: what a model sees and what it can be asked holds for its kind at any size, but these times do not carry over to models such as GPT-2 with 124M.`,
  ];
}

/** Every model in every precision by every engine; those behind a service once. */
function entriesOf(names: readonly string[], options: CompareOptions): readonly Entry[] {
  const { precisions = ["fp32"], engines = ["punchline"], labels = names } = options;
  return names.flatMap((name, i): Entry[] => {
    const label = distinct(labels, i);
    if (isHosted(name))
      return [{ name, shown: label, prepare: (blank, given) => hostedContender(name, label, blank, given) }];
    return engines.flatMap((engine) =>
      precisions.map((precision) => {
        const marks = [
          ...(precision === "fp32" ? [] : [precision]),
          ...(engine === "punchline" ? [] : [`by ${engine}`]),
        ];
        const shown = [label, ...marks].join(" ");
        const make = engine === "punchline" ? localContender : transformersJsContender;
        return {
          name,
          shown,
          prepare: (blank: Blank, given: CompareOptions) => make(name, shown, precision, blank, given),
        };
      }),
    );
  });
}

/** Models of one name must not be mixed up with each other. */
function distinct(labels: readonly string[], i: number): string {
  const before = labels.slice(0, i).filter((label) => label === labels[i]).length;
  return before === 0 ? labels[i]! : `${labels[i]} (${before + 1})`;
}

/** Also what a runtime throws: one model's trouble is no reason to lose what the others said. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function protocolOf(runs: number, { device = "cpu", threads, signal }: CompareOptions): string {
  const used = threads ?? `${availableParallelism()} (one per core)`;
  return (
    `${runs === 1 ? "1 run" : `${runs} runs`} of each case after 2 of warm-up, all cases of all models in turn; ` +
    `on ${device}, fp32 where nothing else is said, threads of one operation: ${used}; median and quantiles, tokens per second at the median; 95 % intervals of ratios by a bootstrap over the runs; ` +
    "memory is the peak of a process of its own that loads a model and answers once" +
    (signal?.aborted ? "; interrupted, so fewer runs were done" : "")
  );
}
