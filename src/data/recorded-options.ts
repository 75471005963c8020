/** The options of a preparation as a run's record keeps them, and what they mean. */
import { UsageError } from "../core/errors.ts";
import { cleaningOf, type RecordedOptions } from "../text/cleaning-record.ts";
import type { NearDuplicateOptions } from "./duplicates.ts";
import type { PrepareDataOptions } from "./prepare-sources.ts";

/** What `raw` leaves to be chosen. */
const ofRaw = ["raw", "encoding", "validation", "test", "minCount", "maxWords", "vocabularySize"];

/**
 * The options of `prepareData`, or with `raw` those of `prepareRawText`.
 * @throws UsageError for options that do not go together
 */
export function prepareOptionsOf(recorded: RecordedOptions): PrepareDataOptions & { readonly raw: boolean } {
  const text = (name: string) => field(recorded, name, "string");
  const number = (name: string) => field(recorded, name, "number");
  const common = given({
    fractions: given({ validation: number("validation"), test: number("test") }),
    minCount: number("minCount"),
    maxWords: number("maxWords"),
    encoding: text("encoding"),
    vocabularySize: number("vocabularySize"),
  });
  if (recorded.raw === true) {
    const odd = Object.keys(recorded).find((key) => !ofRaw.includes(key));
    if (odd)
      throw new UsageError(
        `--raw takes the file as it stands and cannot be combined with the option "${odd}".`,
      );
    return { raw: true, ...common };
  }
  const { column, completionColumn, promptColumn } = {
    column: text("column"),
    completionColumn: text("completionColumn"),
    promptColumn: text("promptColumn"),
  };
  if (completionColumn !== undefined && promptColumn === undefined)
    throw new UsageError(
      "--completion-column goes with --prompt-column; texts without prompts are --column.",
    );
  if (completionColumn !== undefined && column !== undefined)
    throw new UsageError("--completion-column and --column name the same thing; give one of them.");
  const near: boolean | NearDuplicateOptions =
    recorded.near === "off" ? false : typeof recorded.near === "number" ? { words: recorded.near } : true;
  return {
    raw: false,
    ...common,
    ...given({
      column: column ?? completionColumn,
      promptColumn,
      separator: text("separator"),
      minLength: number("minLength"),
      maxLength: number("maxChars"),
      end: text("end"),
      format: text("fileFormat"),
      delimiter: text("delimiter"),
      header: recorded.header === undefined ? undefined : recorded.header === "yes",
      maxLine: number("maxLine"),
      validationSource: text("validationFile"),
    }),
    includeAttacks: recorded.includeAttacks === true,
    cleaning: cleaningOf(recorded),
    exactDuplicates: recorded.duplicates !== false,
    nearDuplicates: near,
  };
}

function field(recorded: RecordedOptions, name: string, type: "string"): string | undefined;
function field(recorded: RecordedOptions, name: string, type: "number"): number | undefined;
function field(recorded: RecordedOptions, name: string, type: string): unknown {
  return typeof recorded[name] === type ? recorded[name] : undefined;
}

/** The entries that there are. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
