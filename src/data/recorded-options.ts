/** From data options as a run's record keeps them to the options of `prepareData`. */
import { UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { cleaningOf, type RecordedOptions } from "../text/cleaning-record.ts";
import type { NearDuplicateOptions } from "./duplicates.ts";
import type { PrepareDataOptions } from "./prepare-sources.ts";

/** The options that can be combined with `raw`. */
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
        `${option("raw")} takes the file as it is and cannot be combined with ${option(odd)}.`,
        { option: odd, value: recorded[odd] },
      );
    return { raw: true, ...common };
  }
  const [column, completionColumn, promptColumn] = ["column", "completionColumn", "promptColumn"].map(text);
  if (completionColumn !== undefined && promptColumn === undefined)
    throw new UsageError(
      `${option("completionColumn")} goes with ${option("promptColumn")}; texts without prompts are ${option("column")}.`,
      { option: "completionColumn", value: completionColumn },
    );
  if (completionColumn !== undefined && column !== undefined)
    throw new UsageError(
      `${option("completionColumn")} and ${option("column")} name the same thing; give one of them.`,
      { option: "completionColumn", value: completionColumn },
    );
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
      fileFormat: text("fileFormat"),
      delimiter: text("delimiter"),
      header: recorded.header === undefined ? undefined : recorded.header === "yes",
      maxLine: number("maxLine"),
      validationSource: text("validationFile"),
    }),
    allJokes: recorded.allJokes === true,
    ...(typeof recorded.includeAttacks === "boolean" ? { includeAttacks: recorded.includeAttacks } : {}),
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

/** The entries that are not undefined: these options override others. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
