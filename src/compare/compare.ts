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
import type { LanguageModel } from "../generate/language-model.ts";
import { loadModel } from "../generate/load.ts";
import { resolveModel } from "../hub/pull.ts";
import type { BackendOptions } from "../runtime/backend.ts";
import { type Answer, answersOf } from "./answers.ts";
import { type Blank, defaultText, readBlank } from "./blank.ts";
import { casesOf, type ModelCases } from "./cases.ts";
import { factsOf, type ModelFacts } from "./facts.ts";
import { kindOf, type ModelKind } from "./kind.ts";
import { createBlankReader, predictBlank, questionOf, rightContextEffect } from "./predictions.ts";
import { type SpeedCase, type Timing, timeCases } from "./speed.ts";
import { type Writing, writeOn } from "./writing.ts";

export interface CompareOptions extends BackendOptions {
  /** With one blank, `[MASK]` or `___`, or with the blank supposed at its end. Default: a hungry fox that jumps. */
  readonly text?: string;
  /** What to call each model in the results. Default: as it was named. */
  readonly labels?: readonly string[];
  /** Predictions of each model. Default 10. */
  readonly topK?: number;
  /** Timed runs of each case. Default 20. */
  readonly runs?: number;
  /** Time texts of 16 to 512 tokens as well. Default false. */
  readonly sweep?: boolean;
  readonly onProgress?: (stage: string, done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Compared {
  readonly model: string;
  readonly kind: ModelKind;
  readonly parameters: number;
  /** What it was given to read, a blank at the end where it only reads from the left. */
  readonly text: string;
  /** Tokens of that text. */
  readonly tokens: number;
  readonly predictions: readonly { readonly token: string; readonly probability: number }[];
  /** Total variation distance that the prediction moves when words right of the blank change; absent where it cannot be asked. */
  readonly right_context_effect?: number;
  /** The text as it goes on with it; absent where it has no room for more. */
  readonly writing?: Writing;
  readonly facts: ModelFacts;
  /** From the folder to the first answer. */
  readonly load_ms: number;
  readonly speed: readonly Omit<Timing, "model">[];
  /** What it cannot be asked or what went wrong, in sentences. */
  readonly notes: readonly string[];
}

export interface Comparison {
  readonly models: readonly Compared[];
  /** Models that could not be compared at all. */
  readonly failed: readonly { readonly model: string; readonly reason: string }[];
  /** One sentence for each sense of "faster". */
  readonly answers: readonly Answer[];
  readonly by_length: readonly {
    readonly model: string;
    readonly size: number;
    readonly tokens_per_s: number;
  }[];
  /** How the timing was done, in a sentence. */
  readonly protocol: string;
}

interface Ready {
  readonly lm: LanguageModel;
  readonly told: Omit<Compared, "speed" | "notes">;
  readonly cases: ModelCases;
}

/**
 * @param names folders or Hub names
 * @throws UsageError for a text with several blanks; the first model's own error where all of them fail
 */
export async function compareModels(
  names: readonly string[],
  options: CompareOptions = {},
): Promise<Comparison> {
  const { runs = 20, sweep = false, onProgress, signal } = options;
  if (names.length === 0) throw new UsageError("There is no model to compare; name at least one.");
  const labels = options.labels ?? names;
  const blank = readBlank(options.text ?? defaultText);
  const ready: Ready[] = [];
  const failures: { model: string; reason: string; error: unknown }[] = [];
  try {
    for (const [i, name] of names.entries()) {
      if (signal?.aborted) break;
      onProgress?.(`reading with ${name}`, i / names.length);
      try {
        ready.push(await prepare(name, distinct(labels, i), blank, options));
      } catch (error) {
        failures.push({ model: name, reason: reasonOf(error), error });
      }
    }
    if (ready.length === 0 && failures.length > 0) throw failures[0]!.error;
    const timed = async (stage: string, cases: readonly SpeedCase[], n: number) =>
      timeCases(cases, { runs: n, signal, onProgress: (done) => onProgress?.(stage, done) });
    const main = await timed(
      "timing",
      ready.flatMap(({ cases }) => cases.cases),
      runs,
    );
    const lengths = sweep
      ? await timed(
          "timing lengths",
          ready.flatMap(({ cases }) => cases.sweep),
          Math.max(3, Math.ceil(runs / 4)),
        )
      : { timings: [], failures: [] };
    const troubles = [...main.failures, ...lengths.failures];
    return {
      models: ready.map(({ lm, told, cases }) => ({
        ...told,
        speed: main.timings.filter((t) => t.model === lm.name).map(({ model: _, ...rest }) => rest),
        notes: [
          ...cases.notes,
          ...troubles
            .filter((t) => t.model === lm.name)
            .map((t) => `"${t.case}" failed: ${reasonOf(t.error)}`),
        ],
      })),
      failed: failures.map(({ model, reason }) => ({ model, reason })),
      answers: answersOf(
        main.timings,
        ready.map(({ told }) => ({ model: told.model, ms: told.load_ms })),
      ),
      by_length: lengths.timings.map((t) => ({
        model: t.model,
        size: Number(t.case),
        tokens_per_s: t.tokens_per_s,
      })),
      protocol: protocolOf(runs, options, signal?.aborted === true),
    };
  } finally {
    for (const { cases } of ready) await cases.release();
  }
}

/** Loads one model, asks it, and keeps it ready for the timing. */
async function prepare(name: string, shown: string, blank: Blank, options: CompareOptions): Promise<Ready> {
  const { topK = 10 } = options;
  const machine: BackendOptions = {
    ...(options.device === undefined ? {} : { device: options.device }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  };
  const folder = await resolveModel(name);
  const begun = performance.now();
  const lm: LanguageModel = { ...(await loadModel(folder, machine)), name: shown };
  const question = questionOf(lm, blank);
  const reader = createBlankReader(lm);
  try {
    await reader.read(question);
    const load_ms = performance.now() - begun;
    const candidates = await predictBlank(lm, reader, blank, topK);
    const effect = await rightContextEffect(lm, reader, blank);
    const writing = await writeOn(lm, blank).catch((error: unknown) => {
      if (error instanceof UsageError) return undefined;
      throw error;
    });
    const facts = factsOf(lm, question.ids.length);
    const kind = kindOf(lm.model);
    return {
      lm,
      told: {
        model: shown,
        kind,
        parameters: facts.parameters,
        text: kind === "masked" ? `${blank.left} [MASK]${blank.right ?? ""}` : blank.left,
        tokens: question.ids.length,
        predictions: candidates.map(({ token, probability }) => ({ token, probability })),
        ...(effect === undefined ? {} : { right_context_effect: effect }),
        ...(writing === undefined ? {} : { writing }),
        facts,
        load_ms,
      },
      cases: casesOf(lm, blank),
    };
  } finally {
    await reader.release();
  }
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

function protocolOf(runs: number, { device = "cpu", threads }: CompareOptions, early: boolean): string {
  const used = threads ?? `${availableParallelism()} (one per core)`;
  return (
    `${runs} runs of each case after 2 of warm-up, all cases of all models in turn; ` +
    `fp32 on ${device}, threads of one operation: ${used}; median and quantiles, tokens per second at the median` +
    (early ? "; interrupted, so fewer runs were done" : "")
  );
}
