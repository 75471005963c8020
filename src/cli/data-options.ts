/** The options of every command that reads a SOURCE, and the reading itself, with progress. */
import {
  type CleaningStep,
  type PreparedData,
  prepareData,
  prepareRawText,
  pullDataset,
  type Tokenizer,
  UsageError,
  type VocabularyName,
} from "../index.ts";
import type { Context } from "./context.ts";
import { fileOptions, sourceOptionsOf } from "./file-options.ts";
import { formatCount } from "./format.ts";
import { flag, flagOf, integer, number, numberOrOff, type OptionValues, present, text } from "./option.ts";

const group = "Data";

export const dataOptions = {
  column: text({ describe: "Column or field with the texts", placeholder: "NAME", group }),
  promptColumn: text({
    describe:
      "What each text answers: read, not learned (default: of a well-known pair, such as question and answer)",
    placeholder: "NAME",
    group,
  }),
  completionColumn: text({ describe: "The texts beside --prompt-column", placeholder: "NAME", group }),
  separator: text({ describe: "Between prompt and completion (default: a space)", group }),
  ...fileOptions,
  raw: flag({ describe: "Take the file as one continuous text: no cleaning, split by position", group }),
  keepUnicode: flag({ describe: "Keep every letter and sign, with a vocabulary made from the text", group }),
  cleaning: flag({ describe: "Leave the texts as they are", default: true, group }),
  entities: flag({ describe: "Leave HTML entities as they are", default: true, group }),
  typography: flag({ describe: "Leave typographic quotes and dashes as they are", default: true, group }),
  accents: flag({ describe: "Leave accents as they are", default: true, group }),
  control: flag({ describe: "Leave control characters as they are", default: true, group }),
  ascii: flag({ describe: "Leave non-ASCII characters as they are", default: true, group }),
  space: flag({ describe: "Leave white space as it is", default: true, group }),
  duplicates: flag({ describe: "Keep exact duplicates", default: true, group }),
  near: numberOrOff({
    describe: "Similarity from which a text is a near copy of an earlier one",
    min: 0.3,
    max: 1,
    default: 0.7,
    group,
  }),
  includeAttacks: flag({ describe: "Include built-in jokes tagged as attacks on groups of people", group }),
  minLength: integer({ describe: "Drop shorter texts", min: 1, unit: "characters", group }),
  maxChars: integer({ describe: "Drop longer texts", min: 1, unit: "characters", group }),
  minCount: integer({
    describe: "Of a word vocabulary: leave out words seen less often (default 2)",
    min: 1,
    group,
  }),
  maxWords: integer({ describe: "Of a word vocabulary: its most frequent words alone", min: 1, group }),
  validation: number({ describe: "Share of the texts for validation", min: 0, max: 0.9, group }),
  test: number({ describe: "Share of the texts for the final test", min: 0, max: 0.9, group }),
} as const;

export type DataOptionValues = OptionValues<typeof dataOptions>;

/** What shapes the data, as plain values: kept in a run's record, so that a resume prepares the same. */
export type DataChoices = Readonly<Record<string, unknown>>;

/**
 * The values that differ from the defaults.
 * @param vocabulary the kind that is made from the data; absent where none is
 * @throws UsageError for an option of word vocabularies where there is no such vocabulary
 */
export function dataChoices(options: DataOptionValues, vocabulary?: string): DataChoices {
  for (const name of ["minCount", "maxWords"] as const) {
    if (options[name] !== undefined && vocabulary !== "word")
      throw new UsageError(
        `${flagOf(name)} is an option of vocabularies of words, which word-lstm and word-rnn make from the data; leave it out.`,
      );
  }
  return Object.fromEntries(
    Object.entries(dataOptions).flatMap(([key, { default: standard }]) => {
      const value = options[key as keyof DataOptionValues];
      return value === undefined || value === standard ? [] : [[key, value]];
    }),
  );
}

/** Reads and prepares sources, with progress on standard error. */
export async function readData(
  ctx: Context,
  sources: readonly string[],
  choices: DataChoices,
  vocabulary?: VocabularyName | Tokenizer,
): Promise<PreparedData> {
  const options = {
    ...Object.fromEntries(Object.entries(dataOptions).map(([k, o]) => [k, o.default])),
    ...choices,
  } as DataOptionValues;
  const fractions = present({ validation: options.validation, test: options.test });
  const counts = present({ minCount: options.minCount, maxWords: options.maxWords });
  const words = { ...(vocabulary === undefined ? {} : { vocabulary }), ...counts };
  if (options.raw) {
    const odd = Object.keys(choices).find(
      (key) => !["raw", "encoding", "validation", "test", "minCount", "maxWords"].includes(key),
    );
    if (odd)
      throw new UsageError(
        `--raw takes the file as it stands and cannot be combined with the option "${odd}".`,
      );
    return prepareRawText(await filesOf(ctx, sources), { fractions, ...words, ...sourceOptionsOf(options) });
  }
  const { column, promptColumn, completionColumn, separator } = options;
  if (completionColumn !== undefined && promptColumn === undefined)
    throw new UsageError(
      "--completion-column goes with --prompt-column; texts without prompts are --column.",
    );
  if (completionColumn !== undefined && column !== undefined)
    throw new UsageError("--completion-column and --column name the same thing; give one of them.");
  const files = await filesOf(ctx, sources);
  const task = ctx.progress.start("reading", { unit: "rows" });
  const steps = (
    [
      "entities",
      "typography",
      "accents",
      "control",
      "ascii",
      "space",
    ] as const satisfies readonly CleaningStep[]
  )
    .filter((step) => !options[step])
    .map((step) => [step, false] as const);
  const data = await prepareData(files, {
    ...sourceOptionsOf(options),
    ...present({
      column: column ?? completionColumn,
      promptColumn,
      separator,
      minLength: options.minLength,
      maxLength: options.maxChars,
    }),
    ...words,
    includeAttacks: options.includeAttacks,
    cleaning: options.cleaning
      ? {
          keepUnicode: options.keepUnicode,
          ...(steps.length > 0 ? { steps: Object.fromEntries(steps) } : {}),
        }
      : false,
    exactDuplicates: options.duplicates,
    nearDuplicates: options.near === "off" ? false : { words: options.near },
    fractions,
    onProgress: ({ phase, rows, totalRows }) =>
      task.update({
        done: rows,
        ...(totalRows > 0 ? { total: totalRows } : {}),
        ...(phase === "read" ? {} : { remark: phase }),
      }),
  });
  task.end(`read ${formatCount(data.summary.rows_in)} rows, kept ${formatCount(data.summary.rows_out)}`);
  for (const { source, notes = [] } of data.summary.sources)
    for (const note of notes) ctx.warn(`${source}: ${note}`);
  return data;
}

/** The sources, with the files of a Hub data set, fetched where they are not in the cache, in its place. */
async function filesOf(ctx: Context, sources: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const source of sources) {
    if (!source.startsWith("hf:")) {
      files.push(source);
      continue;
    }
    const task = ctx.progress.start(`fetching ${source}`, { unit: "bytes" });
    const onProgress = (now: { received: number; total: number; file: string }) =>
      task.update({ done: now.received, total: now.total, remark: now.file });
    files.push(...(await pullDataset(source, { onProgress })));
    task.end();
  }
  return files;
}
