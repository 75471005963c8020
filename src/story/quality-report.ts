/**
 * Several runs side by side under the same measures, with those of real texts that none of them has seen.
 * A run that fails leaves the others their results.
 */
import { InputError, UsageError } from "../core/errors.ts";
import type { PreparedData } from "../data/prepare.ts";
import { vocabularyOf } from "../evaluate/diversity.ts";
import { evenly } from "../evaluate/evenly.ts";
import { canEncode, textFeatures } from "../evaluate/features.ts";
import { type Lead, leadOf } from "../evaluate/lead.ts";
import { mauve } from "../evaluate/mauve.ts";
import type { Auditor } from "../evaluate/novelty/auditor.ts";
import { measureTexts, type TextMeasures } from "../evaluate/quality.ts";
import type { LocalModel, TextModel } from "../generate/text-model.ts";
import { normalise } from "../text/normalise.ts";
import { noveltyAuditor, textsOf } from "./audit.ts";
import {
  type HeldOut,
  type MeasuredRun,
  measureRun,
  type RunQuality,
  reasonOf,
  type WritingOptions,
} from "./run-quality.ts";

export interface QualityOptions extends Partial<WritingOptions> {
  /** Opens a model by its name. */
  readonly open: (name: string) => Promise<TextModel>;
  /** What a model was trained on, or what all are to be measured on. */
  readonly data: (model: TextModel) => Promise<PreparedData>;
  /** Where the index of a model's training texts is kept. Default: nowhere. */
  readonly indexFile?: (model: TextModel) => Promise<string | undefined>;
  /** The model whose vectors MAUVE compares. Default: the first run that has vectors. */
  readonly encoder?: string;
  /** Called when a model has been asked everything, before it is released. */
  readonly onMeasured?: (model: TextModel) => void;
  /** Called when another run is begun. */
  readonly onProgress?: (run: string, done: number, total: number) => void;
}

/** Real texts that the runs have not seen, under the same measures. */
export interface Reference extends TextMeasures {
  /** Nearness of as many training texts to them: what a perfect model would reach. */
  readonly mauve?: number;
}

/** The document of `punchline report --json`. */
export interface QualityReport {
  readonly reference: Reference;
  readonly runs: readonly RunQuality[];
  readonly failed: readonly { readonly run: string; readonly reason: string }[];
  /** Whether the run that predicts best is ahead of the next by more than chance; null of fewer than two. */
  readonly lead: Lead | null;
  /** Whose vectors MAUVE compares; null where it could not be measured. */
  readonly encoder: string | null;
  readonly temperature: number;
  readonly seed: number;
  readonly data: {
    readonly sources: readonly string[];
    readonly fingerprint: string;
    /** Texts, or pieces of one continuous text. */
    readonly train: number;
    readonly held_out: number;
  };
  readonly notes: readonly string[];
}

/** The document, with what the page shows besides. */
export interface QualityResult {
  readonly report: QualityReport;
  readonly measured: readonly MeasuredRun[];
  /** For everything. */
  readonly seconds: number;
}

const defaults = { texts: 200, temperature: 0.8, maxLength: 240, seed: 0, prompt: "" };

/** What every run is measured beside: the data of the first. */
interface Ground {
  readonly data: PreparedData;
  readonly auditor: Auditor;
  readonly vocabulary: ReadonlySet<string>;
  readonly heldOut: HeldOut;
  /** Real texts, as many as each run writes. */
  readonly real: readonly string[];
  readonly options: WritingOptions;
}

/**
 * Measures the runs one after the other.
 * @throws the first run's own error where all of them fail
 */
export async function reportQuality(
  names: readonly string[],
  options: QualityOptions,
): Promise<QualityResult> {
  const { signal, onProgress } = options;
  const begun = performance.now();
  const measured: MeasuredRun[] = [];
  const failures: { run: string; reason: string; error: unknown }[] = [];
  const notes: string[] = [];
  let ground: Ground | undefined;
  let encoder: LocalModel | undefined;
  try {
    if (options.encoder !== undefined) encoder = await openEncoder(options.encoder, options);
    for (const [i, name] of names.entries()) {
      if (signal?.aborted) {
        failures.push({ run: name, reason: "the report was interrupted before it", error: signal.reason });
        continue;
      }
      onProgress?.(name, i, names.length);
      let model: TextModel | undefined;
      try {
        model = await options.open(name);
        const data = await options.data(model);
        ground ??= await groundOf(data, model, options, notes);
        const { auditor } = await ownData(model, data, ground, options);
        measured.push(await measureRun(model, { ...ground, auditor }, ground.heldOut, ground.options));
        if (encoder === undefined && model.kind === "local" && canEncode(model.lm.model)) encoder = model;
      } catch (error) {
        failures.push({ run: name, reason: reasonOf(error), error });
      } finally {
        if (model) options.onMeasured?.(model);
        await model?.release();
      }
    }
    if (ground === undefined || measured.length === 0) throw failures[0]!.error;
    const texts = [trainingTexts(ground), ...measured.map((run) => run.texts)];
    const stopped = signal?.aborted === true;
    const near = stopped ? [] : await nearness(encoder, ground.real, texts, signal, notes);
    const single = textsOf(ground.data);
    const report: QualityReport = {
      reference: await reference(ground, near[0], stopped ? undefined : signal),
      runs: measured.map(({ quality }, i) => withMauve(quality, near[i + 1])),
      failed: failures.map(({ run, reason }) => ({ run, reason })),
      lead: leadOfRuns(measured, ground.heldOut),
      encoder: near.length > 0 ? encoder!.name : null,
      temperature: ground.options.temperature,
      seed: ground.options.seed,
      data: {
        sources: ground.data.summary.sources.map(({ source }) => source),
        fingerprint: ground.data.fingerprint,
        train: single.training.length,
        held_out: single.heldOut.length,
      },
      notes,
    };
    return {
      report,
      measured: measured.map((run, i) => ({ ...run, quality: report.runs[i]! })),
      seconds: (performance.now() - begun) / 1000,
    };
  } finally {
    await encoder?.release();
  }
}

/** Of those whose figures are not flattered. */
function leadOfRuns(measured: readonly MeasuredRun[], { texts }: HeldOut): Lead | null {
  const known = measured.flatMap(({ quality: { run, bits_per_character: bits, unknown_words } }) =>
    bits === undefined || unknown_words !== undefined ? [] : [{ name: run, bits }],
  );
  return (
    leadOf(
      known,
      texts.reduce((n, text) => n + [...text].length, 0),
    ) ?? null
  );
}

async function openEncoder(name: string, options: QualityOptions): Promise<LocalModel> {
  const model = await options.open(name);
  if (model.kind !== "local") {
    throw new UsageError(`${name} is a hosted model, whose vectors cannot be had; choose another --encoder.`);
  }
  if (!canEncode(model.lm.model)) {
    throw new UsageError(
      `${name} (${model.lm.model.config.model_type}) has no vector for each token of a text; choose another --encoder.`,
    );
  }
  return model;
}

async function groundOf(
  data: PreparedData,
  model: TextModel,
  options: QualityOptions,
  notes: string[],
): Promise<Ground> {
  const { texts, temperature, maxLength, seed, prompt } = { ...defaults, ...options };
  const { validation, test, train } = data.splits;
  const real = evenly(textsOf(data).heldOut, texts);
  if (real.length === 0) {
    throw new InputError(
      "too-few",
      "The data has no held-out texts to measure beside; give it a validation or test split.",
    );
  }
  if (real.length < texts) {
    notes.push(
      `There are ${real.length} held-out texts, so each run wrote as many: variety compares only between as many texts.`,
    );
  }
  return {
    data,
    auditor: await auditorOf(train, model, options),
    vocabulary: vocabularyOf(train),
    heldOut: {
      kind: data.kind,
      split: test.length > 0 ? "test" : "validation",
      texts: test.length > 0 ? test : validation,
    },
    real,
    options: { texts: real.length, temperature, maxLength, seed, prompt, signal: options.signal },
  };
}

/**
 * The auditor of what this run itself was trained on, which may differ from the first run's data.
 * @throws InputError `seen` where texts that are held out from the first run are among its training texts
 */
async function ownData(
  model: TextModel,
  data: PreparedData,
  ground: Ground,
  options: QualityOptions,
): Promise<{ auditor: Auditor }> {
  if (data.fingerprint === ground.data.fingerprint) return { auditor: ground.auditor };
  const learned = new Set(data.splits.train.map(normalise));
  const { validation, test } = ground.data.splits;
  const held = [...validation, ...test];
  const seen = held.filter((text) => learned.has(normalise(text))).length;
  if (seen > 0) {
    throw new InputError(
      "seen",
      `${model.name} was trained on ${seen} of the ${held.length} texts that are held out for the others, so nothing would be compared; report it by itself, or give all runs --data that none has learned from.`,
      { seen },
    );
  }
  return { auditor: await auditorOf(data.splits.train, model, options) };
}

async function auditorOf(
  training: readonly string[],
  model: TextModel,
  options: QualityOptions,
): Promise<Auditor> {
  const indexFile = await options.indexFile?.(model);
  const few = { neighbours: 1, cueTexts: 0 };
  return noveltyAuditor(training, indexFile === undefined ? few : { ...few, indexFile });
}

/** As many training texts as there are real ones beside. */
const trainingTexts = ({ data, real }: Ground): readonly string[] =>
  evenly(textsOf(data).training, real.length);

async function reference(
  { real, auditor, vocabulary, data }: Ground,
  near: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Reference> {
  const measures = await measureTexts(real, {
    auditor,
    vocabulary,
    ...(data.kind === "items" ? { ended: real.map(() => true) } : {}),
    ...(signal ? { signal } : {}),
  });
  return { ...measures, ...(near === undefined ? {} : { mauve: near }) };
}

/** MAUVE of each list of texts against the real ones; empty, with a note, where it cannot be had. */
async function nearness(
  encoder: LocalModel | undefined,
  real: readonly string[],
  lists: readonly (readonly string[])[],
  signal: AbortSignal | undefined,
  notes: string[],
): Promise<number[]> {
  if (encoder === undefined) {
    notes.push("MAUVE needs a model with a vector for each token: name one with --encoder.");
    return [];
  }
  if (real.length < 20) {
    notes.push(`MAUVE needs at least 20 held-out texts; there are ${real.length}.`);
    return [];
  }
  try {
    const vectors = await textFeatures(encoder.lm, real, signal);
    const near: number[] = [];
    for (const texts of lists) near.push(mauve(await textFeatures(encoder.lm, texts, signal), vectors));
    return near;
  } catch (error) {
    notes.push(`MAUVE could not be measured: ${reasonOf(error)}`);
    return [];
  }
}

function withMauve(quality: RunQuality, near: number | undefined): RunQuality {
  return near === undefined ? quality : { ...quality, mauve: near };
}
