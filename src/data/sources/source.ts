/**
 * Sources of texts, and how a name finds its kind of source.
 *
 * A kind is one file of this folder and one entry of the list of {@link openSource}: the first whose `matches` is
 * true opens the name. Kinds from outside, such as data sets of the Hugging Face Hub, go first, through
 * `options.kinds`.
 */
import { UsageError } from "../../core/errors.ts";

/** What a source counts: lines of a text file or a table, rows of Parquet, entries of a JSON list; built-in texts. */
export type RowUnit = "line" | "row" | "entry" | "joke" | "name";

/** Texts as a source yields them, some hundreds or thousands at a time. */
export interface TextBatch {
  readonly texts: readonly string[];
  /** The prompt of each text, such as a question or a tag, where the source has them. */
  readonly prompts?: readonly string[] | undefined;
  /** The conversation that each text and its prompt were taken from, as the source has it, where it has conversations. */
  readonly conversations?: readonly unknown[] | undefined;
  /** Whether texts have line breaks that belong to them, as documents do. Default false. */
  readonly documents?: boolean | undefined;
  /** Whether its texts are all for validation. Default false. */
  readonly heldOut?: boolean | undefined;
  /** Texts that the source leaves out, by reason. */
  readonly dropped?: Readonly<Record<string, readonly string[]>> | undefined;
  /** The name of the source, where the rows of its texts are known. */
  readonly source?: string | undefined;
  /** Where each text stands in the source, counted from 1. */
  readonly rows?: readonly number[] | undefined;
  /** The same for those that the source leaves out. */
  readonly droppedRows?: Readonly<Record<string, readonly number[]>> | undefined;
  /** What `rows` counts. Default `row`. */
  readonly unit?: RowUnit | undefined;
}

/**
 * Which of the built-in jokes: those that are fit for a classroom; all; or, as Punchline 0.1.0 had it, all but those that
 * attack a group of people.
 */
export type JokeSelection = "classroom" | "all" | "without-attacks";

/** How a source was read. */
export interface Reading {
  /** For `one-liners`: which of them. */
  readonly jokes?: JokeSelection | undefined;
  /** For text files: the Encoding Standard's name. */
  readonly encoding?: string | undefined;
  /** For tables: what separates the cells; `none` where there is one column. */
  readonly delimiter?: string | undefined;
  /** For tables: whether the first row names the columns. */
  readonly header?: boolean | undefined;
  /** Sentences for the user about what was guessed or is unusual. */
  readonly notes: readonly string[];
}

export interface TextSource {
  /** The name as it was given. */
  readonly name: string;
  /** Such as `csv`, `jsonl.gz`, `built-in`. */
  readonly format: string;
  /** The column or field that the texts come from, once known, where the format has any. */
  readonly column: string | undefined;
  /** All columns or fields, once known. */
  readonly columns?: readonly string[] | undefined;
  /** That of the prompts, where there are any. */
  readonly promptColumn?: string | undefined;
  /** How it was read, once known. */
  readonly reading?: Reading | undefined;
  /** Bytes read so far and in all, where known. */
  readonly progress: { readonly bytes: number; readonly totalBytes: number };
  /** The texts in their order. May be read once. */
  batches(): AsyncIterable<TextBatch>;
}

export interface SourceOptions {
  /** Column or field with the text. Default: the first named like `joke` or `text`, else the longest text. */
  readonly column?: string | undefined;
  /** Column or field with the prompts. Default: that of a well-known pair such as `question` and `answer`. */
  readonly promptColumn?: string | undefined;
  /** Format of the files. Default: by their names. */
  readonly fileFormat?: string | undefined;
  /** Encoding of text files without a byte-order mark, such as `windows-1252`. Default `utf-8`. */
  readonly encoding?: string | undefined;
  /** For tables: one character, `tab`, or `none` for one column. Default: detected. */
  readonly delimiter?: string | undefined;
  /** For tables: whether the first row names the columns. Default: detected. */
  readonly header?: boolean | undefined;
  /** Refuse files with a longer line (characters) or row of a table (bytes). Default 32,000,000. */
  readonly maxLine?: number | undefined;
  /** Keep the built-in jokes that are not fit for a classroom. Default false. */
  readonly allJokes?: boolean | undefined;
  /**
   * An older option for the same: `true` keeps all built-in jokes, `false` leaves out those that attack a group of
   * people, and no others, as Punchline 0.1.0 did. Default: by `allJokes`.
   */
  readonly includeAttacks?: boolean | undefined;
  /** More kinds of sources, tried before the built-in ones. */
  readonly kinds?: readonly SourceKind[] | undefined;
}

export interface SourceKind {
  readonly name: string;
  matches(name: string): boolean;
  /** @throws InputError or UsageError with one sentence for the user */
  open(name: string, options: SourceOptions): Promise<TextSource>;
}

/** @throws UsageError for an option of files, given to a built-in source */
export function refuseFileOptions(name: string, options: SourceOptions): void {
  const { fileFormat: format, encoding, delimiter, header } = options;
  const [odd, value] =
    Object.entries({ format, encoding, delimiter, header }).find(([, value]) => value !== undefined) ?? [];
  if (odd === undefined) return;
  throw new UsageError(`${name} is built in and has no ${odd} to choose; leave it out.`, {
    option: odd === "format" ? "fileFormat" : odd,
    value,
  });
}

/** Opens `name` by the first kind that matches, those of `options.kinds` before `builtIn`. */
export async function openSource(
  name: string,
  options: SourceOptions,
  builtIn: readonly SourceKind[],
): Promise<TextSource> {
  const first = options.kinds?.find((candidate) => candidate.matches(name));
  if (first) return first.open(name, options);
  // A downloader fetches these first; here they are no source.
  if (name.startsWith("hf:"))
    throw new UsageError(
      `${name} is a data set of the Hugging Face Hub and no downloader is at hand; ` +
        "download its .parquet, .csv or .jsonl file and give that.",
    );
  const kind = builtIn.find((candidate) => candidate.matches(name));
  if (!kind) {
    throw new UsageError(
      `${JSON.stringify(name)} is no source; give one-liners, cities, hf:owner/dataset or a file.`,
      { option: "sources", value: name },
    );
  }
  return kind.open(name, options);
}
