/** Remembers how words are spelled: most words of a text have been met before, and merging is slow. */
import { gpt2Words } from "./bpe-bytes.ts";
import { wordMerger } from "./bpe-merge.ts";
import type { HuggingFaceJson } from "./huggingface-files.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Words remembered at most; then all are forgotten. Some 20 MB. */
const CAPACITY = 100_000;
/** Words that are spelled at once where others are to have their turn: some milliseconds. */
const STEP = 1_000;
/** Longer words, in UTF-16 units, hardly come twice. */
const MAX_WORD = 64;

/** Whether a text's ids are, by this file, its {@link gpt2Words}' ids one after the other. */
export function isWordByWord(json: HuggingFaceJson): boolean {
  const { type, add_prefix_space, use_regex } = (json.pre_tokenizer ?? {}) as Record<string, unknown>;
  return !json.normalizer && type === "ByteLevel" && !add_prefix_space && use_regex !== false;
}

/**
 * An encoder that gives the same ids as `encode`, faster; long words are merged in n log n steps. Texts with one of
 * `apart` in them, the tokens that are found before words are, go to `encode` whole.
 */
export function wordCachedEncoder(
  json: HuggingFaceJson,
  encode: (text: string) => readonly number[],
  apart: readonly string[],
): Pick<Tokenizer, "encode" | "encodeInSteps"> {
  // Made for the first long word: most texts have none, and a large vocabulary takes a while.
  let merger: { readonly merge: ReturnType<typeof wordMerger> } | undefined;
  const spellLong = (word: string): ArrayLike<number> => {
    merger ??= { merge: wordMerger(json) };
    return merger.merge?.(word) ?? encode(word);
  };
  const spelled = new Map<string, readonly number[]>();
  const spell = (word: string): ArrayLike<number> => {
    if (word.length > MAX_WORD) return spellLong(word);
    const known = spelled.get(word);
    if (known) return known;
    const ids = encode(word);
    if (spelled.size >= CAPACITY) spelled.clear();
    spelled.set(word, ids);
    return ids;
  };
  const append = (ids: number[], words: readonly string[]): void => {
    for (const word of words) {
      const spelling = spell(word);
      for (let i = 0; i < spelling.length; i++) ids.push(spelling[i]!);
    }
  };
  const isWhole = (text: string) => apart.some((token) => text.includes(token));
  return {
    encode(text) {
      if (isWhole(text)) return Int32Array.from(encode(text));
      const ids: number[] = [];
      append(ids, text.match(gpt2Words) ?? []);
      return Int32Array.from(ids);
    },
    *encodeInSteps(text) {
      if (isWhole(text)) return Int32Array.from(encode(text));
      const ids: number[] = [];
      let words: string[] = [];
      for (const [word] of text.matchAll(gpt2Words)) {
        if (words.push(word) < STEP) continue;
        append(ids, words);
        words = [];
        yield;
      }
      append(ids, words);
      return Int32Array.from(ids);
    },
  };
}
