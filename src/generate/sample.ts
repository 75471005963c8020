/**
 * Writing text token by token.
 *
 * Every sample has random numbers of its own, addressed by its index and position, so that it comes out
 * the same whatever the batch it is written in.
 *
 * @example
 * for (const { text } of await sample(lm, { prompt: "Why did", n: 5, seed: 7 })) console.log(text);
 */

import { joined } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import {
  checkFunction,
  checkOptions,
  checkText,
  checkTexts,
  invalidOption,
  option,
  optionNames,
} from "../core/options.ts";
import { hasGrowingState } from "../models/model.ts";
import { continuationOf } from "../text/stream-decoder.ts";
import { unknownWord } from "../text/words.ts";
import { createDecoder } from "./decoders/create.ts";
import type { Decoder, Overflow } from "./decoders/decoder.ts";
import { Draft, type Sample } from "./draft.ts";
import { contextNote, lastPart, type Part } from "./fit.ts";
import { beginOf, checkModel, type LanguageModel } from "./language-model.ts";
import { likeliestTexts } from "./likeliest-texts.ts";
import { promptText } from "./prompt.ts";
import { createSampler, type SamplerOptions } from "./sampler.ts";

export type { Sample } from "./draft.ts";

export interface SampleOptions extends SamplerOptions {
  /** What the text begins with; it is cleaned as the model's own texts were. Default: nothing. */
  readonly prompt?: string | undefined;
  /** How many texts, at most 100,000: the call holds all of them. Default 1. */
  readonly n?: number | undefined;
  /** Most tokens written after the prompt. Default 200, or what the context has room for. */
  readonly maxLength?: number | undefined;
  /**
   * The `n` likeliest texts by beam search with this many beams, instead of drawing; without streaming.
   * Default: draw.
   */
  readonly beams?: number | undefined;
  /** Texts that end a sample; they are not part of it. */
  readonly stop?: readonly string[] | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Drop the oldest text where the context is full, instead of failing. */
  readonly slide?: boolean | undefined;
  /** Samples written side by side. Default: up to 64; of a hosted model, requests at once, up to 8. */
  readonly batch?: number | undefined;
  /** Called with each piece of text as it is written; a promise that it returns is waited for. */
  readonly onText?: ((sample: number, text: string) => unknown) | undefined;
  /** Aborting it ends the call before the next token, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const sampleOptionNames = optionNames<keyof SampleOptions>()(
  "temperature topK topP minP repetitionPenalty prompt n maxLength beams stop seed slide batch onText signal",
);

const MAX_BATCH = 64;
/** Most texts of a call, which holds all of them until it returns. */
export const MOST_TEXTS = 100_000;

/**
 * Writes `n` texts.
 * @throws UsageError where an option is out of range, the model only fills masks, or the context is too small
 * @throws InputError `unknown-character`, `empty-prompt` where the prompt cannot be read
 */
export async function sample(lm: LanguageModel, options: SampleOptions = {}): Promise<Sample[]> {
  const decoder = createDecoder(lm, checkSample(lm, options));
  try {
    return await sampleWith(lm, decoder, options);
  } finally {
    await decoder.release();
  }
}

/**
 * The decoder that `options` need.
 * @throws UsageError where an option is out of range, or the model only fills masks
 */
export function checkSample(
  lm: LanguageModel,
  options: SampleOptions,
): { readonly batch: number; readonly overflow: Overflow } {
  const { n = 1, maxLength = 200, slide = false } = checkOptions(options, sampleOptionNames);
  checkCount("n", n, MOST_TEXTS);
  checkCount("maxLength", maxLength);
  if (options.prompt !== undefined) checkText(options.prompt, "prompt");
  if (options.stop !== undefined) checkTexts(options.stop, "stop");
  if (options.stop?.includes("")) throw invalidOption("stop", options.stop, "texts that are not empty");
  checkFunction(options.onText, "onText");
  checkModel(lm);
  if (lm.model.predicts === "masked")
    throw new UsageError(
      `${lm.name} (${lm.model.config.model_type}) fills masks, reading both sides of them, and cannot continue a text; use "fill".`,
    );
  if (options.beams !== undefined) checkBeams(options.beams, n, options);
  const batch = options.beams ?? Math.min(n, options.batch ?? MAX_BATCH);
  return { batch, overflow: slide ? "slide" : "error" };
}

/** @throws UsageError where an option that counts something is not 1 or more, or more than `most` */
export function checkCount(name: string, value: number, most = Infinity): void {
  if (!(Number.isInteger(value) && value >= 1)) throw invalidOption(name, value, "1 or more");
  if (value > most) throw invalidOption(name, value, `${most} or less`);
}

/** The first option that is given and has another value than this. */
export const changedOption = (options: SampleOptions, neutral: SampleOptions): string | undefined =>
  Object.entries(neutral).find(
    ([name, value]) => (options[name as keyof SampleOptions] ?? value) !== value,
  )?.[0];

const MAX_BEAMS = 64;

/** Beam search draws nothing: what shapes the draw has no part in it. */
function checkBeams(beams: number, n: number, options: SampleOptions): void {
  if (!(Number.isInteger(beams) && beams >= 1 && beams <= MAX_BEAMS))
    throw invalidOption("beams", beams, `a whole number from 1 to ${MAX_BEAMS}`);
  if (n > beams)
    throw new UsageError(`${option("beams", beams)} finds ${beams} texts at most; ask for fewer than ${n}.`, {
      option: "beams",
      value: beams,
    });
  const drawing = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 };
  const odd = changedOption(options, drawing);
  if (odd !== undefined)
    throw new UsageError(
      `${option("beams")} looks for the likeliest texts and draws nothing; leave ${option(odd)} out.`,
      { option: odd },
    );
}

/**
 * {@link sample} with the decoder that {@link checkSample} describes; it keeps the state of its last texts.
 * @param before texts that are written elsewhere: the first here is the one after them
 */
export async function sampleWith(
  lm: LanguageModel,
  decoder: Decoder,
  options: SampleOptions,
  before = 0,
): Promise<Sample[]> {
  const { n = 1, seed = 0 } = options;
  const prompt = promptText(lm, options.prompt ?? "");
  const given = promptIds(lm, prompt);
  const { from, to } = promptPart(lm, given.length, options);
  const start = given.subarray(from, to);
  const continuation = continuationOf(lm.tokenizer, prompt);
  const limits = { ...options, maxLength: options.maxLength ?? defaultLength(lm, start.length, options) };
  if (options.beams !== undefined) {
    const never = lm.tokenizer.id(unknownWord);
    const search = { ...limits, beams: options.beams, n, never, continuation };
    const found = await likeliestTexts(lm, decoder, start, search);
    return found.map((text) => ({ prompt, tokens: text.ids.length, ...text }));
  }
  const samples: Sample[] = [];
  while (samples.length < n) {
    const first = samples.length;
    const count = Math.min(decoder.batch, n - first);
    const drafts = Array.from(
      { length: count },
      (_, k) => new Draft(lm, { prompt, continuation, seen: given }, before + first + k, seed, limits),
    );
    await write(lm, decoder, start, drafts, limits);
    samples.push(...drafts.map((draft) => draft.finished()));
  }
  return samples;
}

/** The part of a prompt that is read: see {@link lastPart}. */
const promptPart = ({ model }: LanguageModel, length: number, { maxLength = 200 }: SampleOptions): Part =>
  lastPart(model, length, maxLength);

/** Which part of the prompt is read, in a sentence; undefined where the context holds all of it. */
export function promptNote(lm: LanguageModel, options: SampleOptions): string | undefined {
  const { length } = promptIds(lm, promptText(lm, options.prompt ?? ""));
  const { name, model } = lm;
  const place = { name, contextLength: model.contextLength, masked: false };
  return contextNote(place, promptPart(lm, length, options), length);
}

/** The ids that a text begins with. @throws UsageError where the vocabulary cannot spell the prompt. */
export const promptIds = (lm: LanguageModel, prompt: string): Int32Array =>
  begun(lm, lm.tokenizer.encode(prompt));

/** The ids of a text, with the one that the model begins with before them. */
export function begun({ tokenizer }: LanguageModel, ids: Int32Array): Int32Array {
  const begin = beginOf(tokenizer) ?? (ids.length === 0 ? tokenizer.endOfText : undefined);
  return begin === undefined ? ids : joined([begin], ids);
}

/** Ids of a text in which a chat template has written all special tokens; where it wrote nothing, the model begins one. */
export const templatedIds = (lm: LanguageModel, text: string): Int32Array =>
  notEmpty(lm, lm.tokenizer.encode(text));

/** Ids, or an end of text where there are none. */
export const notEmpty = ({ tokenizer }: LanguageModel, ids: Int32Array): Int32Array =>
  ids.length > 0 ? ids : Int32Array.of(tokenizer.endOfText);

async function write(
  lm: LanguageModel,
  decoder: Decoder,
  start: Int32Array,
  drafts: readonly Draft[],
  options: SampleOptions,
): Promise<void> {
  const { batch } = decoder;
  const { tokenizer, model } = lm;
  // Nobody wants to read the unknown-word token, nor what has no spelling.
  const size = Math.min(tokenizer.size, model.config.vocab_size);
  const choose = createSampler(options, { size, never: tokenizer.id(unknownWord) });
  options.signal?.throwIfAborted();
  let logits = await decoder.start(start, options.signal);
  while (true) {
    const width = logits.length / batch;
    const next = new Int32Array(batch).fill(tokenizer.endOfText);
    let writing = false;
    const shown: unknown[] = [];
    drafts.forEach((draft, row) => {
      if (draft.finish) return;
      const scores = logits.subarray(row * width, (row + 1) * width);
      const { id, logProbability } = choose(scores, draft.seen(), draft.uniform());
      next[row] = id;
      const waiting = draft.append(id, logProbability);
      if (waiting !== undefined) shown.push(waiting);
      if (!draft.finish) writing = true;
    });
    if (shown.length > 0) await Promise.all(shown);
    if (!writing) return;
    options.signal?.throwIfAborted();
    logits = await decoder.append(next);
  }
}

/** 200 tokens, or what the context has room for where nothing is dropped from it. */
function defaultLength({ model }: LanguageModel, start: number, { slide = false }: SampleOptions): number {
  return hasGrowingState(model) && !slide ? Math.max(1, Math.min(200, model.contextLength - start)) : 200;
}
