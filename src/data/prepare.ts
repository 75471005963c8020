/**
 * From raw texts to splits that a model can be trained on: cleaned, deduplicated and split.
 *
 * Runs in a browser as well; `prepareData` reads files and packages.
 */
import { InputError } from "../core/errors.ts";
import { checkOptions, checkText, checkTexts, invalidOption, option, optionNames } from "../core/options.ts";
import {
  type Cleaner,
  cleaningOptionNames,
  createCleaner,
  resolveCleaning,
  type TextCleaning,
} from "../text/clean.ts";
import { normalise } from "../text/normalise.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import {
  cleaningFor,
  endOf,
  isDefault,
  refuseEnd,
  type TokenizerOptions,
  tokenizerFor,
  tokenizerInTurns,
  vocabularyOf,
} from "./choose-tokenizer.ts";
import {
  duplicateMethod,
  findDuplicates,
  type NearDuplicateOptions,
  nearDuplicateNames,
  nearThresholds,
} from "./duplicates.ts";
import { createFingerprint } from "./hash.ts";
import { RowCounter, type TextRows } from "./rows.ts";
import type { TextBatch } from "./sources/source.ts";
import {
  assignSplits,
  checkFractions,
  fractionNames,
  type SplitFractions,
  type SplitName,
  splitNames,
} from "./split.ts";
import { type DataSummary, droppedReasons, lengthsOf } from "./summary.ts";
import { lossOf, lossRemark, refuseLoss, warningsOf } from "./warnings.ts";

export interface PrepareProgress {
  readonly phase: "read" | "duplicates" | "split";
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
  /** Texts of the source that are in no split, cleaned, with the reason. Absent for one continuous text. */
  readonly droppedTexts?: readonly { readonly text: string; readonly reason: string }[] | undefined;
  /** Where each text stands in its source. Absent where no source says it, and for one continuous text. */
  readonly rows?: TextRows | undefined;
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
  const vocabulary = vocabularyOf(options);
  const end = endOf(options, vocabulary);
  let created: Cleaner | undefined;
  const cleanerFor = ({ documents = false }: Pick<TextBatch, "documents">): Cleaner => {
    created ??= createCleaner(cleaningFor(options, end, documents));
    return created;
  };
  const dropped: Record<string, number> = {};
  const drop = (reason: string, n = 1) => {
    if (n > 0) dropped[reason] = (dropped[reason] ?? 0) + n;
  };
  const droppedTexts: { readonly text: string; readonly reason: string }[] = [];
  const droppedRows: number[] = [];
  const dropText = (reason: string, text: string, row: number) => {
    drop(reason);
    droppedTexts.push({ text, reason });
    droppedRows.push(row);
  };
  const report = (phase: PrepareProgress["phase"], rows: number, totalRows: number) =>
    onProgress({ phase, rows, totalRows, bytes: 0, totalBytes: 0 });

  const { minLength = 1, maxLength = Number.POSITIVE_INFINITY } = options;
  let broken = 0;
  const shape = (text: string, cleaner: Cleaner) => {
    const cleaned = cleaner.clean(text);
    const shaped = end === "\n" ? withoutBreaks(cleaned) : cleaned;
    if (hasBreak(text) && !shaped.includes("\n")) broken++;
    return shaped;
  };
  const counter = new RowCounter();
  let rowsIn = 0;
  let items: Item[] = [];
  let prompted = false;
  for await (const batch of batches) {
    checkTexts(batch?.texts);
    rowsIn += batch.texts.length;
    const rows = counter.batch(batch);
    for (const [reason, left] of Object.entries(batch.dropped ?? {})) {
      rowsIn += left.length;
      for (const [i, text] of left.entries()) dropText(reason, text, rows.dropped(reason, i));
    }
    options.signal?.throwIfAborted();
    prompted ||= batch.prompts !== undefined;
    const cleaner = cleanerFor(batch);
    for (const [i, raw] of batch.texts.entries()) {
      const own = shape(raw, cleaner);
      const prompt = batch.prompts ? shape(batch.prompts[i]!, cleaner) : "";
      const whole = prompt === "" ? { text: own, prompt: 0 } : joinPrompt(prompt, own, options.separator);
      const item: Item = { ...whole, row: rows.text(i), heldOut: batch.heldOut };
      refuseEnd(item.text, end, from);
      if (own.trim() === "") {
        // A text that cleaning removed entirely can still be found in an audit.
        if (raw.trim() === "") drop("empty");
        else dropText("empty", raw, item.row);
      } else if (item.text.length < minLength) dropText("too_short", item.text, item.row);
      else if (item.text.length > maxLength) dropText("too_long", item.text, item.row);
      else items.push(item);
    }
    report("read", rowsIn, 0);
  }
  const cleaner = cleanerFor({});
  refuseLoss(cleaner.loss, from, options);

  const compared = items.length;
  let nearPairs: readonly (readonly [dropped: string, kept: string])[] = [];
  let keys = items.map(({ text }) => normalise(text));
  const near = nearDuplicates === true ? {} : nearDuplicates;
  if (exactDuplicates || near !== false) {
    const count = items.length;
    const onDone = (done: number) => report("duplicates", done, count);
    const repeats = await findDuplicates(keys, near, onDone, options.signal);
    const isNew = ({ text, row }: Item, i: number) => {
      if (exactDuplicates && repeats.exact[i]! >= 0) dropText("duplicate", text, row);
      else if (repeats.near[i]! >= 0) dropText("near_duplicate", text, row);
      else return true;
      return false;
    };
    nearPairs = pairsOf(items, repeats.near);
    items = items.filter(isNew);
    keys = keys.filter((_, i) => repeats.near[i]! < 0 && !(exactDuplicates && repeats.exact[i]! >= 0));
  }
  const needed = fractions.validation + fractions.test > 0 ? 2 : 1;
  const own = items.filter(({ heldOut }) => !heldOut).length;
  if (own < needed) throw tooFew(from, own, needed, dropped, lossRemark(cleaner.loss));

  report("split", 0, items.length);
  const places = placesOf(items, keys, fractions);
  const inSplits = <T>(of: (item: Item) => T) =>
    Object.fromEntries(
      splitNames.map((name) => [name, items.filter((_, i) => places[i] === name).map(of)]),
    ) as Record<SplitName, T[]>;
  const splits = inSplits(({ text }) => text);
  const prompts = prompted ? inSplits(({ prompt }) => prompt) : undefined;
  const rows = counter.known
    ? counter.rows(
        inSplits(({ row }) => row),
        droppedRows,
      )
    : undefined;
  const tokenizer = await tokenizerInTurns(options, vocabulary, splits, end);
  const fingerprint = fingerprintOf("items", splits, prompts);
  const loss = lossOf(cleaner.loss);
  const summary: DataSummary = {
    rows_in: rowsIn,
    rows_out: items.length,
    dropped,
    splits: countsOf(splits),
    vocabulary: tokenizer.size,
    vocabulary_kind: typeof options.vocabulary === "object" ? tokenizer.kind : vocabulary,
    unit: "items",
    fractions,
    sources: [],
    cleaning: cleaner.changed,
    cleaning_loss: loss,
    line_breaks: broken,
    duplicates: describeDuplicates(exactDuplicates, near),
    near_examples: nearPairs.map(([dropped, kept]) => ({ dropped, kept })),
    lengths: lengthsOf(items.map(({ text }) => text)),
    examples: examplesOf(splits.train),
    warnings: warningsOf({
      loss: cleaner.loss,
      broken,
      ends: end === "\n",
      near: dropped.near_duplicate ?? 0,
      compared,
      pairs: nearPairs,
      tokenizer: typeof options.vocabulary === "object" ? tokenizer : undefined,
      texts: splits.train,
    }),
    fingerprint,
  };
  const { cleaning } = cleaner;
  return {
    kind: "items",
    splits,
    prompts,
    droppedTexts,
    rows,
    tokenizer,
    defaultTokenizer: isDefault(options) ? tokenizer : undefined,
    cleaning,
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
    near_examples: [],
    lengths: lengthsOf([text]),
    examples: [text.slice(0, 200)],
    warnings: [],
    fingerprint,
  };
  const whole = { kind: "text" as const, splits, cleaning: resolveCleaning(false), summary, fingerprint };
  return { whole, vocabulary };
}

/** A text, and the length of the prompt at its beginning. */
interface PromptedText {
  readonly text: string;
  readonly prompt: number;
}

interface Item extends PromptedText {
  /** Its number in {@link TextRows}. */
  readonly row: number;
  /** Whether it is for validation, whatever the fractions are. */
  readonly heldOut?: boolean | undefined;
}

/** The split of each text; held-out texts are in validation. */
function placesOf(
  items: readonly Item[],
  keys: readonly string[],
  fractions: Required<SplitFractions>,
): SplitName[] {
  const assigned = assignSplits(
    keys.filter((_, i) => !items[i]!.heldOut),
    fractions,
  ).values();
  return items.map(({ heldOut }) => (heldOut ? "validation" : assigned.next().value!));
}

/**
 * A prompt and its text as one. White space between them belongs to the text, as in sub-word vocabularies: a later
 * prompt need not end with a space.
 */
export function joinPrompt(prompt: string, text: string, separator?: string): PromptedText {
  const apart = /\s$/.test(prompt) || /^\s/.test(text);
  const before = prompt + (separator ?? (apart ? "" : " "));
  return { text: before + text, prompt: before.trimEnd().length };
}

/** Where a line break ends an item, one inside it becomes a space. */
function withoutBreaks(text: string): string {
  return text.includes("\n") ? text.replace(/\s*\n\s*/g, " ").trim() : text;
}

/** Whether a text has a line break that is not at one of its ends. */
const hasBreak = (text: string): boolean =>
  (text.includes("\n") || text.includes("\r")) && /[\n\r]/.test(text.trim());

/** Texts dropped as near duplicates, at most three spread over all, each with the one that was kept. */
function pairsOf(items: readonly Item[], near: Int32Array): [dropped: string, kept: string][] {
  const places = [...near.keys()].filter((i) => near[i]! >= 0);
  const chosen =
    places.length <= 3 ? places : [1, 3, 5].map((k) => places[Math.floor((k / 6) * places.length)]!);
  return chosen.map((i) => [items[i]!.text, items[near[i]!]!.text]);
}

function fingerprintOf(
  kind: string,
  splits: Readonly<Record<SplitName, readonly string[]>>,
  prompts?: PreparedData["prompts"],
): string {
  const fingerprint = createFingerprint();
  fingerprint.add(kind);
  for (const name of splitNames) {
    fingerprint.add(`${name} ${splits[name].length}`);
    for (const text of splits[name]) fingerprint.add(text);
    if (prompts) fingerprint.add(`prompts ${prompts[name].join(" ")}`);
  }
  return fingerprint.digest();
}

function countsOf(splits: Readonly<Record<SplitName, readonly string[]>>): Record<SplitName, number> {
  return { train: splits.train.length, validation: splits.validation.length, test: splits.test.length };
}

function describeDuplicates(exact: boolean, near: NearDuplicateOptions | false): DataSummary["duplicates"] {
  if (near === false) return exact ? { method: "equal normalised text", thresholds: null } : null;
  return { method: duplicateMethod, thresholds: { ...nearThresholds(near) } };
}

/** Three texts spread over the split. */
function examplesOf(texts: readonly string[]): string[] {
  return [1, 3, 5].slice(0, texts.length).map((sixth) => texts[Math.floor((sixth / 6) * texts.length)]!);
}

/** `at`, or one less where it would cut a character of two code units. */
function wholeCharacter(text: string, at: number): number {
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before < 0xdc00 ? at - 1 : at;
}

function tooFew(
  from: string,
  left: number,
  needed: number,
  dropped: Record<string, number>,
  remark: string,
): InputError {
  const reasons = droppedReasons(dropped);
  const found = left === 0 ? "no text" : "only one text";
  return new InputError(
    "too-few",
    `${from} has ${found} left${reasons === "" ? "" : ` (dropped: ${reasons})`}; a split needs at ` +
      `least ${needed}. Give more texts, or take the file as one continuous text with ${option("prepareText")}.${remark}`,
    { left, dropped },
  );
}
