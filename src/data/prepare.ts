/**
 * From raw texts to splits that a model can be trained on: cleaned, deduplicated and split.
 *
 * Runs in a browser as well; `prepareData` reads files and packages.
 */
import { InputError } from "../core/errors.ts";
import { checkOptions, checkText, invalidOption, optionNames } from "../core/options.ts";
import { wholeCharacter } from "../core/utf16.ts";
import { cleaningOptionNames, resolveCleaning, type TextCleaning } from "../text/clean.ts";
import { normalise } from "../text/normalise.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import {
  isDefault,
  type TokenizerOptions,
  tokenizerFor,
  tokenizerInTurns,
  vocabularyOf,
} from "./choose-tokenizer.ts";
import { findDuplicates, type NearDuplicateOptions, nearDuplicateNames } from "./duplicates.ts";
import { createFingerprint } from "./hash.ts";
import type { EncodedSplits } from "./ids.ts";
import { itemsSummary, refuseTooFew, repeatOf, spread, spreadPairs } from "./items-summary.ts";
import type { TextRows } from "./rows.ts";
import { countDropped, type ShapedText, shapeTexts } from "./shape-texts.ts";
import type { TextBatch } from "./sources/source.ts";
import {
  assignSplits,
  checkFractions,
  fractionNames,
  type SplitFractions,
  type SplitName,
  splitNames,
} from "./split.ts";
import { type DataSummary, lengthsOf } from "./summary.ts";

export interface PrepareProgress {
  readonly phase: "read" | "duplicates" | "split" | "tokens";
  /** Rows done in this phase. */
  readonly rows: number;
  /** Rows of this phase, or 0 where unknown. */
  readonly totalRows: number;
  /** Bytes read so far and in all; 0 where unknown. */
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface PrepareOptions extends TokenizerOptions {
  /** Accept that cleaning removes more than half of the letters. Default: true where `cleaning` sets `keepUnicode`. */
  readonly allowLoss?: boolean | undefined;
  /** Drop exact duplicates. Default true. */
  readonly exactDuplicates?: boolean | undefined;
  /** Drop near duplicates, with these thresholds. Default true. */
  readonly nearDuplicates?: boolean | NearDuplicateOptions | undefined;
  readonly fractions?: SplitFractions | undefined;
  /** Between a prompt and its text. Default: a space, unless one side has white space there. */
  readonly separator?: string | undefined;
  /** Drop shorter texts. Default 1 character. */
  readonly minLength?: number | undefined;
  /** Drop longer texts. Default no limit. */
  readonly maxLength?: number | undefined;
  readonly onProgress?: ((progress: PrepareProgress) => void) | undefined;
}

export const insideOfPrepareOptions = {
  cleaning: cleaningOptionNames,
  nearDuplicates: nearDuplicateNames,
  fractions: fractionNames,
} as const;

const prepareOptionNames = optionNames<keyof PrepareOptions>()(
  "cleaning vocabulary end minCount maxWords vocabularySize signal allowLoss exactDuplicates nearDuplicates fractions separator minLength maxLength onProgress",
  insideOfPrepareOptions,
);

/** What one continuous text is prepared by: it is not cleaned, compared or cut into texts. */
export type TextOptions = Pick<
  PrepareOptions,
  "fractions" | "vocabulary" | "minCount" | "maxWords" | "vocabularySize" | "signal"
>;

const textOptionNames = optionNames<keyof TextOptions>()(
  "fractions vocabulary minCount maxWords vocabularySize signal",
  { fractions: fractionNames },
);

export interface PreparedData {
  /** `items`: every string is one text that `endOfText` ends. `text`: every split is one continuous text. */
  readonly kind: "items" | "text";
  readonly splits: Readonly<Record<SplitName, readonly string[]>>;
  /** The length of the prompt at the beginning of each text, in UTF-16 code units. Absent: there are no prompts. */
  readonly prompts?: Readonly<Record<SplitName, readonly number[]>> | undefined;
  /**
   * For conversations that a chat template wrote, where each learned stretch of each text begins and ends, one pair after
   * the other, in UTF-16 code units; nothing is put before or behind such texts. Absent: all but the prompts is learned.
   */
  readonly learned?: Readonly<Record<SplitName, readonly (readonly number[])[]>> | undefined;
  /** Texts of the source that are in no split, cleaned, with the reason. Absent for one continuous text. */
  readonly droppedTexts?: readonly { readonly text: string; readonly reason: string }[] | undefined;
  /** Where each text stands in its source. Absent where no source says it, and for one continuous text. */
  readonly rows?: TextRows | undefined;
  /** The tokens themselves, where the data came from a token file: `splits` then decodes them when it is asked. */
  readonly encoded?: EncodedSplits | undefined;
  readonly tokenizer: Tokenizer;
  /** `tokenizer` where no vocabulary was asked for: `train` then replaces it by one that suits its model. */
  readonly defaultTokenizer?: Tokenizer | undefined;
  /** How the texts were cleaned; prompts for a model trained on them are cleaned in the same way. */
  readonly cleaning: TextCleaning;
  readonly summary: DataSummary;
  /** 32 hexadecimal digits that are equal for equal texts in equal splits. */
  readonly fingerprint: string;
}

/**
 * Cleans, deduplicates and splits the texts of `batches`, in their order.
 * @param from the name of the source, for error messages
 * @throws InputError `too-few` where fewer than two texts are left for training and validation.
 */
export async function prepareTexts(
  batches: AsyncIterable<TextBatch> | Iterable<TextBatch>,
  options: PrepareOptions = {},
  from = "The data",
): Promise<PreparedData> {
  checkOptions(options, prepareOptionNames);
  checkBatches(batches);
  return prepareBatches(batches, options, from);
}

/** For programs without types. */
function checkBatches(batches: unknown): void {
  const list = typeof batches === "object" && batches !== null;
  if (!list || !(Symbol.iterator in batches || Symbol.asyncIterator in batches))
    throw invalidOption("batches", batches, 'lists of texts, such as [{ texts: ["a", "b"] }]');
  const given: readonly unknown[] = Array.isArray(batches) ? batches : [];
  const odd = given.findIndex((batch) => typeof batch !== "object" || batch === null);
  if (odd >= 0)
    throw invalidOption(`batches[${odd}]`, given[odd], 'an object with texts, such as { texts: ["a", "b"] }');
}

/** The same for options that are checked already, and may have more names. */
export async function prepareBatches(
  batches: AsyncIterable<TextBatch> | Iterable<TextBatch>,
  options: PrepareOptions,
  from: string,
): Promise<PreparedData> {
  const { exactDuplicates = true, nearDuplicates = true } = options;
  const { onProgress = () => {} } = options;
  const fractions = checkFractions(options.fractions ?? {});
  const droppedTexts: { readonly text: string; readonly reason: string }[] = [];
  const droppedRows: number[] = [];
  const dropText = (reason: string, text: string, row: number) => {
    droppedTexts.push({ text, reason });
    droppedRows.push(row);
  };
  const report = (phase: PrepareProgress["phase"], rows: number, totalRows: number) =>
    onProgress({ phase, rows, totalRows, bytes: 0, totalBytes: 0 });

  let items: ShapedText[] = [];
  const shaped = await shapeTexts(batches, options, from, {
    keep: (item) => void items.push(item),
    drop: dropText,
    onRows: (rows) => report("read", rows, 0),
  });
  const { dropped, counter, vocabulary, end } = shaped;

  const compared = items.length;
  let nearPairs: readonly (readonly [dropped: string, kept: string])[] = [];
  const near = nearDuplicates === true ? {} : nearDuplicates;
  const compares = exactDuplicates || near !== false;
  if (compares) report("duplicates", 0, compared);
  let keys = items.map(({ text, said }) => normalise(said ?? text));
  if (compares) {
    const count = items.length;
    const onDone = (done: number) => report("duplicates", done, count);
    const repeats = await findDuplicates(keys, near, onDone, options.signal);
    const isNew = ({ text, row }: ShapedText, i: number) => {
      const reason = repeatOf(repeats, i, exactDuplicates);
      if (reason === undefined) return true;
      countDropped(dropped, reason);
      dropText(reason, text, row);
      return false;
    };
    nearPairs = spreadPairs(repeats.near).map(([i, j]) => [items[i]!.text, items[j]!.text]);
    items = items.filter(isNew);
    keys = keys.filter((_, i) => repeats.near[i]! < 0 && !(exactDuplicates && repeats.exact[i]! >= 0));
  }
  const own = items.filter(({ heldOut }) => !heldOut).length;
  refuseTooFew(shaped, own, fractions, from);

  report("split", 0, items.length);
  const places = placesOf(items, keys, fractions);
  const inSplits = <T>(of: (item: ShapedText) => T) =>
    Object.fromEntries(
      splitNames.map((name) => [
        name,
        items
          .filter((_, i) => places[i] === name)
          .flatMap((item) => [item, ...(item.more ?? [])])
          .map(of),
      ]),
    ) as Record<SplitName, T[]>;
  const splits = inSplits(({ text }) => text);
  const prompts = shaped.prompted ? inSplits(({ prompt }) => prompt) : undefined;
  const learned = shaped.conversations ? inSplits(({ learned }) => learned ?? []) : undefined;
  const rows = counter.known
    ? counter.rows(
        inSplits(({ row }) => row),
        droppedRows,
      )
    : undefined;
  const tokenizer = await tokenizerInTurns(options, vocabulary, splits, end);
  const fingerprint = fingerprintOf("items", splits, { prompts, learned });
  const summary = itemsSummary(shaped, options, {
    tokenizer,
    fractions,
    splits: countsOf(splits),
    rowsOut: items.length,
    lengths: lengthsOf(items.map(({ text }) => text)),
    examples: spread(splits.train.length).map((i) => splits.train[i]!),
    texts: splits.train,
    nearPairs,
    compared,
    fingerprint,
  });
  return {
    kind: "items",
    splits,
    prompts,
    learned,
    droppedTexts,
    rows,
    tokenizer,
    defaultTokenizer: isDefault(options) ? tokenizer : undefined,
    cleaning: shaped.cleaner.cleaning,
    summary,
    fingerprint,
  };
}

/**
 * Prepares one continuous text as it is, such as a book: no cleaning, no search for duplicates, split by position
 * with training first, then validation, then test.
 * @param options `fractions` (default validation 0.1, test 0) and `vocabulary` (default `character`).
 */
export function prepareText(text: string, options: TextOptions = {}, from = "The text"): PreparedData {
  checkText(text);
  checkOptions(options, textOptionNames);
  const { whole, vocabulary } = divide(text, options, from);
  const tokenizer = tokenizerFor(options, vocabulary, whole.splits, "\n");
  return speltBy(whole, tokenizer, vocabulary, isDefault(options));
}

/** The same, but it yields to the event loop while it learns a vocabulary. */
export async function prepareTextInTurns(
  text: string,
  options: PrepareOptions,
  from: string,
): Promise<PreparedData> {
  const { whole, vocabulary } = divide(text, options, from);
  const tokenizer = await tokenizerInTurns(options, vocabulary, whole.splits, "\n");
  return speltBy(whole, tokenizer, vocabulary, isDefault(options));
}

/** The same data in another vocabulary. */
export const speltBy = (
  data: Omit<PreparedData, "tokenizer">,
  tokenizer: Tokenizer,
  kind: string,
  isDefault = false,
): PreparedData => ({
  ...data,
  // What is encoded already is so in another vocabulary.
  encoded: undefined,
  tokenizer,
  defaultTokenizer: isDefault ? tokenizer : undefined,
  summary: { ...data.summary, vocabulary: tokenizer.size, vocabulary_kind: kind },
});

/** One continuous text in its splits, and the kind of its vocabulary. */
function divide(text: string, options: PrepareOptions, from: string) {
  const fractions = checkFractions(options.fractions ?? {}, { validation: 0.1, test: 0 });
  if (text.length < 2) {
    throw new InputError("too-few", `${from} has ${text.length} characters; give a longer text.`);
  }
  const end = wholeCharacter(text, Math.floor(text.length * (1 - fractions.validation - fractions.test)));
  const last = wholeCharacter(text, Math.floor(text.length * (1 - fractions.test)));
  const parts = { train: text.slice(0, end), validation: text.slice(end, last), test: text.slice(last) };
  const splits = Object.fromEntries(
    splitNames.map((name) => [name, parts[name] === "" ? [] : [parts[name]]]),
  ) as Record<SplitName, string[]>;
  const vocabulary = options.vocabulary === undefined ? "character" : vocabularyOf(options);
  const fingerprint = fingerprintOf("text", splits);
  const summary: DataSummary = {
    rows_in: 1,
    rows_out: 1,
    dropped: {},
    splits: { train: parts.train.length, validation: parts.validation.length, test: parts.test.length },
    vocabulary: 0,
    vocabulary_kind: vocabulary,
    unit: "characters",
    fractions,
    sources: [],
    cleaning: {},
    cleaning_loss: { letters: text.match(/\p{L}/gu)?.length ?? 0, changed: 0, share: 0, example: null },
    line_breaks: 0,
    duplicates: null,
    conversations: null,
    near_examples: [],
    lengths: lengthsOf([text]),
    examples: [text.slice(0, 200)],
    warnings: [],
    fingerprint,
  };
  const whole = { kind: "text" as const, splits, cleaning: resolveCleaning(false), summary, fingerprint };
  return { whole, vocabulary };
}

/** The split of each text; held-out texts are in validation. */
function placesOf(
  items: readonly ShapedText[],
  keys: readonly string[],
  fractions: Required<SplitFractions>,
): SplitName[] {
  const assigned = assignSplits(
    keys.filter((_, i) => !items[i]!.heldOut),
    fractions,
  ).values();
  return items.map(({ heldOut }) => (heldOut ? "validation" : assigned.next().value!));
}

function fingerprintOf(
  kind: string,
  splits: Readonly<Record<SplitName, readonly string[]>>,
  { prompts, learned }: Pick<PreparedData, "prompts" | "learned"> = {},
): string {
  const fingerprint = createFingerprint();
  fingerprint.add(kind);
  for (const name of splitNames) {
    fingerprint.add(`${name} ${splits[name].length}`);
    for (const text of splits[name]) fingerprint.add(text);
    if (prompts) fingerprint.add(`prompts ${prompts[name].join(" ")}`);
    if (learned) fingerprint.add(`learned ${learned[name].join(" ")}`);
  }
  return fingerprint.digest();
}

function countsOf(splits: Readonly<Record<SplitName, readonly string[]>>): Record<SplitName, number> {
  return { train: splits.train.length, validation: splits.validation.length, test: splits.test.length };
}
