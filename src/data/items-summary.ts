/** What a preparation of items says of them, and refuses, once it has compared and divided them. */
import { InputError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { VocabularyName } from "./choose-tokenizer.ts";
import { duplicateMethod, type NearDuplicateOptions, nearThresholds, type Repeats } from "./duplicates.ts";
import type { Shaped } from "./shape-texts.ts";
import type { SplitName } from "./split.ts";
import { type DataSummary, droppedReasons, type LengthSummary } from "./summary.ts";
import { lossOf, lossRemark, warningsOf } from "./warnings.ts";

/** What the summary needs beside what reading found. */
export interface Divided {
  readonly tokenizer: Tokenizer;
  readonly fractions: { readonly validation: number; readonly test: number };
  readonly splits: Readonly<Record<SplitName, number>>;
  /** Rows kept. Default: the texts of the splits. */
  readonly rowsOut?: number | undefined;
  readonly lengths: LengthSummary;
  readonly examples: readonly string[];
  /** The first texts for training. */
  readonly texts: readonly string[];
  readonly nearPairs: readonly (readonly [dropped: string, kept: string])[];
  /** Texts that were compared. */
  readonly compared: number;
  readonly fingerprint: string;
}

interface Asked {
  readonly vocabulary?: VocabularyName | Tokenizer | undefined;
  readonly exactDuplicates?: boolean | undefined;
  readonly nearDuplicates?: boolean | NearDuplicateOptions | undefined;
}

export function itemsSummary(
  { rowsIn, dropped, cleaner, broken, end, vocabulary, conversations }: Shaped,
  options: Asked,
  { tokenizer, splits, fractions, nearPairs, compared, texts, rowsOut = totalOf(splits), ...rest }: Divided,
): DataSummary {
  const { exactDuplicates = true, nearDuplicates = true } = options;
  const isGiven = typeof options.vocabulary === "object";
  const { lengths, examples, fingerprint } = rest;
  const loss = lossOf(cleaner.loss);
  return {
    rows_in: rowsIn,
    rows_out: rowsOut,
    dropped,
    splits,
    vocabulary: tokenizer.size,
    vocabulary_kind: isGiven ? tokenizer.kind : vocabulary,
    unit: "items",
    fractions,
    sources: [],
    cleaning: cleaner.changed,
    cleaning_loss: conversations ? { ...loss, letters: conversations.letters } : loss,
    line_breaks: broken,
    duplicates: describeDuplicates(exactDuplicates, nearDuplicates === true ? {} : nearDuplicates),
    conversations: conversations
      ? {
          turns: conversations.turns,
          characters: conversations.characters,
          learned_characters: conversations.learned,
        }
      : null,
    near_examples: nearPairs.map(([dropped, kept]) => ({ dropped, kept })),
    lengths,
    examples,
    warnings: warningsOf({
      loss: cleaner.loss,
      broken,
      ends: end === "\n",
      near: dropped.near_duplicate ?? 0,
      compared,
      pairs: nearPairs,
      tokenizer: isGiven ? tokenizer : undefined,
      texts,
    }),
    fingerprint,
  };
}

const totalOf = ({ train, validation, test }: Divided["splits"]): number => train + validation + test;

function describeDuplicates(exact: boolean, near: NearDuplicateOptions | false): DataSummary["duplicates"] {
  if (near === false) return exact ? { method: "equal normalised text", thresholds: null } : null;
  return { method: duplicateMethod, thresholds: { ...nearThresholds(near) } };
}

/** Why a text is dropped that repeats an earlier one; undefined where it repeats none. */
export const repeatOf = (
  { exact, near }: Repeats,
  i: number,
  exactDuplicates: boolean,
): "duplicate" | "near_duplicate" | undefined =>
  exactDuplicates && exact[i]! >= 0 ? "duplicate" : near[i]! >= 0 ? "near_duplicate" : undefined;

/** Of texts that are near an earlier one, three at most, spread over all, each with the one that was kept. */
export function spreadPairs(near: Int32Array): (readonly [dropped: number, kept: number])[] {
  const places = [...near.keys()].filter((i) => near[i]! >= 0);
  return spreadPlaces(places.length).map((k) => [places[k]!, near[places[k]!]!]);
}

/** Of `count` things in order, the places of three at most, spread over all. */
export const spreadPlaces = (count: number): number[] =>
  count <= 3 ? Array.from({ length: count }, (_, k) => k) : spread(count);

/** Three of `count` places, spread over all. */
export const spread = (count: number): number[] =>
  [1, 3, 5].slice(0, count).map((sixth) => Math.floor((sixth / 6) * count));

/** @throws InputError `too-few` where fewer texts are left than the splits need */
export function refuseTooFew(
  { dropped, cleaner }: Pick<Shaped, "dropped" | "cleaner">,
  left: number,
  { validation, test }: { readonly validation: number; readonly test: number },
  from: string,
): void {
  const needed = validation + test > 0 ? 2 : 1;
  if (left >= needed) return;
  const reasons = droppedReasons(dropped);
  const found = left === 0 ? "no text" : "only one text";
  throw new InputError(
    "too-few",
    `${from} has ${found} left${reasons === "" ? "" : ` (dropped: ${reasons})`}; a split needs at ` +
      `least ${needed}. Give more texts, or take the file as one continuous text with ${option("prepareText")}.${lossRemark(cleaner.loss)}`,
    { left, dropped },
  );
}
