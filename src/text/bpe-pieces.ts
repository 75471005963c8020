/**
 * Spells a long text in pieces, in vocabularies whose merges run on from word to word, as Llama's: it is cut where no
 * token can reach across, so that the ids are those of the whole text.
 */
import type { HuggingFaceJson } from "./huggingface-files.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Shortest piece, in UTF-16 units: some milliseconds. */
const PIECE = 4096;
/** The mark of a space in the vocabulary. */
const SPACE = "\u2581";

const withMarks = (text: string): string => text.replaceAll(" ", SPACE);

type Spell = (text: string) => readonly number[];

/** Whether all that happens to a text before its merges is a mark in front and one for each space. */
export function runsOn({ normalizer, pre_tokenizer, model }: HuggingFaceJson): boolean {
  const { dropout, ignore_merges, continuing_subword_prefix, end_of_word_suffix } = model;
  if (dropout || ignore_merges || continuing_subword_prefix || end_of_word_suffix) return false;
  return !pre_tokenizer && JSON.stringify(normalizer) === JSON.stringify(marksSpaces(true));
}

/** What puts marks for spaces, and one in front. */
const marksSpaces = (inFront: boolean) => ({
  type: "Sequence",
  normalizers: [
    ...(inFront ? [{ type: "Prepend", prepend: SPACE }] : []),
    { type: "Replace", pattern: { String: " " }, content: SPACE },
  ],
});

/** The same vocabulary for what is not the beginning of a text. */
export const withoutFront = (json: HuggingFaceJson): HuggingFaceJson => ({
  ...json,
  normalizer: marksSpaces(false),
});

/**
 * An encoder that gives the same ids as `whole`. Texts with one of `apart` in them, the tokens that are found before
 * merges are, go to `whole`; a space and its mark count as the same, since some are found when the marks are there.
 * @param openRest makes the spelling of what is not the beginning of a text, for the first long one
 * @param least shortest piece, in UTF-16 units
 */
export function pieceEncoder(
  json: HuggingFaceJson,
  whole: Spell,
  openRest: () => Spell,
  apart: readonly string[],
  least = PIECE,
): Pick<Tokenizer, "encode"> & { readonly encodeInSteps: NonNullable<Tokenizer["encodeInSteps"]> } {
  let made: { readonly rest: Spell; readonly cuts: (text: string, from: number) => number } | undefined;
  const tokens = apart.map(withMarks);
  const isWhole = (text: string) => {
    const marked = withMarks(text);
    return tokens.some((token) => marked.includes(token));
  };
  function* inSteps(text: string): Generator<void, Int32Array> {
    if (text.length < 2 * least || isWhole(text)) return Int32Array.from(whole(text));
    made ??= { rest: openRest(), cuts: cutsOf(json) };
    const pieces: (readonly number[])[] = [];
    for (let from = 0; from < text.length; ) {
      const to = made.cuts(text, from + least);
      pieces.push((from === 0 ? whole : made.rest)(text.slice(from, to)));
      from = to;
      if (from < text.length) yield;
    }
    return Int32Array.from(pieces.flat());
  }
  return {
    encode(text) {
      const steps = inSteps(text);
      for (;;) {
        const { done, value } = steps.next();
        if (done) return value;
      }
    },
    encodeInSteps: inSteps,
  };
}

/**
 * Finds the first place from `from` on where a text may be cut: between two signs that the vocabulary has, and that
 * follow each other in none of its tokens, so that no merge joins them, nor are they unknown together.
 */
function cutsOf({ model: { vocab } }: HuggingFaceJson): (text: string, from: number) => number {
  const [single, joined] = [new Set<string>(), new Set<string>()];
  for (const token of Object.keys(vocab)) {
    if (token.length === 1) single.add(token);
    for (let i = 1; i < token.length; i++) joined.add(token.slice(i - 1, i + 1));
  }
  const signAt = (text: string, i: number) => (text[i] === " " ? SPACE : text[i]!);
  return (text, from) => {
    for (let i = from; i < text.length; i++) {
      const [before, after] = [signAt(text, i - 1), signAt(text, i)];
      if (single.has(before) && single.has(after) && !joined.has(before + after)) return i;
    }
    return text.length;
  };
}
