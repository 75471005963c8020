/**
 * Opens a token file as prepared data. Tokens stay on the disk; a training reads the few of each batch.
 *
 * @example
 * const data = await openTokenFile("corpus.tokens");
 * await train({ model: "gpt2", data });
 */
import { createHash } from "node:crypto";
import { getHeapStatistics } from "node:v8";
import { InputError } from "../../core/errors.ts";
import { checkOptions, checkText, optionNames } from "../../core/options.ts";
import { regularFile } from "../../files/regular-file.ts";
import { tokenizerFormats, tokenizerFromFiles } from "../../text/files.ts";
import { huggingfaceFormat } from "../../text/huggingface.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { FINGERPRINT_DIGITS, vocabularyText } from "../../text/vocabulary-text.ts";
import type { StoredIds, StoredSplit } from "../ids.ts";
import type { PreparedData } from "../prepare.ts";
import { memoryOfTexts } from "../prepare-opened.ts";
import { type SplitName, splitNames } from "../split.ts";
import { checksumBytes } from "./checksums.ts";
import { type Bits, damaged, HEADER, type Opened, readDescription } from "./format.ts";
import { OpenFile } from "./open-file.ts";

const arrays = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array } as const;

/** Ids of one split, of which a few are read at a time. */
class FileIds implements StoredIds {
  readonly length: number;
  readonly #file: OpenFile;
  readonly #at: number;
  readonly #bits: Bits;
  /** Ids below this are in the vocabulary. */
  readonly #size: number;
  #read: Uint8Array | Uint16Array | Uint32Array = new Uint8Array();

  constructor(file: OpenFile, at: number, length: number, { bits, size }: { bits: Bits; size: number }) {
    this.#file = file;
    this.#at = at;
    this.length = length;
    this.#bits = bits;
    this.#size = size;
  }

  copy(from: number, to: number, out: Int32Array, at: number): void {
    const n = to - from;
    if (n <= 0) return;
    if (from < 0 || to > this.length) throw new RangeError(`Tokens ${from} to ${to} of ${this.length}.`);
    if (this.#read.length < n) this.#read = new arrays[this.#bits](n);
    const ids = this.#file.fill(this.#read.subarray(0, n), this.#at + (from * this.#bits) / 8);
    let most = 0;
    for (let t = 0; t < n; t++) {
      const id = ids[t]!;
      if (id > most) most = id;
      out[at + t] = id;
    }
    if (most >= this.#size) throw damaged(this.#file.path);
  }
}

/** The hash of a vocabulary, as weights record it. */
export const vocabularyFingerprint = (tokenizer: Tokenizer): string =>
  createHash("sha256").update(vocabularyText(tokenizer)).digest("hex").slice(0, FINGERPRINT_DIGITS);

export interface TokenFileOptions {
  /**
   * Files of so many bytes are held to their checksums when they are opened, larger ones block by block when a token of it is
   * first read. Default 64 MB.
   */
  readonly checkUpTo?: number | undefined;
}

const tokenFileOptionNames = optionNames<keyof TokenFileOptions>()("checkUpTo");
const CHECKED_AT_ONCE = 64e6;

/**
 * The data of a token file, in its own vocabulary.
 * @throws InputError `not-tokens` for another file, `tokens-version`, `tokens-cut`, or `tokens` where it is damaged
 */
export async function openTokenFile(path: string, options: TokenFileOptions = {}): Promise<PreparedData> {
  checkText(path, "path");
  const { checkUpTo = CHECKED_AT_ONCE } = checkOptions(options, tokenFileOptionNames);
  const { size } = await regularFile(path);
  const file = new OpenFile(path);
  const opened = readDescription(path, size, (at, length) => {
    const bytes = Buffer.alloc(Math.min(length, size - at));
    return bytes.subarray(0, file.read(bytes, at));
  });
  const { description } = opened;
  const { tokenizer: files, cleaning, summary, kind, fingerprint } = description;
  const tokenizer = tokenizerFromFiles(files["tokenizer.json"], files["tokenizer_config.json"], [
    ...tokenizerFormats,
    huggingfaceFormat,
  ]);
  if (vocabularyFingerprint(tokenizer) !== description.vocabulary) throw damaged(path);
  const splits = storedSplits(file, opened, tokenizer.size);
  if (size <= checkUpTo) file.checkAll();
  const known: Partial<Record<SplitName, Decoded>> = {};
  const decode = (name: SplitName): Decoded => {
    known[name] ??= decoded(kind, path, splits[name], tokenizer);
    return known[name];
  };
  return {
    kind,
    splits: perSplit((name) => decode(name).text),
    ...(description.prompts ? { prompts: perSplit((name) => decode(name).prompt) } : {}),
    encoded: { path, splits },
    tokenizer,
    cleaning,
    summary,
    fingerprint,
  };
}

/** @throws InputError `tokens` where the numbers do not fill the file up to its description */
function storedSplits(
  file: OpenFile,
  { bits, description: { splits, prompts }, hasChecksums, at: end }: Opened,
  size: number,
): Record<SplitName, StoredSplit> {
  let at = HEADER;
  const next = (bytes: number): number => {
    const begin = at;
    at += bytes;
    return begin;
  };
  const tokens = splitNames.map((name) => next((splits[name].tokens * bits) / 8));
  const ends = splitNames.map((name) => next(8 * splits[name].items));
  const asked = splitNames.map((name) => next(prompts ? 4 * splits[name].items : 0));
  const sums = hasChecksums ? checksumBytes(at - HEADER) : 0;
  if (at + sums !== end) throw damaged(file.path);
  if (hasChecksums) file.expect(HEADER, at, sums);
  const split = (name: SplitName, k: number): StoredSplit => ({
    tokens: new FileIds(file, tokens[k]!, splits[name].tokens, { bits, size }),
    items: splits[name].items,
    offsets(from, to) {
      const offsets = new Float64Array(to - from + 1);
      if (from > 0) file.fill(offsets, ends[k]! + 8 * (from - 1));
      else file.fill(offsets.subarray(1), ends[k]!);
      return offsets;
    },
    prompts: (from, to) => (prompts ? file.fill(new Int32Array(to - from), asked[k]! + 4 * from) : undefined),
  });
  return Object.fromEntries(splitNames.map((name, k) => [name, split(name, k)])) as Record<
    SplitName,
    StoredSplit
  >;
}

interface Decoded {
  readonly text: string[];
  readonly prompt: number[];
}

/** A value for each split, which is computed when it is asked for. */
const perSplit = <T>(of: (name: SplitName) => T): Readonly<Record<SplitName, T>> => ({
  get train() {
    return of("train");
  },
  get validation() {
    return of("validation");
  },
  get test() {
    return of("test");
  },
});

/** @throws InputError `tokens-only` where tokens do not say what the texts were, `memory` where they do not fit */
function decoded(
  kind: PreparedData["kind"],
  path: string,
  split: StoredSplit,
  tokenizer: Tokenizer,
): Decoded {
  if (tokenizer.kind === "word" || tokenizer.kind === "wordpiece")
    throw new InputError(
      "tokens-only",
      `${path} has the tokens of its texts, from which a vocabulary of ${tokenizer.kind === "word" ? "words" : "BERT's kind"} cannot write them as they were; give the texts themselves.`,
      { path },
    );
  const limit = getHeapStatistics().heap_size_limit;
  if (memoryOfTexts(split.items, split.tokens.length) > limit)
    throw new InputError(
      "memory",
      `${path} has ${split.tokens.length} tokens in this split, and what you ask for needs all of their texts in memory at once; ask it of a smaller file.`,
      { path, tokens: split.tokens.length, limit },
    );
  const text: string[] = [];
  const prompt: number[] = [];
  if (kind === "text") {
    if (split.tokens.length > 0) text.push(tokenizer.decode(idsBetween(split, 0, split.tokens.length)));
    return { text, prompt };
  }
  const offsets = split.offsets(0, split.items);
  const prompts = split.prompts(0, split.items);
  for (let i = 0; i < split.items; i++) {
    // The last token of each is its end.
    const ids = idsBetween(split, offsets[i]!, offsets[i + 1]! - 1);
    const asked = prompts?.[i] ?? 0;
    const own = tokenizer.decode(ids.subarray(asked));
    const before = asked > 0 ? tokenizer.decode(ids.subarray(0, asked)) : "";
    text.push(before + own);
    prompt.push(before.length);
  }
  return { text, prompt };
}

function idsBetween({ tokens }: StoredSplit, from: number, to: number): Int32Array {
  const ids = new Int32Array(to - from);
  tokens.copy(from, to, ids, 0);
  return ids;
}
