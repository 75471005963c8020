/**
 * The data of a run, and other data prepared as that was: a model is judged on texts that went through the same
 * rules as its own.
 *
 * @example
 * const other = await prepareLike("runs/a", "other.csv");
 * const { loss } = await evaluateTexts(lm, other.splits.test);
 */

import { createReadStream, existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { InputError, UsageError } from "../core/errors.ts";
import { checkText, option } from "../core/options.ts";
import { openTokenFile } from "../data/corpus/open.ts";
import { type PreparedData, type PrepareOptions, speltBy } from "../data/prepare.ts";
import { type PrepareDataOptions, prepareData, prepareRawText } from "../data/prepare-sources.ts";
import { prepareOptionsOf } from "../data/recorded-options.ts";
import { renamed } from "../data/rows.ts";
import { isTokenFile } from "../data/sources/token-files.ts";
import {
  dataForNew,
  inSuitedVocabulary,
  isChosen,
  isPrepared,
  prepareGiven,
  suitedVocabulary,
  type TrainingData,
} from "../data/vocabularies.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { regularFileIfAny } from "../files/regular-file.ts";
import { fingerprintTokenizer } from "../hub/fingerprint.ts";
import { pullDataset } from "../hub/pull-dataset.ts";
import { loadTokenizer } from "../hub/tokenizer-files.ts";
import type { Architecture } from "../models/model.ts";
import { optionsOfCleaning, type RecordedOptions } from "../text/cleaning-record.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { keptLines, parseKeptLines } from "./kept-data.ts";
import { readRun } from "./run-folder.ts";
import { files, type RunRecord } from "./run-record.ts";

/** The options that a run's own data was prepared with, of which no later default is a part. */
export function recordedOptions(record: RunRecord): RecordedOptions {
  const { data, cleaning, kind } = record;
  if (kind === "text") return { ...data, raw: true };
  // In 0.1.0 every text was cleaned to ASCII unless the options said otherwise.
  const ascii = data.cleaning === false ? {} : { keepUnicode: false };
  return { ...ascii, ...optionsOfJokes(record), ...data, ...(cleaning ? optionsOfCleaning(cleaning) : {}) };
}

/** Which of the built-in jokes a run has. 0.1.0 did not record it, and left out those that attack a group of people. */
export function optionsOfJokes({ jokes, sources, data }: RunRecord): RecordedOptions {
  const older = jokes === undefined && [...sources, data.validationFile].includes("one-liners");
  if (jokes === "without-attacks" || older) return { includeAttacks: false };
  return jokes === "all" ? { allJokes: true } : {};
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
function optionsLike(
  record: RunRecord,
  sources: readonly string[],
  given: RecordedOptions = {},
): RecordedOptions {
  const same =
    sources.length === record.sources.length &&
    sources.every((name, i) => sameSource(name, record.sources[i]!));
  const own = Object.entries(recordedOptions(record)).filter(
    ([name, value]) => same || !(ofFiles.includes(name) || (name === "includeAttacks" && value === false)),
  );
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
const withoutColumns = (options: RecordedOptions): RecordedOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !ofColumns.includes(name)));

/** Whether texts of a run were read as for characters although it has pieces of words: so did 0.1.0 from scratch. */
export const joinsLines = ({ base, cleaning, model }: RunRecord): boolean =>
  cleaning === undefined && base === undefined && ["gpt2", "bert", "distilbert"].includes(model);

/** Reads sources by the options of a run's record; what the record leaves open is in `open`. */
export type ReadSources = (
  sources: readonly string[],
  recorded: RecordedOptions,
  open: PrepareDataOptions,
) => Promise<PreparedData>;

/**
 * Files, data sets of the Hub (`hf:owner/name`) and `one-liners`, read by the options of a run's record.
 * @param open what the record leaves open
 * @param fixed options in place of those of the record
 * @param fetch the files of a data set of the Hub
 */
export async function readSources(
  sources: readonly string[],
  recorded: RecordedOptions,
  open: PrepareDataOptions = {},
  { fixed = {}, fetch = pullDataset }: ReadingOptions = {},
): Promise<PreparedData> {
  if (sources.some(isTokenFile)) return readTokenFile(sources, open.vocabulary);
  const { raw, ...own } = prepareOptionsOf(recorded);
  const names: string[] = [];
  const givenAs = new Map<string, string>();
  for (const source of sources) {
    if (!source.startsWith("hf:")) names.push(source);
    else
      for (const file of await fetch(source)) {
        names.push(file);
        givenAs.set(file, `${source}/${fileInSnapshot(file)}`);
      }
  }
  const cleaning =
    own.cleaning && fixed.cleaning
      ? { ...own.cleaning, ...fixed.cleaning }
      : (fixed.cleaning ?? own.cleaning);
  const options = { ...open, ...own, ...fixed, cleaning };
  const data = await (raw ? prepareRawText(names, options) : prepareData(names, options));
  const { rows } = data;
  return rows && givenAs.size > 0
    ? { ...data, rows: renamed(rows, (source) => givenAs.get(source) ?? source) }
    : data;
}

/**
 * The data of a token file, which is prepared already: how, does not matter here.
 * @param vocabulary of the model that is to read it; the name of a kind lets the file have its own
 * @throws UsageError where other sources are given with it, or the model has another vocabulary
 */
async function readTokenFile(
  sources: readonly string[],
  vocabulary: PrepareOptions["vocabulary"],
): Promise<PreparedData> {
  const path = sources.find(isTokenFile)!;
  if (sources.length > 1)
    throw new UsageError(
      `${path} is prepared already and cannot be joined with other sources; give it alone, or make one token file of all sources.`,
      { option: "sources", value: sources },
    );
  const data = await openTokenFile(path);
  if (typeof vocabulary !== "object") return data;
  if (fingerprintTokenizer(data.tokenizer) === fingerprintTokenizer(vocabulary)) return data;
  throw new UsageError(
    `${path} is in another vocabulary than the model, and its ids would mean other tokens; make it again with the model's name after "punchline data ${sourcesOf(data)}--out ${path} --model".`,
    { option: "data", path },
  );
}

const sourcesOf = ({ summary }: PreparedData): string =>
  summary.sources.map(({ source }) => `${source} `).join("");

/** The path of a file of the Hub's cache in its repository, such as `data/train.parquet`. */
const fileInSnapshot = (file: string): string =>
  /[/\\]snapshots[/\\][^/\\]+[/\\](.+)$/.exec(file)?.[1]?.replaceAll("\\", "/") ?? basename(file);

interface ReadingOptions {
  readonly fixed?: PrepareDataOptions | undefined;
  readonly fetch?: ((source: string) => Promise<readonly string[]>) | undefined;
}

/** How {@link readLike} reads. */
export interface LikeOptions {
  /** Options in place of the run's. */
  readonly given?: RecordedOptions | undefined;
  /** The vocabulary, for texts that are read by these options. */
  readonly vocabulary: (options: RecordedOptions) => Pick<PrepareOptions, "vocabulary" | "end">;
  /** Default: as the command line reads them. */
  readonly read?: ReadSources | undefined;
}

/**
 * Sources prepared as the texts of the run in `folder` were, and the options for that. Without sources, the run's own
 * texts. Where the sources lack the columns that the run's have, their own are looked for.
 */
export async function readLike(
  folder: string | undefined,
  record: RunRecord,
  sources: readonly string[],
  { given = {}, vocabulary, read = readSources }: LikeOptions,
): Promise<{ readonly data: PreparedData; readonly options: RecordedOptions }> {
  const own = sources.length === 0;
  const kept = folder !== undefined && own && record.sources.length === 0 && (await readKeptData(folder));
  if (kept) return { data: kept, options: given };
  const options = own ? { ...recordedOptions(record), ...given } : optionsLike(record, sources, given);
  const allowLoss = own || "keepUnicode" in given || given.cleaning === false;
  const by = async (chosen: RecordedOptions) => ({
    data: await read(own ? record.sources : sources, chosen, { ...vocabulary(chosen), allowLoss }),
    options: chosen,
  });
  return by(options).catch((error: unknown) => {
    const lacking = error instanceof InputError && error.code === "no-column";
    if (own || !lacking || ofColumns.some((name) => name in given)) throw error;
    return by(withoutColumns(options));
  });
}

/**
 * Prepares texts as the data of the run in `folder` was prepared, in its vocabulary: by the options that its record
 * keeps.
 * @param sources default: the run's own
 * @param options in place of the run's
 * @throws InputError `not-a-run` where the folder has no record
 */
export async function prepareLike(
  folder: string,
  sources: string | readonly string[] = [],
  options: PrepareDataOptions = {},
): Promise<PreparedData> {
  checkText(folder, "folder");
  const record = await readRun(folder);
  const tokenizer = await loadTokenizer(folder);
  const fixed = options.cleaning === undefined ? options : { allowLoss: true, ...options };
  const { data } = await readLike(folder, record, typeof sources === "string" ? [sources] : sources, {
    vocabulary: () => ({ vocabulary: joinsLines(record) ? "character" : tokenizer }),
    read: (names, recorded, open) => readSources(names, recorded, open, { fixed }),
  });
  return { ...data, tokenizer };
}

/** The tokenizer of a model's folder; undefined where weights came without one, which are read in that of the data. */
async function tokenizerIfAny(folder: string): Promise<Tokenizer | undefined> {
  try {
    return await loadTokenizer(folder);
  } catch (error) {
    if (error instanceof InputError && error.code === "no-tokenizer") return undefined;
    throw error;
  }
}

/**
 * Data for the model in `folder`: in its vocabulary, and prepared as its own texts were where it is a run.
 * @throws UsageError where the data comes in another vocabulary that was chosen
 */
export async function dataForFolder(
  folder: string,
  data: TrainingData,
  signal: AbortSignal | undefined,
): Promise<PreparedData> {
  if (isPrepared(data) && isChosen(data)) {
    const own = await tokenizerIfAny(folder);
    return own ? inVocabularyOf(folder, data, own) : data;
  }
  const vocabulary = await loadTokenizer(folder);
  if (isPrepared(data)) return speltBy(data, vocabulary, vocabulary.kind);
  const own = existsSync(join(folder, files.run))
    ? withoutColumns(optionsLike(await readRun(folder), []))
    : {};
  const { raw: _, ...options } = prepareOptionsOf(own);
  return prepareGiven(data, { ...options, vocabulary, signal });
}

/** @throws UsageError where the data comes in another vocabulary than the model's */
function inVocabularyOf(folder: string, data: PreparedData, vocabulary: Tokenizer): PreparedData {
  if (fingerprintTokenizer(data.tokenizer) === fingerprintTokenizer(vocabulary)) return data;
  throw new UsageError(
    `${data.encoded?.path ?? option("data")} is in another vocabulary than the model in ${folder}, so its ids mean other tokens; prepare it in the model's own.`,
    { option: "data", folder },
  );
}

/** What a run is resumed with, as far as its data goes. */
export interface RunDataRequest {
  /** The texts that the run was trained on. Default: what its record says, read again, or the texts that it keeps. */
  readonly data?: TrainingData | undefined;
  /** Where the sources of the record are now. Default: where they were. */
  readonly sources?: readonly string[] | undefined;
  /** Reads sources. Default: as the command line does. */
  readonly read?: ReadSources | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The data of the run in `folder`: what is given, or what its record says that it was made from.
 * @param from the folder of the vocabulary: the run's, or its base's before the first checkpoint; undefined before that
 * of a new model
 * @throws UsageError where nothing is given, and the record names no sources and the run keeps no texts; or where the
 * data comes in another vocabulary that was chosen
 */
export async function dataOfRun(
  folder: string,
  record: RunRecord,
  request: RunDataRequest,
  { from, architecture }: { readonly from: string | undefined; readonly architecture: Architecture },
): Promise<PreparedData> {
  const { data, sources = record.sources, read = readSources } = request;
  const tuned = record.base !== undefined;
  if (data !== undefined) {
    if (tuned) return dataForFolder(from!, data, request.signal);
    const made = await dataForNew(architecture.tokens, data, request.signal);
    if (from === undefined) return made;
    const tokenizer = await loadTokenizer(from);
    return made === data && isChosen(made) ? inVocabularyOf(from, made, tokenizer) : { ...made, tokenizer };
  }
  if (sources.length === 0) {
    const kept = await readKeptData(folder);
    if (kept) return kept;
    throw new UsageError(
      `${folder} does not say which texts it was trained on; pass them as ${option("data")}.`,
      { option: "data", folder },
    );
  }
  const recorded = recordedOptions(record);
  const vocabulary = from === undefined ? undefined : await loadTokenizer(from);
  if (tuned) return read(sources, recorded, { vocabulary: vocabulary!, allowLoss: true });
  const joined = joinsLines(record);
  const suited = joined ? "character" : suitedVocabulary(architecture.tokens, recorded);
  const made = await read(sources, recorded, { vocabulary: suited, allowLoss: true });
  if (vocabulary)
    return { ...(made.encoded ? inVocabularyOf(from!, made, vocabulary) : made), tokenizer: vocabulary };
  return joined ? inSuitedVocabulary(made, architecture.tokens) : made;
}

export async function writeKeptData(folder: string, data: PreparedData): Promise<void> {
  const encoder = new TextEncoder();
  function* content() {
    for (const line of keptLines(data)) yield encoder.encode(line);
  }
  await writeFileAtomic(join(folder, files.texts), content());
}

/**
 * The texts that a run keeps, in its vocabulary; undefined where it keeps none.
 * @throws InputError `texts` for a damaged file
 */
async function readKeptData(folder: string): Promise<PreparedData | undefined> {
  const path = join(folder, files.texts);
  if (!(await regularFileIfAny(path))) return undefined;
  const tokenizer = await loadTokenizer(folder);
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  return parseKeptLines(lines, tokenizer, path);
}
