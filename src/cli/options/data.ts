/** The options of every command that reads a SOURCE, and the reading, with progress. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { isSubword } from "../../data/choose-tokenizer.ts";
import { openTokenFile } from "../../data/corpus/open.ts";
import { prepareTokenFile } from "../../data/corpus/prepare-file.ts";
import { writeTokens } from "../../data/corpus/write.ts";
import type { PreparedData, PrepareProgress } from "../../data/prepare.ts";
import { type PrepareDataOptions, prepareRawText } from "../../data/prepare-sources.ts";
import { prepareOptionsOf } from "../../data/recorded-options.ts";
import { builtInSources } from "../../data/sources/built-in-names.ts";
import { fileFormatNames } from "../../data/sources/formats.ts";
import { isTokenFile } from "../../data/sources/token-files.ts";
import type { DataSummary } from "../../data/summary.ts";
import { pullDataset } from "../../hub/pull-dataset.ts";
import type { RecordedOptions } from "../../text/cleaning-record.ts";
import { readSources } from "../../train/run-data.ts";
import type { Context } from "../context.ts";
import { flagOf, negativeOf } from "../output/flags.ts";
import { formatCount } from "../output/format.ts";
import type { ProgressTask } from "../output/progress.ts";
import {
  choice,
  eitherFlag,
  flag,
  inGroup,
  integer,
  number,
  numberOrOff,
  type OptionValues,
  text,
  usual,
  wordFlag,
} from "./option.ts";

/** Of the format of a source's files, where it is not detected. */
export const fileOptions = inGroup("Data", {
  fileFormat: choice("Format of the files", fileFormatNames, { defaultIs: "by their names" }),
  encoding: text("Encoding of text files without a byte order mark, such as windows-1252", {
    placeholder: "NAME",
    defaultIs: "utf-8",
  }),
  delimiter: text("What separates the cells of a table: a character, tab, or none for a single column", {
    placeholder: "CHARACTER",
    words: ["tab", "none"],
    defaultIs: "detected",
  }),
  header: wordFlag("Whether a table's first row names its columns", {
    on: "yes",
    off: "no",
    defaultIs: "detected",
  }),
  maxLine: integer("Refuse files with a longer line, or row of a table", {
    min: 1,
    unit: "characters",
    defaultIs: "32,000,000",
  }),
});

export const dataOptions = inGroup("Data", {
  ...usual({
    column: text("Column or field with the texts", { placeholder: "NAME", defaultIs: "detected" }),
  }),
  promptColumn: text("Column with what each text answers: it is read, not learned", {
    placeholder: "NAME",
    defaultIs: "detected, where there is a usual pair such as question and answer",
  }),
  completionColumn: text("Column with the answers to --prompt-column", {
    placeholder: "NAME",
    defaultIs: "detected",
  }),
  separator: text("Text between prompt and answer", { defaultIs: "a space" }),
  ...fileOptions,
  raw: eitherFlag("Take the file as one continuous text: no cleaning, split by position", {
    defaultIs: "off",
  }),
  keepUnicode: eitherFlag("Keep every letter and sign, instead of cleaning to ASCII", {
    defaultIs: "on for pieces of words, off for characters and words, which then need fewer signs",
  }),
  cleaning: flag("Clean the texts: all of the steps below", { default: true }),
  entities: flag("Decode HTML entities", { default: true }),
  typography: flag("Write typographic quotes and dashes in ASCII", { default: true }),
  accents: flag("Leave out accents", { default: true }),
  control: flag("Remove control characters", { default: true }),
  ascii: flag("Remove what is not ASCII", { default: true }),
  space: flag("Make all white space single spaces", { default: true }),
  duplicates: flag("Drop exact duplicates", { default: true }),
  near: numberOrOff("Drop a text that is at least as similar to an earlier one", {
    min: 0.3,
    max: 1,
    default: 0.7,
  }),
  allJokes: flag("Keep the built-in jokes that are not fit for a classroom"),
  includeAttacks: eitherFlag(
    "Older name of --all-jokes; off leaves out attacks on groups alone, as 0.1.0 did",
    {
      defaultIs: "by --all-jokes",
    },
  ),
  end: text("Sign or word that ends a text, so that line breaks are learned", {
    defaultIs: "the line break",
  }),
  minLength: integer("Drop shorter texts", { min: 1, unit: "characters", defaultIs: "none" }),
  maxChars: integer("Drop longer texts", { min: 1, unit: "characters", defaultIs: "none" }),
  minCount: integer("In a word vocabulary, leave out words seen less often", { min: 1, defaultIs: "2" }),
  maxWords: integer("Most words of a word vocabulary", { min: 1, defaultIs: "all" }),
  vocabularySize: integer("Ids of a vocabulary of word pieces", {
    min: 1,
    defaultIs: "2048 for BPE, 4096 for WordPiece",
  }),
  validationFile: text("Take validation texts from this source, and drop training texts that repeat one", {
    placeholder: "SOURCE",
    defaultIs: "none",
  }),
  validation: number("Share of the texts for validation", { min: 0, max: 0.9, defaultIs: "0.05" }),
  test: number("Share of the texts for the final test", { min: 0, max: 0.9, defaultIs: "0.05" }),
});

/** The same for commands that judge a run, whose own data has the defaults. */
export const ownDataOptions = inGroup(
  "Data (as the run's own was prepared, where there is one)",
  dataOptions,
);

export type DataOptionValues = OptionValues<typeof dataOptions>;

/** The given data options, as a run records them, so that a resume prepares the same data. */
export type DataChoices = RecordedOptions;

/** Choices as flags, for a message. */
export const choicesAsFlags = (choices: DataChoices): string =>
  Object.entries(choices)
    .map(([name, value]) => {
      const { on, off } = dataOptions[name as keyof DataOptionValues] ?? {};
      if (value === on) return flagOf(name);
      if (value === off) return negativeOf(flagOf(name));
      return `${flagOf(name)} ${typeof value === "string" && /[^\w.-]/.test(value) ? JSON.stringify(value) : value}`;
    })
    .join(" ");

const [JOKES] = builtInSources;

/**
 * The values that differ from the defaults.
 * @param vocabulary the kind of vocabulary that is built from the data, if any
 * @param sources what is read; empty where it is not chosen
 * @throws UsageError for an option of vocabularies of another kind, or of other sources
 */
export function dataChoices(
  options: Partial<DataOptionValues>,
  vocabulary?: string,
  sources: readonly string[] = [],
): DataChoices {
  const file = sources.find(isTokenFile);
  const idle = file === undefined ? undefined : Object.keys(given(options))[0];
  if (idle !== undefined)
    throw new UsageError(
      `${file} is prepared already, and ${flagOf(idle)} comes too late; leave it out, or give it to the "punchline data" that makes ${file}.`,
      { option: idle },
    );
  const jokes = (["allJokes", "includeAttacks"] as const).find((name) => options[name] === true);
  if (jokes !== undefined && sources.length > 0 && !sources.includes(JOKES))
    throw new UsageError(
      `${flagOf(jokes)} chooses among the built-in jokes (${JOKES}), which are not read here; leave it out.`,
    );
  for (const name of ["minCount", "maxWords"] as const) {
    if (options[name] !== undefined && vocabulary !== "word")
      throw new UsageError(
        `${flagOf(name)} is an option of vocabularies of words, which word-lstm and word-rnn make from the data; leave it out.`,
      );
  }
  if (options.vocabularySize !== undefined && !isSubword(vocabulary))
    throw new UsageError(
      "--vocabulary-size is an option of vocabularies of pieces of words, which gpt2 and bert from scratch make from the data; leave it out.",
    );
  return given(options);
}

const given = (options: Partial<DataOptionValues>): DataChoices =>
  Object.fromEntries(
    Object.entries(dataOptions).flatMap(([key, { default: standard }]) => {
      const value = options[key as keyof DataOptionValues];
      return value === undefined || value === standard ? [] : [[key, value]];
    }),
  );

/**
 * Reads and prepares sources, with progress, notes and warnings on standard error.
 * @param more options that are not among the choices
 */
export async function readData(
  ctx: Context,
  sources: readonly string[],
  choices: DataChoices,
  more: PrepareDataOptions = {},
): Promise<PreparedData> {
  const fetch = (name: string) => fetched(ctx, name);
  return reading(
    ctx,
    (onProgress) => readSources(sources, choices, { ...more, onProgress }, { fetch }),
    ({ summary }) => summary,
  );
}

/** Reads and prepares sources by the given choices. */
export type ReadData = typeof readData;

/**
 * Reads and prepares sources into the token file at `path`, with the same progress, notes and warnings, and opens it.
 */
export const readIntoTokens =
  (path: string): ReadData =>
  async (ctx, sources, choices, more = {}) => {
    const write = async (onProgress: (progress: PrepareProgress) => void) => {
      const names: string[] = [];
      for (const source of sources)
        names.push(...(source.startsWith("hf:") ? await fetched(ctx, source) : [source]));
      const { raw, ...own } = prepareOptionsOf(choices);
      const options = { ...more, ...own, onProgress, signal: ctx.interrupt };
      if (!raw) return prepareTokenFile(path, names, options);
      const data = await prepareRawText(names, options);
      await writeTokens(path, data, ctx.interrupt);
      return data.summary;
    };
    await reading(ctx, write, (summary) => summary);
    return openTokenFile(path);
  };

async function reading<T>(
  ctx: Context,
  work: (onProgress: (progress: PrepareProgress) => void) => Promise<T>,
  summaryOf: (result: T) => DataSummary,
): Promise<T> {
  let task: ProgressTask | undefined;
  const onProgress = ({ phase, rows, totalRows }: PrepareProgress) => {
    task ??= ctx.progress.start("reading", { unit: "rows" });
    task.update({
      done: rows,
      total: totalRows > 0 ? totalRows : undefined,
      remark: phase === "read" ? undefined : phase,
    });
  };
  const result = await work(onProgress);
  const summary = summaryOf(result);
  task?.end(`read ${formatCount(summary.rows_in)} rows, kept ${formatCount(summary.rows_out)}`);
  for (const source of summary.sources) {
    for (const note of source.notes ?? []) ctx.note(`${source.source}: ${note}`);
    ctx.detail(sourceText(source));
  }
  for (const warning of summary.warnings) ctx.warn(warning);
  return result;
}

/** A source and how it was read. */
function sourceText({ source, format, column, encoding, rows }: DataSummary["sources"][number]): string {
  const place = existsSync(source) ? resolve(source) : source;
  const how = [format, ...(column ? [`column ${column}`] : []), ...(encoding ? [encoding] : [])];
  return `${place}: ${[...how, `${formatCount(rows)} rows`].join(", ")}.`;
}

/** The files of a data set of the Hub, fetched if they are not in the cache. */
async function fetched(ctx: Context, source: string): Promise<readonly string[]> {
  const task = ctx.progress.start(`fetching ${source}`, { unit: "bytes" });
  const onProgress = (now: { received: number; total: number; file: string }) =>
    task.update({ done: now.received, total: now.total, remark: now.file });
  const files = await pullDataset(source, { onProgress });
  task.end();
  return files;
}
