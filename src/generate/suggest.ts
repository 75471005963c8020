/**
 * Predictive typing: what a model expects after a text, as next characters, whole words and a few words on.
 *
 * @example
 * const { words } = await suggest(lm, "Why did the chi", { n: 3 });
 * words[0]; // { text: "cken", probability: 0.81 }
 */
import { UsageError } from "../core/errors.ts";
import { checkOptions, checkText, optionNames } from "../core/options.ts";
import { beamSearch, type Found, nextPieces, type Start } from "./beam-search.ts";
import { createDecoder } from "./decoders/create.ts";
import type { Decoder } from "./decoders/decoder.ts";
import { checkModel, type LanguageModel } from "./language-model.ts";
import { Pieces } from "./pieces.ts";
import { readPrompt } from "./prompt.ts";
import { checkCount, promptIds } from "./sample.ts";
import { lastWord } from "./word-end.ts";

/** A text to add, and the probability of the text going on with just that. */
export type Suggestion = Found;

export type SuggestionKind = "next" | "words" | "continuations";

export interface SuggestOptions {
  /** Suggestions of each kind. Default 3. */
  readonly n?: number | undefined;
  /** Which kinds are wanted; the others stay empty and cost nothing. Default all. */
  readonly kinds?: readonly SuggestionKind[] | undefined;
  /** Aborting it ends the call before the next token is read, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const suggestOptionNames = optionNames<keyof SuggestOptions>()("n kinds signal");

export interface Suggestions {
  /** Next characters, or tokens of other vocabularies. The end of the text is a line break, or what ends a text instead. */
  readonly next: readonly Suggestion[];
  /** Each up to the end of the word typed, or of the next one where there is nothing to add to that. */
  readonly words: readonly Suggestion[];
  /** Each up to the end of the third word, or of the sentence or text before. */
  readonly continuations: readonly Suggestion[];
  /** Characters of the text that the vocabulary cannot spell and the model did not read. */
  readonly unread: string;
  /** That only the end of a long text is read, in a sentence; absent where all of it is. */
  readonly note?: string | undefined;
}

/** Keeps what it has read: after one more or one less character a suggestion costs one step, not the whole text. */
export interface Suggester {
  /** Calls wait for the ones before them. */
  suggest(text: string, options?: SuggestOptions): Promise<Suggestions>;
  release(): Promise<void>;
}

const everyKind = ["next", "words", "continuations"] as const satisfies readonly SuggestionKind[];
const wordSearch = { words: 1, width: 8, least: 1e-3, steps: 24 };
const continuationSearch = { words: 3, width: 8, least: 1e-6, steps: 48 };
/** Tokens that can be taken back without reading again, of models that carry a state of one size. */
const HISTORY = 256;
/** Tokens that a model without bounds reads of a long text when it has to start again. */
const LONGEST = 1024;

/**
 * Suggestions after `text`, best first, each with its probability under the model.
 *
 * The text may be empty, and longer than the model's context: then its end counts. It is cleaned as the model's
 * own texts were; characters that a vocabulary of characters lacks even then are left out, as `unread` says.
 *
 * @throws UsageError for a number of suggestions below 1, and for masked models
 */
export async function suggest(
  lm: LanguageModel,
  text: string,
  options: SuggestOptions = {},
): Promise<Suggestions> {
  const suggester = createSuggester(lm);
  try {
    return await suggester.suggest(text, options);
  } finally {
    await suggester.release();
  }
}

/** @throws UsageError where the model fills masks instead of going on */
export function createSuggester(lm: LanguageModel): Suggester {
  checkModel(lm);
  const { model, tokenizer, name } = lm;
  if (model.predicts === "masked")
    throw new UsageError(
      `${name} (${model.config.model_type}) fills masks and does not say what comes next; use "fill", or a model such as char-lstm or gpt2.`,
    );
  const pieces = new Pieces(tokenizer);
  const end =
    tokenizer.kind === "character" || tokenizer.kind === "word" ? tokenizer.token(tokenizer.endOfText) : "\n";
  const reader = new Reader(lm);

  /** Where to search from; with `whole` the last word counts as spelt. */
  async function startAt(
    typed: string,
    text: string,
    whole: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Start & Pick<Suggestions, "note">> {
    const rest = whole || tokenizer.kind === "character" ? "" : lastWord(text);
    const ids = promptIds(lm, text.slice(0, text.length - rest.length));
    const { logits, last } = await reader.read(ids, signal);
    const { longest } = reader;
    return {
      note:
        ids.length > longest
          ? `The text has more than ${longest} tokens, and suggestions are made from its last ${longest} at most.`
          : undefined,
      decoder: reader.decoder,
      logits,
      last: last === tokenizer.endOfText ? undefined : last,
      rest,
      typed,
    };
  }

  async function find(typed: string, options: SuggestOptions): Promise<Suggestions> {
    checkText(typed);
    const { n = 3, kinds = everyKind, signal } = checkOptions(options, suggestOptionNames);
    checkCount("n", n);
    const { text, unread } = readPrompt(lm, typed);
    const start = await startAt(typed, text, false, signal);
    const search = async ({ note, ...at }: typeof start): Promise<Suggestions | undefined> => {
      const next = nextPieces(pieces, at, n, end);
      if (!next) return undefined;
      const of = (kind: SuggestionKind, how: typeof wordSearch) =>
        kinds.includes(kind)
          ? beamSearch(pieces, at, { ...how, n, width: Math.max(how.width, 2 * n), signal })
          : [];
      return {
        next: kinds.includes("next") ? next : [],
        words: (await of("words", wordSearch)) ?? [],
        continuations: (await of("continuations", continuationSearch)) ?? [],
        unread,
        note,
      };
    };
    // A word that no token begins with is read as it is; what follows it can still be suggested.
    return (await search(start)) ?? (await search(await startAt(typed, text, true, signal)))!;
  }

  let queue: Promise<unknown> = Promise.resolve();
  return {
    suggest(text, options = {}) {
      const answer = queue.then(() => find(text, options));
      queue = answer.catch(() => {});
      return answer;
    },
    async release() {
      await queue;
      await reader.decoder.release();
    },
  };
}

/** Reads a text that changes at its end. */
class Reader {
  readonly decoder: Decoder;
  /** Most tokens of a text that are read when it has to start again. */
  readonly longest: number;
  #read: Int32Array = new Int32Array();
  #logits: Float32Array = new Float32Array();

  constructor(lm: LanguageModel) {
    this.decoder = createDecoder(lm, { overflow: "slide", history: HISTORY });
    this.longest = Number.isFinite(lm.model.contextLength) ? lm.model.contextLength : LONGEST;
  }

  /** The logits after `ids`, of which there is one at least, good until the next call. */
  async read(
    ids: Int32Array,
    signal: AbortSignal | undefined,
  ): Promise<{ logits: Float32Array; last: number }> {
    let known = 0;
    while (known < Math.min(ids.length, this.#read.length) && ids[known] === this.#read[known]) known++;
    const last = ids.at(-1)!;
    if (known === ids.length && known === this.#read.length) return { logits: this.#logits, last };
    // Going back, the last token that stays is read again for its logits.
    known = Math.min(known, ids.length - 1);
    if (!this.decoder.rewind(this.#read.length - known)) {
      this.decoder.reset();
      known = Math.max(0, ids.length - this.longest);
    }
    // Until the decoder has read it all, it counts as having read nothing.
    this.#read = new Int32Array();
    try {
      this.#logits = await this.decoder.append(ids.subarray(known), signal);
    } catch (error) {
      this.decoder.reset();
      throw error;
    }
    this.#read = ids;
    return { logits: this.#logits, last };
  }
}
