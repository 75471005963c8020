/**
 * From raw texts to splits that a model can be trained on: cleaned, each once, divided for good.
 *
 * Runs in a browser as well; reading files and packages is `prepareData`'s part.
 */
import { InputError, UsageError } from "../core/errors.ts";
import { characterTokenizerOf, printableTokenizer } from "../text/characters.ts";
import { type CleaningOptions, createCleaner } from "../text/clean.ts";
import { normalise } from "../text/normalise.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { wordTokenizerOf } from "../text/words.ts";
import { duplicateMethod, findDuplicates, type NearDuplicateOptions, nearThresholds } from "./duplicates.ts";
import { createFingerprint } from "./hash.ts";
import type { TextBatch } from "./sources/source.ts";
import { assignSplits, checkFractions, type SplitFractions, type SplitName, splitNames } from "./split.ts";
import { type DataSummary, lengthsOf } from "./summary.ts";
import { encodeItems, encodeText, type TokenStream } from "./tokens.ts";

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

export type VocabularyName = "printable" | "character" | "word";

export interface PrepareOptions {
  /** Cleaning steps, or false for none. Default all. */
  readonly cleaning?: CleaningOptions | false;
  /** Drop exact duplicates. Default true. */
  readonly exactDuplicates?: boolean;
  /** Drop near duplicates, with these thresholds. Default true. */
  readonly nearDuplicates?: boolean | NearDuplicateOptions;
  readonly fractions?: SplitFractions;
  /** What stands between a prompt and its text. Default: a space, where neither side has white space there. */
  readonly separator?: string;
  /** Drop shorter texts. Default 1 character. */
  readonly minLength?: number;
  /** Drop longer texts. Default no limit. */
  readonly maxLength?: number;
  /** Default `printable`, or `character` where the cleaning keeps Unicode. A tokenizer is taken as it is. */
  readonly vocabulary?: VocabularyName | Tokenizer;
  /** For the word vocabulary: words seen less often are `<unk>`. Default 2. */
  readonly minCount?: number;
  /** For the word vocabulary: the most words that it has, the most frequent ones. Default no limit. */
  readonly maxWords?: number;
  readonly onProgress?: (progress: PrepareProgress) => void;
}

export interface PreparedData {
  /** `items`: every string is one text that `endOfText` ends. `text`: every split is one continuous text. */
  readonly kind: "items" | "text";
  readonly splits: Readonly<Record<SplitName, readonly string[]>>;
  /** How many of each text's first characters (UTF-16 code units) are a prompt. Absent: there are no prompts. */
  readonly prompts?: Readonly<Record<SplitName, readonly number[]>>;
  readonly tokenizer: Tokenizer;
  readonly summary: DataSummary;
  /** 32 hexadecimal digits that are equal for equal texts in equal splits. */
  readonly fingerprint: string;
}

/**
 * Cleans, deduplicates and splits the texts of `batches`, in their order.
 * @param from what the texts come from, for error messages.
 * @throws InputError `too-few` where fewer than two texts are left for training and validation.
 */
export async function prepareTexts(
  batches: AsyncIterable<TextBatch> | Iterable<TextBatch>,
  options: PrepareOptions = {},
  from = "The data",
): Promise<PreparedData> {
  const { cleaning = {}, exactDuplicates = true, nearDuplicates = true } = options;
  const { onProgress = () => {} } = options;
  const fractions = checkFractions(options.fractions ?? {});
  const vocabulary = vocabularyOf(options);
  const cleaner = createCleaner(cleaning === false ? { steps: noSteps } : cleaning);
  const dropped: Record<string, number> = {};
  const drop = (reason: string, n = 1) => {
    if (n > 0) dropped[reason] = (dropped[reason] ?? 0) + n;
  };
  const report = (phase: PrepareProgress["phase"], rows: number, totalRows: number) =>
    onProgress({ phase, rows, totalRows, bytes: 0, totalBytes: 0 });

  const { minLength = 1, maxLength = Number.POSITIVE_INFINITY } = options;
  const shape = (text: string) =>
    vocabulary === "subword" ? cleaner.clean(text) : withoutBreaks(cleaner.clean(text));
  let rowsIn = 0;
  let items: Item[] = [];
  let prompted = false;
  for await (const batch of batches) {
    rowsIn += batch.texts.length;
    for (const [reason, n] of Object.entries(batch.dropped ?? {})) {
      rowsIn += n;
      drop(reason, n);
    }
    prompted ||= batch.prompts !== undefined;
    for (const [i, raw] of batch.texts.entries()) {
      const own = shape(raw);
      const prompt = batch.prompts ? shape(batch.prompts[i]!) : "";
      const item = prompt === "" ? { text: own, prompt: 0 } : joined(prompt, own, options.separator);
      if (own.trim() === "") drop("empty");
      else if (item.text.length < minLength) drop("too_short");
      else if (item.text.length > maxLength) drop("too_long");
      else items.push(item);
    }
    report("read", rowsIn, 0);
  }

  let keys = items.map(({ text }) => normalise(text));
  const near = nearDuplicates === true ? {} : nearDuplicates;
  if (exactDuplicates || near !== false) {
    const repeats = findDuplicates(keys, near, (done) => report("duplicates", done, items.length));
    const isNew = (_: unknown, i: number) => {
      if (exactDuplicates && repeats.exact[i]! >= 0) drop("duplicate");
      else if (repeats.near[i]! >= 0) drop("near_duplicate");
      else return true;
      return false;
    };
    items = items.filter(isNew);
    keys = keys.filter((_, i) => repeats.near[i]! < 0 && !(exactDuplicates && repeats.exact[i]! >= 0));
  }
  const needed = fractions.validation + fractions.test > 0 ? 2 : 1;
  if (items.length < needed) throw tooFew(from, items.length, needed, dropped);

  report("split", 0, items.length);
  const places = assignSplits(keys, fractions);
  const inSplits = <T>(of: (item: Item) => T) =>
    Object.fromEntries(
      splitNames.map((name) => [name, items.filter((_, i) => places[i] === name).map(of)]),
    ) as Record<SplitName, T[]>;
  const splits = inSplits(({ text }) => text);
  const prompts = prompted ? inSplits(({ prompt }) => prompt) : undefined;
  const tokenizer = tokenizerFor(options, vocabulary, splits);
  const fingerprint = fingerprintOf("items", splits, prompts);
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
    duplicates: describeDuplicates(exactDuplicates, near),
    lengths: lengthsOf(items.map(({ text }) => text)),
    examples: examplesOf(splits.train),
    fingerprint,
  };
  return { kind: "items", splits, ...(prompts ? { prompts } : {}), tokenizer, summary, fingerprint };
}

/**
 * Takes one continuous text as it stands, such as a book: no cleaning, no duplicates, split by position with
 * training first, then validation, then test.
 * @param options `fractions` (default validation 0.1, test 0) and `vocabulary` (default `character`).
 */
export function prepareText(text: string, options: PrepareOptions = {}, from = "The text"): PreparedData {
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
  const tokenizer = tokenizerFor(options, vocabulary, splits);
  const fingerprint = fingerprintOf("text", splits);
  const summary: DataSummary = {
    rows_in: 1,
    rows_out: 1,
    dropped: {},
    splits: { train: parts.train.length, validation: parts.validation.length, test: parts.test.length },
    vocabulary: tokenizer.size,
    vocabulary_kind: typeof options.vocabulary === "object" ? tokenizer.kind : vocabulary,
    unit: "characters",
    fractions,
    sources: [],
    cleaning: {},
    duplicates: null,
    lengths: lengthsOf([text]),
    examples: [text.slice(0, 200)],
    fingerprint,
  };
  return { kind: "text", splits, tokenizer, summary, fingerprint };
}

/** The ids of one split, by the data's own tokenizer unless another is given. */
export function encodeSplit(
  data: PreparedData,
  split: SplitName,
  tokenizer: Tokenizer = data.tokenizer,
  onProgress?: (done: number) => void,
): TokenStream {
  const texts = data.splits[split];
  if (data.kind === "text") return encodeText(tokenizer, texts[0] ?? "");
  return encodeItems(tokenizer, texts, { prompts: data.prompts?.[split], onProgress });
}

/** A text, and how much of its beginning is a prompt. */
interface Item {
  readonly text: string;
  readonly prompt: number;
}

/**
 * A prompt and its text as one. White space between them belongs to the text, as sub-word vocabularies have it:
 * who asks later need not end the prompt with a space.
 */
function joined(prompt: string, text: string, separator?: string): Item {
  const apart = /\s$/.test(prompt) || /^\s/.test(text);
  const before = prompt + (separator ?? (apart ? "" : " "));
  return { text: before + text, prompt: before.trimEnd().length };
}

type Vocabulary = VocabularyName | "subword";

const noSteps = {
  entities: false,
  typography: false,
  accents: false,
  control: false,
  ascii: false,
  space: false,
} as const;

function vocabularyOf(options: PrepareOptions): Vocabulary {
  const { vocabulary, cleaning } = options;
  const keepUnicode = cleaning !== undefined && cleaning !== false && cleaning.keepUnicode === true;
  if (typeof vocabulary === "object") {
    return vocabulary.kind === "character" || vocabulary.kind === "word" ? vocabulary.kind : "subword";
  }
  if (vocabulary === "printable" && keepUnicode) {
    throw new UsageError(
      "The printable vocabulary has 100 ASCII characters and cannot spell what keeping Unicode keeps; " +
        "choose the character vocabulary, or let the cleaning drop what is not ASCII.",
    );
  }
  return vocabulary ?? (keepUnicode ? "character" : "printable");
}

/** In character and word vocabularies a line break ends an item, so inside one it becomes a space. */
function withoutBreaks(text: string): string {
  return text.includes("\n") ? text.replace(/\s*\n\s*/g, " ").trim() : text;
}

function tokenizerFor(
  options: PrepareOptions,
  vocabulary: Vocabulary,
  splits: Readonly<Record<SplitName, readonly string[]>>,
): Tokenizer {
  const { vocabulary: given } = options;
  const all = () => splitNames.flatMap((name) => splits[name]);
  if (vocabulary === "character" && typeof given !== "object") return characterTokenizerOf(all());
  if (vocabulary === "word" && typeof given !== "object") {
    return wordTokenizerOf(splits.train, wordOptions(options));
  }
  const tokenizer = typeof given === "object" ? given : printableTokenizer();
  // Known to fit after full cleaning; where a step was left out, the first stranger is named here.
  if (tokenizer.kind === "character") for (const text of all()) tokenizer.encode(text);
  return tokenizer;
}

/** How a word vocabulary is made of the training split. */
export const wordOptions = ({ minCount, maxWords }: Pick<PrepareOptions, "minCount" | "maxWords">) => ({
  ...(minCount === undefined ? {} : { minCount }),
  // Beside the words stand the unknown one and the end of a text.
  ...(maxWords === undefined ? {} : { maxSize: maxWords + 2 }),
});

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

function tooFew(from: string, left: number, needed: number, dropped: Record<string, number>): InputError {
  const reasons = Object.entries(dropped).map(([reason, n]) => `${n} ${reason.replaceAll("_", " ")}`);
  const found = left === 0 ? "no text" : "only one text";
  return new InputError(
    "too-few",
    `${from} has ${found} left${reasons.length > 0 ? ` (dropped: ${reasons.join(", ")})` : ""}; a split needs at ` +
      `least ${needed}. Give more texts, or take the file as one continuous text with --raw.`,
    { left, dropped },
  );
}
