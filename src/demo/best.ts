/**
 * Which of a model's texts reads best, and whether it reads well enough to be put on top: by a model that did not write
 * it and has not been shown the jokes, against held-out jokes that people wrote.
 */
import { quantile } from "../core/quantile.ts";
import type { AuditedText } from "../evaluate/novelty/auditor.ts";
import { likenessOf } from "../evaluate/novelty/finding.ts";
import { acceptability } from "../evaluate/quality/acceptability.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import type { BestText } from "../report/index.ts";

/** A text with what is known of it. */
export interface Candidate {
  readonly audited: AuditedText;
  /** Whether the model ended it itself. */
  readonly ended: boolean;
  readonly temperature: number;
}

export interface RatedText extends Candidate {
  /** Its SLOR under the judge, in bits per token. */
  readonly reads: number;
  /** Whether it may be shown at all. */
  readonly allowed: boolean;
  /** Whether it is allowed and has the form of a joke; `reads` is another matter. */
  readonly wellFormed: boolean;
}

export interface Ratings {
  /** Rates texts, the best first: those with the form of a joke, then the others. */
  rate(candidates: readonly Candidate[]): Promise<readonly RatedText[]>;
  /** The best of rated texts, where it reads at least as well as the lower quarter of held-out jokes. */
  best(rated: readonly RatedText[]): BestText | undefined;
}

/** The most held-out jokes that are read. */
const HELD_OUT = 150;
/** Characters of a text to be put on top. */
const [SHORTEST, LONGEST] = [30, 160];

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}'’]+/gu) ?? [];

export interface RatingOptions {
  /** The jokes that were learned from, and others. */
  readonly train: readonly string[];
  readonly heldOut: readonly string[];
  /** Whether a text may be shown. Default: all may. */
  readonly allowed?: ((text: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @param judge a model that has read other texts of the language */
export async function createRatings(
  judge: LanguageModel,
  { train, heldOut, allowed = () => true, signal }: RatingOptions,
): Promise<Ratings> {
  const reads = acceptability(judge, { like: train, signal });
  const real = [...(await reads(heldOut.slice(0, HELD_OUT)))].sort((a, b) => a - b);
  const floor = real.length === 0 ? Number.POSITIVE_INFINITY : quantile(real, 0.25);
  const known = new Set(train.flatMap(wordsOf));
  const { tokenizer } = judge;
  // Every word of the jokes is real, and so is one that is common enough for a token of its own.
  const isWord = (word: string) => known.has(word) || tokenizer.encode(` ${word}`).length === 1;
  const wellFormed = ({ audited, ended }: Candidate): boolean => {
    const text = audited.text.trim();
    return (
      ended &&
      text.length >= SHORTEST &&
      text.length <= LONGEST &&
      !text.includes("\n") &&
      /^["'“‘¿¡]?[\p{Lu}\p{Lo}\p{N}]/u.test(text) &&
      /[.!?…]["'”’)]?$/.test(text) &&
      (text.match(/["“”]/g)?.length ?? 0) % 2 === 0 &&
      likenessOf(audited) === "new" &&
      wordsOf(text).every(isWord) &&
      !repeatsItself(text)
    );
  };
  return {
    async rate(candidates) {
      const found = await reads(candidates.map(({ audited }) => audited.text));
      return candidates
        .map((one, i) => {
          const shown = allowed(one.audited.text);
          return { ...one, reads: found[i]!, allowed: shown, wellFormed: shown && wellFormed(one) };
        })
        .sort((a, b) => form(b) - form(a) || b.reads - a.reads);
    },
    best(rated) {
      const good = rated.filter((one) => one.wellFormed && one.reads >= floor);
      const top = good.toSorted((a, b) => b.reads - a.reads)[0];
      return (
        top && {
          text: top.audited.text.trim(),
          temperature: top.temperature,
          reads: top.reads,
          floor,
          of: rated.length,
          passed: good.length,
        }
      );
    },
  };
}

/** 2 for a text with the form of a joke, 1 for one that at least came to its end in time, 0 for another. */
const form = ({ wellFormed, ended, audited: { text } }: RatedText): number =>
  wellFormed ? 2 : ended && text.length >= SHORTEST && text.length <= LONGEST ? 1 : 0;

/** Whether two words that follow each other do so twice: models that have learned too little go in circles. */
function repeatsItself(text: string): boolean {
  const words = wordsOf(text);
  const pairs = words.slice(1).map((word, i) => `${words[i]} ${word}`);
  return new Set(pairs).size < pairs.length;
}
