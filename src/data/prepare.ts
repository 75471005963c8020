/**
 * From raw texts to splits that a model can be trained on: cleaned, deduplicated and split.
 *
 * Runs in a browser as well; `prepareData` reads files and packages.
 */
import { InputError, UsageError } from "../core/errors.ts";
import { invalidOption, option } from "../core/options.ts";
import { characterTokenizer, characterTokenizerOf, printableCharacters } from "../text/characters.ts";
import {
  type Cleaner,
  type CleaningOptions,
  createCleaner,
  resolveCleaning,
  type TextCleaning,
} from "../text/clean.ts";
import { normalise } from "../text/normalise.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { wordTokenizerOf } from "../text/words.ts";
import { duplicateMethod, findDuplicates, type NearDuplicateOptions, nearThresholds } from "./duplicates.ts";
import { createFingerprint } from "./hash.ts";
import { bpeTokenizerInTurns, bpeTokenizerOf, wordPieceTokenizerOf } from "./learned-pieces.ts";
import type { TextBatch } from "./sources/source.ts";
import { assignSplits, checkFractions, type SplitFractions, type SplitName, splitNames } from "./split.ts";
import { type DataSummary, lengthsOf } from "./summary.ts";
import { encodeItems, encodeText, type TokenStream } from "./tokens.ts";
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

/** `bpe` and `wordpiece` are learned from the training split, as GPT-2 and BERT spell text. */
export type VocabularyName = "printable" | "character" | "word" | "bpe" | "wordpiece";

export interface PrepareOptions {
  /**
   * Cleaning steps, or false for none. Default: all steps, with `keepUnicode` for vocabularies that spell any text, as
   * byte-level BPE and BERT's do.
   */
  readonly cleaning?: CleaningOptions | false | undefined;
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
  /**
   * Default `printable`, or `character` where the cleaning keeps Unicode or `end` is given. A tokenizer is taken as
   * it is.
   */
  readonly vocabulary?: VocabularyName | Tokenizer | undefined;
  /**
   * The end of a text in a vocabulary of characters (one character) or words, instead of the line break, so that
   * line breaks inside texts are kept and learned. No text may contain it. Default `\n`.
   */
  readonly end?: string | undefined;
  /** For the word vocabulary: words seen less often are `<unk>`. Default 2. */
  readonly minCount?: number | undefined;
  /** For the word vocabulary: keep only this many words, the most frequent ones. Default no limit. */
  readonly maxWords?: number | undefined;
  /** For `bpe` and `wordpiece`: the most ids in all. Default 2,048 and 4,096. */
  readonly vocabularySize?: number | undefined;
  readonly onProgress?: ((progress: PrepareProgress) => void) | undefined;
  /** Stops the reading, and the learning of a BPE vocabulary; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

export interface PreparedData {
  /** `items`: every string is one text that `endOfText` ends. `text`: every split is one continuous text. */
  readonly kind: "items" | "text";
  readonly splits: Readonly<Record<SplitName, readonly string[]>>;
  /** The length of the prompt at the beginning of each text, in UTF-16 code units. Absent: there are no prompts. */
  readonly prompts?: Readonly<Record<SplitName, readonly number[]>> | undefined;
  /** Texts of the source that are in no split, cleaned, with the reason. Absent for one continuous text. */
  readonly droppedTexts?: readonly { readonly text: string; readonly reason: string }[] | undefined;
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
  const dropText = (reason: string, text: string) => {
    drop(reason);
    droppedTexts.push({ text, reason });
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
  let rowsIn = 0;
  let items: Item[] = [];
  let prompted = false;
  for await (const batch of batches) {
    rowsIn += batch.texts.length;
    for (const [reason, left] of Object.entries(batch.dropped ?? {})) {
      rowsIn += left.length;
      for (const text of left) dropText(reason, text);
    }
    options.signal?.throwIfAborted();
    prompted ||= batch.prompts !== undefined;
    const cleaner = cleanerFor(batch);
    for (const [i, raw] of batch.texts.entries()) {
      const own = shape(raw, cleaner);
      const prompt = batch.prompts ? shape(batch.prompts[i]!, cleaner) : "";
      const whole = prompt === "" ? { text: own, prompt: 0 } : joinPrompt(prompt, own, options.separator);
      const item: Item = batch.heldOut ? { ...whole, heldOut: true } : whole;
      refuseEnd(item.text, end, from);
      if (own.trim() === "") {
        // A text that cleaning removed entirely can still be found in an audit.
        if (raw.trim() === "") drop("empty");
        else dropText("empty", raw);
      } else if (item.text.length < minLength) dropText("too_short", item.text);
      else if (item.text.length > maxLength) dropText("too_long", item.text);
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
    const repeats = findDuplicates(keys, near, (done) => report("duplicates", done, items.length));
    const isNew = ({ text }: Item, i: number) => {
      if (exactDuplicates && repeats.exact[i]! >= 0) dropText("duplicate", text);
      else if (repeats.near[i]! >= 0) dropText("near_duplicate", text);
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
export function prepareText(text: string, options: PrepareOptions = {}, from = "The text"): PreparedData {
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

/** The ids of one split, by default with the data's own tokenizer. */
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

/** A text, and the length of the prompt at its beginning. */
interface Item {
  readonly text: string;
  readonly prompt: number;
  /** It is for validation, whatever the fractions are. */
  readonly heldOut?: true | undefined;
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
export function joinPrompt(prompt: string, text: string, separator?: string): Item {
  const apart = /\s$/.test(prompt) || /^\s/.test(text);
  const before = prompt + (separator ?? (apart ? "" : " "));
  return { text: before + text, prompt: before.trimEnd().length };
}

/** Whether a vocabulary has pieces of words: a line break is one of its tokens, not the end of a text. */
const isSubword = (vocabulary: VocabularyName): boolean => vocabulary === "bpe" || vocabulary === "wordpiece";

/** Whether the vocabulary is left to the library. */
const isDefault = ({ vocabulary, end }: PrepareOptions): boolean =>
  vocabulary === undefined && end === undefined;

/** The kind of the vocabulary, also of a tokenizer. */
function vocabularyOf(options: PrepareOptions): VocabularyName {
  const { vocabulary, cleaning, end = "\n" } = options;
  const keepUnicode = cleaning !== undefined && cleaning !== false && cleaning.keepUnicode === true;
  if (typeof vocabulary === "object") return vocabulary.kind;
  if (vocabulary === "printable" && keepUnicode) {
    throw new UsageError(
      "The printable vocabulary has 100 ASCII characters and cannot spell what keeping Unicode keeps; " +
        "choose the character vocabulary, or let the cleaning drop what is not ASCII.",
      { option: "vocabulary", value: vocabulary },
    );
  }
  return vocabulary ?? (keepUnicode || end !== "\n" ? "character" : "printable");
}

/**
 * The end of a text as a text could contain it; undefined where no text can.
 * @throws UsageError for an end that the vocabulary cannot have
 */
function endOf({ end, vocabulary: given }: PrepareOptions, vocabulary: VocabularyName): string | undefined {
  if (isSubword(vocabulary)) {
    if (end === undefined) return undefined;
    throw new UsageError(
      `Pieces of words have an end of text of their own, and line breaks are learned like any other sign; leave ${option("end")} out.`,
      { option: "end", value: end },
    );
  }
  if (typeof given === "object") {
    const own = given.token(given.endOfText);
    if (end === undefined || end === own) return own;
    throw new UsageError(
      `In this model's vocabulary ${JSON.stringify(own)} ends a text, and ${option("end")} ${JSON.stringify(end)} cannot change that; leave ${option("end")} out.`,
      { option: "end", value: end },
    );
  }
  if (end === undefined || end === "\n") return "\n";
  const [one, more] = [...end];
  if (vocabulary !== "word" && (one === undefined || more !== undefined)) {
    throw invalidOption(
      "end",
      end,
      'one sign that no text contains, such as "|" or "\u00b6", in a vocabulary of characters',
    );
  }
  if (vocabulary === "printable" && !printableCharacters.includes(end)) {
    throw new UsageError(
      `The printable vocabulary has no ${JSON.stringify(end)} for ${option("end")}; choose one of its signs, or the character vocabulary.`,
      { option: "end", value: end },
    );
  }
  if (end === "" || /\s/u.test(end))
    throw invalidOption("end", end, 'a text without white space, such as "<end>"');
  return end;
}

/** @throws InputError where a text contains the end of a text */
function refuseEnd(text: string, end: string | undefined, from: string): void {
  if (end === undefined || end === "\n" || !text.includes(end)) return;
  throw new InputError(
    "end-in-text",
    `${from} has a text that contains ${JSON.stringify(end)}, which is to end a text: ${JSON.stringify(text.slice(0, 60))}; choose another ${option("end")}.`,
    { end, text },
  );
}

/** The cleaning with the defaults of a vocabulary. */
function cleaningFor(
  { cleaning = {}, vocabulary }: PrepareOptions,
  end: string | undefined,
  documents: boolean,
): CleaningOptions | false {
  if (cleaning === false) return false;
  const keepUnicode = cleaning.keepUnicode ?? spellsUnicode(vocabulary);
  // A document's line breaks stay wherever they do not end a text.
  const lineBreaks = end === undefined ? documents : end !== "\n";
  return { lineBreaks, ...cleaning, keepUnicode };
}

/** Characters of several scripts, of one to four bytes each. */
const PROBE = "a\u00e9\u2019\u0436\u4e2d\u{1f602}";

/** Whether a vocabulary spells any text: byte-level BPE does, and BERT's has a token for what it lacks. */
function spellsUnicode(vocabulary: PrepareOptions["vocabulary"]): boolean {
  if (typeof vocabulary !== "object") return vocabulary !== undefined && isSubword(vocabulary);
  if (vocabulary.kind !== "bpe") return vocabulary.kind === "wordpiece";
  try {
    return vocabulary.decode(vocabulary.encode(PROBE)) === PROBE;
  } catch {
    return false;
  }
}

/** Where a line break ends an item, one inside it becomes a space. */
function withoutBreaks(text: string): string {
  return text.includes("\n") ? text.replace(/\s*\n\s*/g, " ").trim() : text;
}

/** Whether a text has a line break that is not at one of its ends. */
const hasBreak = (text: string): boolean =>
  (text.includes("\n") || text.includes("\r")) && /[\n\r]/.test(text.trim());

function tokenizerFor(
  options: PrepareOptions,
  vocabulary: VocabularyName,
  splits: Readonly<Record<SplitName, readonly string[]>>,
  end = "\n",
): Tokenizer {
  const { vocabulary: given } = options;
  const all = () => splitNames.flatMap((name) => splits[name]);
  if (typeof given !== "object") {
    if (vocabulary === "character") return characterTokenizerOf(all(), end);
    if (vocabulary === "word")
      return wordTokenizerOf(splits.train, { ...wordOptions(options), endOfText: end });
    if (vocabulary === "bpe") return bpeTokenizerOf(splits.train, options.vocabularySize);
    if (vocabulary === "wordpiece") return wordPieceTokenizerOf(splits.train, options.vocabularySize);
  }
  const tokenizer = typeof given === "object" ? given : characterTokenizer([...printableCharacters], end);
  // All characters fit after full cleaning; where a step was left out, this throws for the first that does not.
  if (tokenizer.kind === "character") for (const text of all()) tokenizer.encode(text);
  return tokenizer;
}

/** The same, but it yields to the event loop while it learns BPE. */
async function tokenizerInTurns(
  options: PrepareOptions,
  vocabulary: VocabularyName,
  splits: Readonly<Record<SplitName, readonly string[]>>,
  end?: string,
): Promise<Tokenizer> {
  const { vocabulary: given, vocabularySize, signal } = options;
  if (typeof given !== "object" && vocabulary === "bpe")
    return bpeTokenizerInTurns(splits.train, vocabularySize, signal);
  return tokenizerFor(options, vocabulary, splits, end);
}

/** Texts dropped as near duplicates, at most three spread over all, each with the one that was kept. */
function pairsOf(items: readonly Item[], near: Int32Array): [dropped: string, kept: string][] {
  const places = [...near.keys()].filter((i) => near[i]! >= 0);
  const chosen =
    places.length <= 3 ? places : [1, 3, 5].map((k) => places[Math.floor((k / 6) * places.length)]!);
  return chosen.map((i) => [items[i]!.text, items[near[i]!]!.text]);
}

/** The options of `wordTokenizerOf` for a word vocabulary. */
export const wordOptions = ({ minCount, maxWords }: Pick<PrepareOptions, "minCount" | "maxWords">) => ({
  minCount,
  // The vocabulary also has the unknown word and the end of a text.
  maxSize: maxWords === undefined ? undefined : maxWords + 2,
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

function tooFew(
  from: string,
  left: number,
  needed: number,
  dropped: Record<string, number>,
  remark: string,
): InputError {
  const reasons = Object.entries(dropped).map(([reason, n]) => `${n} ${reason.replaceAll("_", " ")}`);
  const found = left === 0 ? "no text" : "only one text";
  return new InputError(
    "too-few",
    `${from} has ${found} left${reasons.length > 0 ? ` (dropped: ${reasons.join(", ")})` : ""}; a split needs at ` +
      `least ${needed}. Give more texts, or take the file as one continuous text with ${option("prepareRawText")}.${remark}`,
    { left, dropped },
  );
}
