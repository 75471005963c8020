/**
 * Compares several runs under the same measures, also with real texts that none of them has seen. If a run fails, the
 * report has the others.
 */
import { isDeepStrictEqual } from "node:util";
import { InputError } from "../../core/errors.ts";
import { checkOptions, checkTexts, option, optionNames } from "../../core/options.ts";
import type { PreparedData } from "../../data/prepare.ts";
import type { LocalModel } from "../../generate/local-model.ts";
import type { TextModel } from "../../generate/text-model.ts";
import { normalise } from "../../text/normalise.ts";
import { evenly } from "../evenly.ts";
import { type Lead, leadOf } from "../lead.ts";
import { countedOf } from "../likelihood.ts";
import type { Judge } from "../novelty/auditor.ts";
import { sourceAuditor } from "../novelty/source-auditor.ts";
import { textsOf } from "../novelty/source-texts.ts";
import { vocabularyOf } from "./diversity.ts";
import { EncoderSearch, type JudgedEncoder, openEncoder } from "./encoder-search.ts";
import {
  type HeldOut,
  heldOutOf,
  type MeasuredRun,
  measureRun,
  type RunQuality,
  type RunSampling,
  reasonOf,
} from "./measure-run.ts";
import { isRanked } from "./ranking.ts";
import { measureTexts, type TextMeasures } from "./text-measures.ts";

export interface QualityReportOptions extends Partial<RunSampling> {
  /** Opens a model by its name. */
  readonly open: (name: string) => Promise<TextModel>;
  /** The data that a model was trained on, or the data to measure all models on. */
  readonly data: (model: TextModel) => Promise<PreparedData>;
  /** Where to keep the index of a model's training texts. Default: nowhere. */
  readonly indexFile?: ((model: TextModel) => Promise<string | undefined>) | undefined;
  /** The model that encodes texts for MAUVE. Default: punchline-gpt2, or where it predicts too badly the first run that is good enough. */
  readonly encoder?: string | undefined;
  /** Called when all measures of a model are done, before it is released. */
  readonly onMeasured?: ((model: TextModel) => void) | undefined;
  /** Called when a run begins. */
  readonly onProgress?: ((run: string, done: number, total: number) => void) | undefined;
}

const qualityOptionNames = optionNames<keyof QualityReportOptions>()(
  "texts temperature maxLength seed prompt signal open data indexFile encoder onMeasured onProgress",
);

/** Real texts that the runs have not seen, under the same measures. */
export interface Reference extends TextMeasures {
  /** MAUVE of as many training texts, which a perfect model would reach; null where it is left out. */
  readonly mauve: number | null;
}

/** The document of `punchline report --json`. */
export interface QualityReport {
  readonly reference: Reference;
  readonly runs: readonly RunQuality[];
  readonly failed: readonly { readonly run: string; readonly reason: string }[];
  /** Whether the run that predicts best is ahead of the next by more than chance; null for fewer than two. */
  readonly lead: Lead | null;
  /** The encoder of MAUVE; null where it is left out. */
  readonly encoder: string | null;
  /** Every model that was tested as encoder. */
  readonly encoders: readonly JudgedEncoder[];
  /** Why MAUVE is left out; null where it is not. */
  readonly mauve_left_out: string | null;
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

/** The document, and what the page shows besides. */
export interface QualityResult {
  readonly report: QualityReport;
  readonly measured: readonly MeasuredRun[];
  /** For everything. */
  readonly seconds: number;
}

const defaults = { texts: 200, temperature: 0.8, maxLength: 240, seed: 0, prompt: "" };

/** The common ground of all runs: the data of the first. */
interface Ground {
  /** The name of the first run. */
  readonly name: string;
  readonly data: PreparedData;
  readonly auditor: Judge;
  readonly vocabulary: ReadonlySet<string>;
  readonly heldOut: HeldOut;
  /** Real texts, as many as each run writes. */
  readonly real: readonly string[];
  readonly options: RunSampling;
}

/**
 * Measures the runs one after the other.
 * @throws the first run's error where all of them fail
 */
export async function reportQuality(
  names: readonly string[],
  options: QualityReportOptions,
): Promise<QualityResult> {
  const { signal, onProgress } = checkOptions(options, qualityOptionNames);
  checkTexts(names, "names");
  const begun = performance.now();
  const measured: MeasuredRun[] = [];
  const failures: { run: string; reason: string; error: unknown }[] = [];
  const notes: string[] = [];
  let ground: Ground | undefined;
  const search = new EncoderSearch();
  let opened: LocalModel | undefined;
  try {
    if (options.encoder !== undefined) opened = await openEncoder(options.encoder, options);
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
        if (ground === undefined) {
          ground = await groundOf(data, model, options, notes);
          if (options.encoder === undefined) opened = await search.offerDefault(ground, options);
        }
        const auditor = await ownAuditor(model, data, ground, options);
        const heldOut = heldOutFor(model, data, ground);
        measured.push(await measureRun(model, { ...ground, auditor }, heldOut, ground.options));
        if (heldOut.own)
          notes.push(
            `The texts of ${model.name} were cleaned by other rules than those of ${ground.name}, so each predicts its own held-out texts: the bits and perplexity of ${model.name} (marked *) are of other characters, and it is not ranked by them.`,
          );
        if (options.encoder === undefined) await search.offer(model, ground, signal);
      } catch (error) {
        failures.push({ run: name, reason: reasonOf(error), error });
      } finally {
        if (model) options.onMeasured?.(model);
        await model?.release();
      }
    }
    if (ground === undefined || measured.length === 0) throw failures[0]!.error;
    const single = textsOf(ground.data);
    // As many training texts as there are real ones.
    const texts = [evenly(single.training, ground.real.length), ...measured.map((run) => run.texts)];
    const stopped = signal?.aborted === true;
    if (options.encoder !== undefined) await search.offer(opened!, ground, signal);
    const found = await search.mauve(ground.real, texts, signal);
    notes.push(...(search.found ? search.doubts : []), ...(found.leftOut === null ? [] : [found.leftOut]));
    const report: QualityReport = {
      reference: await reference(ground, found.near[0] ?? null, stopped ? undefined : signal),
      runs: measured.map(({ quality }, i) => ({ ...quality, mauve: found.near[i + 1] ?? null })),
      failed: failures.map(({ run, reason }) => ({ run, reason })),
      lead: leadOfRuns(measured, ground.heldOut),
      encoder: found.leftOut === null ? search.found!.name : null,
      encoders: search.judged,
      mauve_left_out: found.leftOut,
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
    await opened?.release();
  }
}

/** The lead among the runs that can be compared. */
function leadOfRuns(measured: readonly MeasuredRun[], { texts, ...counted }: HeldOut): Lead | null {
  const ranked = measured
    .filter(({ quality }) => isRanked(quality))
    .map(({ quality, textBits }) => ({
      name: quality.run,
      bits: quality.bits_per_character!,
      texts: textBits,
    }));
  const characters = countedOf(texts, counted).reduce((n, text) => n + [...text].length, 0);
  return leadOf(ranked, characters) ?? null;
}

async function groundOf(
  data: PreparedData,
  model: TextModel,
  options: QualityReportOptions,
  notes: string[],
): Promise<Ground> {
  const { texts, temperature, maxLength, seed, prompt } = { ...defaults, ...options };
  const { train } = data.splits;
  const real = evenly(textsOf(data).heldOut, texts);
  if (real.length === 0)
    throw new InputError(
      "too-few",
      "The data has no held-out texts to compare with; give it a validation or test split.",
    );
  if (real.length < texts) {
    notes.push(
      `There are ${real.length} held-out texts, so each run wrote as many: variety compares only between as many texts.`,
    );
  }
  return {
    name: model.name,
    data,
    auditor: await auditorOf(data, model, options),
    vocabulary: vocabularyOf(train),
    heldOut: heldOutOf(data),
    real,
    options: { texts: real.length, temperature, maxLength, seed, prompt, signal: options.signal },
  };
}

/**
 * The texts for a model to predict: those of the first run, or its own where its training texts were cleaned by other
 * rules. How it predicts letters that it never saw says nothing about how well it learned.
 */
function heldOutFor(model: TextModel, data: PreparedData, { data: first, heldOut }: Ground): HeldOut {
  const known = model.kind === "local" && model.cleaning !== undefined;
  if (!known || isDeepStrictEqual(data.cleaning, first.cleaning)) return heldOut;
  return { ...heldOutOf(data), own: true };
}

/**
 * The auditor of this run's own training texts, which may differ from the first run's.
 * @throws InputError `seen` where texts that are held out from the first run are among its training texts
 */
async function ownAuditor(
  model: TextModel,
  data: PreparedData,
  ground: Ground,
  options: QualityReportOptions,
): Promise<Judge> {
  if (data.fingerprint === ground.data.fingerprint) return ground.auditor;
  const learned = new Set(data.splits.train.map(normalise));
  const { validation, test } = ground.data.splits;
  const held = [...validation, ...test];
  const seen = held.filter((text) => learned.has(normalise(text))).length;
  if (seen > 0)
    throw new InputError(
      "seen",
      `${model.name} was trained on ${seen} of the ${held.length} texts that are held out for the others, so nothing would be compared; report it by itself, or give all runs ${option("data")} that none has learned from.`,
      { seen },
    );
  return auditorOf(data, model, options);
}

const auditorOf = async (
  data: PreparedData,
  model: TextModel,
  options: QualityReportOptions,
): Promise<Judge> =>
  sourceAuditor(data, { neighbours: 1, cueTexts: 0, indexFile: await options.indexFile?.(model) });

async function reference(
  { real, auditor, vocabulary, data }: Ground,
  mauve: number | null,
  signal: AbortSignal | undefined,
): Promise<Reference> {
  const measures = await measureTexts(real, {
    auditor,
    vocabulary,
    ended: data.kind === "items" ? real.map(() => true) : undefined,
    signal,
  });
  return { ...measures, mauve };
}
