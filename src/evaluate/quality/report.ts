/**
 * Several runs side by side under the same measures, with those of real texts that none of them has seen.
 * A run that fails leaves the others their results.
 */
import { isDeepStrictEqual } from "node:util";
import { InputError, UsageError } from "../../core/errors.ts";
import type { PreparedData } from "../../data/prepare.ts";
import { canEncode, embedTexts } from "../../generate/embed.ts";
import type { LocalModel, TextModel } from "../../generate/text-model.ts";
import type { BuiltInName } from "../../hub/built-in.ts";
import { normalise } from "../../text/normalise.ts";
import { evenly } from "../evenly.ts";
import { type Lead, leadOf } from "../lead.ts";
import { sourceAuditor, textsOf } from "../novelty/audit-model.ts";
import type { Judge } from "../novelty/auditor.ts";
import { vocabularyOf } from "./diversity.ts";
import { type EncoderQuality, judgeEncoder } from "./encoder.ts";
import { mauve } from "./mauve.ts";
import { measureTexts, type TextMeasures } from "./quality.ts";
import { against, isRanked } from "./ranking.ts";
import {
  type HeldOut,
  heldOutOf,
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
  readonly indexFile?: ((model: TextModel) => Promise<string | undefined>) | undefined;
  /** The model whose vectors MAUVE compares. Default: punchline-gpt2, or the first run that knows enough where it does not. */
  readonly encoder?: string | undefined;
  /** Called when a model has been asked everything, before it is released. */
  readonly onMeasured?: ((model: TextModel) => void) | undefined;
  /** Called when another run is begun. */
  readonly onProgress?: ((run: string, done: number, total: number) => void) | undefined;
}

/** Real texts that the runs have not seen, under the same measures. */
export interface Reference extends TextMeasures {
  /** Nearness of as many training texts to them: what a perfect model would reach; null where it is left out. */
  readonly mauve: number | null;
}

/** A model that was to encode texts for MAUVE, and how well it predicts the real ones. */
export interface JudgedEncoder extends EncoderQuality {
  readonly encoder: string;
}

/** The document of `punchline report --json`. */
export interface QualityReport {
  readonly reference: Reference;
  readonly runs: readonly RunQuality[];
  readonly failed: readonly { readonly run: string; readonly reason: string }[];
  /** Whether the run that predicts best is ahead of the next by more than chance; null of fewer than two. */
  readonly lead: Lead | null;
  /** Whose vectors MAUVE compares; null where it is left out. */
  readonly encoder: string | null;
  /** Every model that was asked whether it knows enough of the real texts to encode them. */
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

/** The document, with what the page shows besides. */
export interface QualityResult {
  readonly report: QualityReport;
  readonly measured: readonly MeasuredRun[];
  /** For everything. */
  readonly seconds: number;
}

const defaults = { texts: 200, temperature: 0.8, maxLength: 240, seed: 0, prompt: "" };

const ownTextsNote = (run: string, first: string): string =>
  `The texts of ${run} were cleaned by other rules than those of ${first}, so each predicts its own held-out texts: the bits and perplexity of ${run} (marked *) are of other characters, and it is not ranked by them.`;

/** What every run is measured beside: the data of the first. */
interface Ground {
  /** What the first run is called. */
  readonly name: string;
  readonly data: PreparedData;
  readonly auditor: Judge;
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
  const search = new EncoderSearch();
  let named: LocalModel | undefined;
  let usual: LocalModel | undefined;
  try {
    if (options.encoder !== undefined) named = await openEncoder(options.encoder, options);
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
          if (named === undefined) usual = await offerUsual(search, ground, options);
        }
        const { auditor } = await ownData(model, data, ground, options);
        const heldOut = heldOutFor(model, data, ground);
        measured.push(await measureRun(model, { ...ground, auditor }, heldOut, ground.options));
        if (heldOut.own) notes.push(ownTextsNote(model.name, ground.name));
        if (named === undefined) await search.offer(model, ground, signal);
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
    if (named !== undefined) await search.offer(named, ground, signal);
    const found = await nearness(search, ground, texts, signal);
    notes.push(...(search.found ? search.doubts : []), ...(found.leftOut === null ? [] : [found.leftOut]));
    const single = textsOf(ground.data);
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
    await named?.release();
    await usual?.release();
  }
}

/** Of those whose figures compare. */
function leadOfRuns(measured: readonly MeasuredRun[], { texts, prompts }: HeldOut): Lead | null {
  const ranked = measured
    .filter(({ quality }) => isRanked(quality))
    .map(({ quality }) => ({ name: quality.run, bits: quality.bits_per_character! }));
  const characters = texts.reduce((n, text, i) => n + [...text.slice(prompts?.[i] ?? 0)].length, 0);
  return leadOf(ranked, characters) ?? null;
}

/** Whose vectors MAUVE compares where none is named, so that the values of different reports compare. */
const USUAL_ENCODER: BuiltInName = "punchline-gpt2";

/** Offers the usual encoder; where it cannot be opened or knows too little, that is one of the search's doubts. */
async function offerUsual(
  search: EncoderSearch,
  ground: Ground,
  options: QualityOptions,
): Promise<LocalModel | undefined> {
  if (ground.real.length < LEAST) return undefined;
  try {
    const model = await openEncoder(USUAL_ENCODER, options);
    await search.offer(model, ground, options.signal);
    return model;
  } catch (error) {
    search.doubts.push(`${USUAL_ENCODER} cannot be the encoder of MAUVE: ${reasonOf(error)}`);
    return undefined;
  }
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
  const { train } = data.splits;
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
 * What a model is to predict: the texts that the first run predicts, or its own where it is known that those it learned
 * were cleaned by other rules. What it would make of letters that it never saw says nothing of how well it learned.
 */
function heldOutFor(model: TextModel, data: PreparedData, { data: first, heldOut }: Ground): HeldOut {
  const known = model.kind === "local" && model.lm.cleaning !== undefined;
  if (!known || isDeepStrictEqual(data.cleaning, first.cleaning)) return heldOut;
  return { ...heldOutOf(data), own: true };
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
): Promise<{ auditor: Judge }> {
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
  return { auditor: await auditorOf(data, model, options) };
}

async function auditorOf(data: PreparedData, model: TextModel, options: QualityOptions): Promise<Judge> {
  const indexFile = await options.indexFile?.(model);
  const few = { neighbours: 1, cueTexts: 0 };
  return sourceAuditor(data, indexFile === undefined ? few : { ...few, indexFile });
}

/** As many training texts as there are real ones beside. */
const trainingTexts = ({ data, real }: Ground): readonly string[] =>
  evenly(textsOf(data).training, real.length);

async function reference(
  { real, auditor, vocabulary, data }: Ground,
  mauve: number | null,
  signal: AbortSignal | undefined,
): Promise<Reference> {
  const measures = await measureTexts(real, {
    auditor,
    vocabulary,
    ...(data.kind === "items" ? { ended: real.map(() => true) } : {}),
    ...(signal ? { signal } : {}),
  });
  return { ...measures, mauve };
}

/** Real texts without which no histogram over clusters says anything. */
const LEAST = 20;
/** Tokens of a text that are encoded. */
const ENCODED_TOKENS = 256;

/** Finds a model with vectors that can be believed: the one that was named, else the usual one, else the first run that knows enough. */
class EncoderSearch {
  found: LocalModel | undefined;
  /** Whether any model had vectors at all. */
  offered = false;
  readonly judged: JudgedEncoder[] = [];
  /** Why models that have vectors are not used, in sentences. */
  readonly doubts: string[] = [];

  /** Takes the model where none is found yet and it predicts the real texts well enough to encode them. */
  async offer(model: TextModel, ground: Ground, signal: AbortSignal | undefined): Promise<void> {
    const { real, data } = ground;
    if (model.kind !== "local" || !canEncode(model.lm.model)) return;
    this.offered = true;
    if (this.found !== undefined || real.length < LEAST || signal?.aborted) return;
    const { name } = model;
    try {
      const judged = await judgeEncoder(model.lm, real, textsOf(data).training, signal);
      this.judged.push({ encoder: name, ...judged });
      if (judged.believed) this.found = model;
      else this.doubts.push(`${name} knows too little to be the encoder of MAUVE: ${against(judged)}.`);
    } catch (error) {
      if (!signal?.aborted) this.doubts.push(`${name} cannot be the encoder of MAUVE: ${reasonOf(error)}`);
    }
  }
}

/** MAUVE of each list of texts against the real ones; none, with the reason in a sentence, where it is left out. */
async function nearness(
  { found, offered, doubts }: EncoderSearch,
  { real }: Ground,
  lists: readonly (readonly string[])[],
  signal: AbortSignal | undefined,
): Promise<{ readonly near: readonly number[]; readonly leftOut: string | null }> {
  const without = (leftOut: string) => ({ near: [], leftOut });
  if (signal?.aborted) return without("MAUVE is left out: the report was interrupted before it.");
  if (real.length < LEAST)
    return without(`MAUVE needs at least ${LEAST} held-out texts; there are ${real.length}.`);
  if (!offered) return without("MAUVE needs a model with a vector for each token: name one with --encoder.");
  if (found === undefined)
    return without(
      `${doubts.join(" ")} So MAUVE is left out: by vectors of a model that knows so little, gibberish can be nearer to real texts than English is. Train longer, or name a better model with --encoder.`,
    );
  const options = { maxTokens: ENCODED_TOKENS, signal };
  try {
    const vectors = await embedTexts(found.lm, real, options);
    const near: number[] = [];
    for (const texts of lists) near.push(mauve(await embedTexts(found.lm, texts, options), vectors));
    return { near, leftOut: null };
  } catch (error) {
    return without(`MAUVE could not be measured: ${reasonOf(error)}`);
  }
}
