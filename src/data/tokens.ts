/** Texts as one compact stream of token ids, with the places where each item begins. */
import { InputError } from "../core/errors.ts";
import { invalidOption } from "../core/options.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { type Ids, inPieces, type StoredIds } from "./ids.ts";
import { encodeLearned } from "./learned-text.ts";
import type { PreparedData } from "./prepare.ts";
import type { SplitName } from "./split.ts";

/** The narrowest unsigned array that holds every id of a vocabulary. */
export type TokenArray = Uint8Array | Uint16Array | Int32Array;

export interface TokenStream {
  /** All items' ids one after the other, each item followed by `endOfText`. */
  readonly tokens: TokenArray;
  /** Item i is tokens offsets[i] to offsets[i + 1], its end included; items + 1 entries. */
  readonly offsets: Int32Array;
  /** The id that ends an item. */
  readonly endOfText: number;
  /** The id that is read before an item's first. Default `endOfText`. */
  readonly start?: number | undefined;
  /** The length in tokens of the prompt at the beginning of each item, which is read but not learned. Absent: none. */
  readonly prompts?: Int32Array | undefined;
  /**
   * 1 for each token that is learned, of items of which only stretches are. Such an item is complete: its first token is
   * read and not predicted, and nothing is put before or behind it. Absent: all but the prompts are learned.
   */
  readonly learned?: Uint8Array | undefined;
}

/** What rows of items are made of: a {@link TokenStream}, or one that is stored elsewhere. */
export interface ItemStream extends Omit<TokenStream, "tokens" | "offsets"> {
  readonly tokens: Ids;
  /** Int32 where all places fit. */
  readonly offsets: Int32Array | Float64Array;
}

export interface EncodeOptions {
  /** The length of the prompt at the beginning of each item, in UTF-16 code units. Absent: none. */
  readonly prompts?: ArrayLike<number> | undefined;
  /** The stretches that are learned of each item, in UTF-16 code units. In place of prompts. */
  readonly learned?: readonly (readonly number[])[] | undefined;
  /** Called now and then with the number of items encoded. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/**
 * Encodes items into one stream, each ended by the tokenizer's `endOfText`. A prompt is encoded by itself, as it will
 * be when you give it to the model.
 * @throws InputError `unknown-character` as the tokenizer does.
 */
export function encodeItems(
  tokenizer: Tokenizer,
  items: readonly string[],
  { prompts, learned, onProgress = () => {} }: EncodeOptions = {},
): TokenStream {
  if (learned) return encodeStretches(tokenizer, items, learned, onProgress);
  let characters = items.length;
  for (const item of items) characters += item.length;
  // Word and sub-word vocabularies need about a token for four characters; the array grows where that is too few.
  let out = allocateTokens(tokenizer.size, tokenizer.kind === "character" ? characters : characters / 3 + 64);
  const offsets = new Int32Array(items.length + 1);
  const asked = prompts ? new Int32Array(items.length) : undefined;
  let n = 0;
  const append = (ids: Int32Array) => {
    if (n + ids.length + 1 > out.length) {
      const larger = allocateTokens(tokenizer.size, (n + ids.length + 1) * 1.5);
      larger.set(out);
      out = larger;
    }
    out.set(ids, n);
    n += ids.length;
  };
  for (const [i, item] of items.entries()) {
    const prompt = prompts?.[i] ?? 0;
    if (prompt > 0) append(tokenizer.encode(item.slice(0, prompt)));
    if (asked) asked[i] = n - offsets[i]!;
    append(tokenizer.encode(prompt > 0 ? item.slice(prompt) : item));
    out[n++] = tokenizer.endOfText;
    offsets[i + 1] = n;
    if (i % 8192 === 8191) onProgress(i + 1);
  }
  return {
    tokens: out.length === n ? out : out.slice(0, n),
    offsets,
    endOfText: tokenizer.endOfText,
    start: tokenizer.beginOfText,
    prompts: asked,
  };
}

/** Items of which stretches are learned, nothing added to them. */
function encodeStretches(
  tokenizer: Tokenizer,
  items: readonly string[],
  learned: readonly (readonly number[])[],
  onProgress: (done: number) => void,
): TokenStream {
  const encoded = items.map((text, i) => {
    if (i % 1024 === 1023) onProgress(i + 1);
    return encodeLearned(tokenizer, { text, learned: learned[i]! });
  });
  const offsets = new Int32Array(items.length + 1);
  for (const [i, { ids }] of encoded.entries()) offsets[i + 1] = offsets[i]! + ids.length;
  const tokens = allocateTokens(tokenizer.size, offsets.at(-1)!);
  const each = new Uint8Array(tokens.length);
  for (const [i, { ids, counts }] of encoded.entries()) {
    tokens.set(ids, offsets[i]);
    each.set(counts, offsets[i]);
  }
  return { tokens, offsets, endOfText: tokenizer.endOfText, learned: each };
}

/** Encodes one continuous text, such as a book, as a single item; nothing is added at its end. */
export function encodeText(tokenizer: Tokenizer, text: string): TokenStream {
  const ids = tokenizer.encode(text);
  const tokens = allocateTokens(tokenizer.size, ids.length);
  tokens.set(ids);
  return { tokens, offsets: Int32Array.of(0, ids.length), endOfText: tokenizer.endOfText };
}

/** Tokens that offsets of 32 bits can count. */
const MOST_PLACES = 2 ** 31 - 1;

const tooMany = (path: string, tokens: number): InputError =>
  new InputError(
    "memory",
    `${path} has ${tokens} tokens in this split, and ${MOST_PLACES} at most are held in memory at once; train and evaluate from the file, which reads a few at a time, or use a smaller one.`,
    { path, tokens },
  );

/**
 * The ids of one split, by default with the data's own tokenizer.
 * @throws InputError `memory` where a token file has more than 2^31 - 1
 */
export function encodeSplit(
  data: PreparedData,
  split: SplitName,
  tokenizer?: Tokenizer,
  onProgress?: (done: number) => void,
): TokenStream {
  if (data?.encoded) {
    const { tokens, offsets, ...rest } = itemsOf(data, split, tokenizer);
    if (tokens.length > MOST_PLACES) throw tooMany(data.encoded.path, tokens.length);
    const own = allocateTokens((tokenizer ?? data.tokenizer).size, tokens.length);
    copyTo(own, tokens);
    return { ...rest, tokens: own, offsets: Int32Array.from(offsets) };
  }
  const texts = textsOf(data, split);
  const spelling = tokenizer ?? data.tokenizer;
  if (data.kind === "text") return encodeText(spelling, texts[0] ?? "");
  return encodeItems(spelling, texts, {
    prompts: data.prompts?.[split],
    learned: data.learned?.[split],
    onProgress,
  });
}

/**
 * The items of one split, from where they are: texts are encoded, stored tokens stay stored.
 * @param most items in all
 */
export function itemsOf(
  data: PreparedData,
  split: SplitName,
  tokenizer: Tokenizer = data.tokenizer,
  most = Number.POSITIVE_INFINITY,
): ItemStream {
  const stored = data.encoded?.splits[split];
  if (!stored) return encodeSplit(data, split, tokenizer);
  const items = Math.min(stored.items, most);
  const offsets = stored.offsets(0, items);
  return {
    tokens: stored.tokens,
    offsets: stored.tokens.length <= MOST_PLACES ? Int32Array.from(offsets) : offsets,
    endOfText: tokenizer.endOfText,
    ...(data.kind === "items" ? { start: tokenizer.beginOfText, prompts: stored.prompts(0, items) } : {}),
  };
}

function copyTo(out: TokenArray, ids: Ids): void {
  let at = 0;
  for (const piece of inPieces(ids)) {
    out.set(piece, at);
    at += piece.length;
  }
}

/** The first ids, at most so many, in memory. */
export function firstIds(ids: StoredIds, vocabulary: number, most: number): TokenArray {
  const length = Math.min(ids.length, most);
  const out = allocateTokens(vocabulary, length);
  copyTo(out, { length, copy: (...range) => ids.copy(...range) });
  return out;
}

/** @throws UsageError where a program without types gives something else than prepared data */
export function checkPrepared(data: unknown): asserts data is PreparedData {
  if (typeof (data as Partial<PreparedData> | null | undefined)?.splits !== "object")
    throw invalidOption("data", data, "prepared data, as `prepareTexts` returns it");
}

/** The texts of a split. @throws UsageError where a program without types gives something else than prepared data */
export function textsOf(data: PreparedData, split: SplitName): readonly string[] {
  checkPrepared(data);
  const texts = data.splits[split];
  if (texts === undefined) throw invalidOption("split", split, "train, validation or test");
  return texts;
}

/** A zeroed array of at least `length` ids below `vocabulary`. */
export function allocateTokens(vocabulary: number, length: number): TokenArray {
  const whole = Math.ceil(length);
  if (vocabulary <= 0x100) return new Uint8Array(whole);
  if (vocabulary <= 0x10000) return new Uint16Array(whole);
  return new Int32Array(whole);
}
