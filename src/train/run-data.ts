/**
 * The data of a run, and other data prepared as that was: a model is judged on texts that went through the same
 * rules as its own.
 *
 * @example
 * const other = await prepareLike("runs/a", "other.csv");
 * const { loss } = await evaluateTexts(lm, other.splits.test);
 */
import { resolve } from "node:path";
import type { PreparedData } from "../data/prepare.ts";
import { type PrepareDataOptions, prepareData, prepareRawText } from "../data/prepare-sources.ts";
import { prepareOptionsOf } from "../data/recorded-options.ts";
import { loadTokenizer } from "../hub/tokenizer-files.ts";
import { optionsOfCleaning, type RecordedOptions } from "../text/cleaning-record.ts";
import { readKeptData } from "./kept-data.ts";
import { type RunRecord, readRun } from "./run-folder.ts";

/** The options that a run's own data was prepared with, of which no later default is a part. */
export function recordedOptions({ data, cleaning, kind }: RunRecord): RecordedOptions {
  if (kind === "text") return { ...data, raw: true };
  // In 0.1.0 every text was cleaned to ASCII unless the options said otherwise.
  const ascii = data.cleaning === false ? {} : { keepUnicode: false };
  return { ...ascii, ...data, ...(cleaning ? optionsOfCleaning(cleaning) : {}) };
}

const ofColumns = ["column", "promptColumn", "completionColumn", "separator"];
/** How a file is written, which says nothing of another. */
const ofFiles = ["fileFormat", "encoding", "delimiter", "header"];
const ofCleaning = [
  "cleaning",
  "keepUnicode",
  "entities",
  "typography",
  "accents",
  "control",
  "ascii",
  "space",
];

/** Whether two names are of one file, or one other source. */
const sameSource = (a: string, b: string): boolean => a === b || resolve(a) === resolve(b);

/** A file whose whole content can be one text. */
const isPlainText = (source: string): boolean =>
  !/\.(csv|tsv|jsonl?|parquet|zip)(\.gz)?$/i.test(source) &&
  /[./\\]/.test(source) &&
  !source.startsWith("hf:");
/** A source that has no columns to name. */
const isWithoutColumns = (source: string): boolean =>
  /\.(txt|text)(\.gz)?$/i.test(source) || !/[./\\]/.test(source);

/**
 * The options for data that a run has not learned from: its own, with those that are `given` in their place. What
 * is about columns holds where the sources have some, and a raw text for raw texts.
 */
export function optionsLike(
  record: RunRecord,
  sources: readonly string[],
  given: RecordedOptions = {},
): RecordedOptions {
  const same =
    sources.length === record.sources.length &&
    sources.every((name, i) => sameSource(name, record.sources[i]!));
  const own = Object.entries(recordedOptions(record)).filter(([name]) => same || !ofFiles.includes(name));
  if (record.kind === "text") {
    const raw = given.raw !== false && sources.every(isPlainText);
    const fractions = own.filter(([name]) => ["validation", "test", "encoding"].includes(name));
    return { ...Object.fromEntries(fractions), ...(raw ? { raw } : {}), ...given };
  }
  if (given.raw === true) return given;
  const replaced = [
    ...(sources.some(isWithoutColumns) || ofColumns.some((name) => name in given) ? ofColumns : []),
    ...(ofCleaning.some((name) => name in given) ? ["cleaning"] : []),
    "raw",
    "minCount",
    "maxWords",
    "vocabularySize",
    "validationFile",
  ];
  return { ...Object.fromEntries(own.filter(([name]) => !replaced.includes(name))), ...given };
}

/** The same without what names columns, for sources that turn out to have others. */
export const withoutColumns = (options: RecordedOptions): RecordedOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !ofColumns.includes(name)));

/** Whether texts of a run were read as for characters although it has pieces of words: so did 0.1.0 from scratch. */
export const joinsLines = ({ base, cleaning, model }: RunRecord): boolean =>
  cleaning === undefined && base === undefined && ["gpt2", "bert", "distilbert"].includes(model);

/**
 * Prepares texts as the data of the run in `folder` was prepared, in its vocabulary: by the options that its record
 * keeps.
 * @param sources default: the run's own
 * @param options in place of the run's
 * @throws InputError `not-a-run` where the folder has no record
 */
export async function prepareLike(
  folder: string,
  sources?: string | readonly string[],
  options: PrepareDataOptions = {},
): Promise<PreparedData> {
  const record = await readRun(folder);
  const kept = sources === undefined && record.sources.length === 0 ? await readKeptData(folder) : undefined;
  if (kept) return kept;
  const tokenizer = await loadTokenizer(folder);
  const names = sources === undefined ? record.sources : typeof sources === "string" ? [sources] : sources;
  const recorded = sources === undefined ? recordedOptions(record) : optionsLike(record, names);
  const { raw, ...own } = prepareOptionsOf(recorded);
  const both = own.cleaning && options.cleaning ? { ...own.cleaning, ...options.cleaning } : undefined;
  const all = {
    allowLoss: sources === undefined || options.cleaning !== undefined,
    ...own,
    ...(joinsLines(record) ? { vocabulary: "character" as const } : { vocabulary: tokenizer }),
    ...options,
    ...(both ? { cleaning: both } : {}),
  };
  return { ...(raw ? await prepareRawText(names, all) : await prepareData(names, all)), tokenizer };
}
