/** The options of every command that reads a SOURCE, and the reading, with progress. */
import { UsageError } from "../../core/errors.ts";
import type { PreparedData, PrepareProgress } from "../../data/prepare.ts";
import type { PrepareDataOptions } from "../../data/prepare-sources.ts";
import { fileFormatNames } from "../../data/sources/file.ts";
import { pullDataset } from "../../hub/pull-dataset.ts";
import type { RecordedOptions } from "../../text/cleaning-record.ts";
import { readSources } from "../../train/run-data.ts";
import type { Context } from "../context.ts";
import { flagOf } from "../output/flags.ts";
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
} from "./option.ts";

/** Of the format of a source's files, where it is not detected. */
export const fileOptions = inGroup("Data", {
  fileFormat: choice("Format of the files (default: by their names)", fileFormatNames),
  encoding: text("Encoding of text files without a mark, such as windows-1252 (default utf-8)", {
    placeholder: "NAME",
  }),
  delimiter: text(
    "Between the cells of a table: a character, tab, or none for one column (default: found out)",
    { placeholder: "CHARACTER" },
  ),
  header: choice("Whether a table's first row names its columns (default: found out)", ["yes", "no"], {
    placeholder: "yes|no",
  }),
  maxLine: integer("Refuse files with a longer line, or row of a table (default 32,000,000)", {
    min: 1,
    unit: "characters",
  }),
});

export const dataOptions = inGroup("Data", {
  column: text("Column or field with the texts", { placeholder: "NAME" }),
  promptColumn: text(
    "What each text answers: read, not learned (default: of a well-known pair, such as question and answer)",
    { placeholder: "NAME" },
  ),
  completionColumn: text("The texts that answer --prompt-column", { placeholder: "NAME" }),
  separator: text("Between prompt and completion (default: a space)"),
  ...fileOptions,
  raw: eitherFlag("Take the file as one continuous text: no cleaning, split by position"),
  keepUnicode: eitherFlag(
    "Keep every letter and sign, or clean to ASCII (default: ASCII for characters and words, which then need " +
      "few signs; kept for GPT-2 and BERT)",
  ),
  cleaning: flag("Leave the texts as they are", { default: true }),
  entities: flag("Leave HTML entities as they are", { default: true }),
  typography: flag("Leave typographic quotes and dashes as they are", { default: true }),
  accents: flag("Leave accents as they are", { default: true }),
  control: flag("Leave control characters as they are", { default: true }),
  ascii: flag("Leave non-ASCII characters as they are", { default: true }),
  space: flag("Leave white space as it is", { default: true }),
  duplicates: flag("Keep exact duplicates", { default: true }),
  near: numberOrOff("Similarity from which a text is a near copy of an earlier one", {
    min: 0.3,
    max: 1,
    default: 0.7,
  }),
  includeAttacks: flag("Include built-in jokes tagged as attacks on groups of people"),
  end: text("Sign, or word, that ends a text instead of the line break, so that line breaks are learned"),
  minLength: integer("Drop shorter texts", { min: 1, unit: "characters" }),
  maxChars: integer("Drop longer texts", { min: 1, unit: "characters" }),
  minCount: integer("Of a word vocabulary: leave out words seen less often (default 2)", { min: 1 }),
  maxWords: integer("Of a word vocabulary: its most frequent words alone", { min: 1 }),
  vocabularySize: integer("Of pieces of words: ids in all (default 2048 for BPE, 4096 for WordPiece)", {
    min: 1,
  }),
  validationFile: text(
    "A source for validation alone, read by the same options; training texts that repeat one of its texts are dropped",
    { placeholder: "SOURCE" },
  ),
  validation: number("Share of the texts for validation", { min: 0, max: 0.9 }),
  test: number("Share of the texts for the final test", { min: 0, max: 0.9 }),
});

export type DataOptionValues = OptionValues<typeof dataOptions>;

/** The given data options, as a run records them, so that a resume prepares the same data. */
export type DataChoices = RecordedOptions;

/** Choices as flags, for a message. */
export const choicesAsFlags = (choices: DataChoices): string =>
  Object.entries(choices)
    .map(([name, value]) => {
      if (typeof value === "boolean") return flagOf(name).replace("--", value ? "--" : "--no-");
      return `${flagOf(name)} ${typeof value === "string" && /[^\w.-]/.test(value) ? JSON.stringify(value) : value}`;
    })
    .join(" ");

/**
 * The values that differ from the defaults.
 * @param vocabulary the kind of vocabulary that is built from the data, if any
 * @throws UsageError for an option of vocabularies of another kind
 */
export function dataChoices(options: Partial<DataOptionValues>, vocabulary?: string): DataChoices {
  for (const name of ["minCount", "maxWords"] as const) {
    if (options[name] !== undefined && vocabulary !== "word")
      throw new UsageError(
        `${flagOf(name)} is an option of vocabularies of words, which word-lstm and word-rnn make from the data; leave it out.`,
      );
  }
  if (options.vocabularySize !== undefined && vocabulary !== "bpe" && vocabulary !== "wordpiece")
    throw new UsageError(
      "--vocabulary-size is an option of vocabularies of pieces of words, which gpt2 and bert from scratch make from the data; leave it out.",
    );
  return Object.fromEntries(
    Object.entries(dataOptions).flatMap(([key, { default: standard }]) => {
      const value = options[key as keyof DataOptionValues];
      return value === undefined || value === standard ? [] : [[key, value]];
    }),
  );
}

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
  let task: ProgressTask | undefined;
  const onProgress = ({ phase, rows, totalRows }: PrepareProgress) => {
    task ??= ctx.progress.start("reading", { unit: "rows" });
    task.update({
      done: rows,
      total: totalRows > 0 ? totalRows : undefined,
      remark: phase === "read" ? undefined : phase,
    });
  };
  const fetch = (name: string) => fetched(ctx, name);
  const data = await readSources(sources, choices, { ...more, onProgress }, { fetch });
  const { summary } = data;
  task?.end(`read ${formatCount(summary.rows_in)} rows, kept ${formatCount(summary.rows_out)}`);
  for (const { source, notes = [] } of summary.sources)
    for (const note of notes) ctx.warn(`${source}: ${note}`);
  for (const warning of summary.warnings) ctx.warn(warning);
  return data;
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
