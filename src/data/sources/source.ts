/**
 * What a source of texts is, and how a name on the command line finds its kind.
 *
 * A kind is one file of this folder and one entry of the list that {@link openSource} walks; the first whose
 * `matches` says yes opens the name. Kinds from outside, such as data sets of the Hugging Face Hub, are put in
 * front through `options.kinds`.
 */
import { UsageError } from "../../core/errors.ts";

/** Texts as a source yields them, some hundreds or thousands at a time. */
export interface TextBatch {
  readonly texts: readonly string[];
  /** What each text answers, such as a question or a tag, where the source has that. */
  readonly prompts?: readonly string[];
  /** Whether texts have line breaks that belong to them, as documents do. Default false. */
  readonly documents?: boolean;
  /** Whether its texts are all for validation. Default false. */
  readonly heldOut?: boolean;
  /** Texts that the source itself leaves out, by reason. */
  readonly dropped?: Readonly<Record<string, readonly string[]>>;
}

/** How a file was read, as far as it was found out and not asked for. */
export interface Reading {
  /** Of text files: the Encoding Standard's name. */
  readonly encoding?: string;
  /** Of tables: what separates the cells; `none` where there is one column. */
  readonly delimiter?: string;
  /** Of tables: whether the first row names the columns. */
  readonly header?: boolean;
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
  /** That of the prompts, where there are any. */
  readonly promptColumn?: string | undefined;
  /** How it was read, once known; absent for what is built in. */
  readonly reading?: Reading | undefined;
  /** Bytes read so far and in all, where known. */
  readonly progress: { readonly bytes: number; readonly totalBytes: number };
  /** The texts in their order. May be walked once. */
  batches(): AsyncIterable<TextBatch>;
}

export interface SourceOptions {
  /** Column or field with the text. Default: the first named like `joke` or `text`, else the longest text. */
  readonly column?: string;
  /** Column or field with what each text answers. Default: that of a well-known pair such as `question` and `answer`. */
  readonly promptColumn?: string;
  /** Format of a file whose name does not tell it. Default: by the name. */
  readonly format?: string;
  /** Encoding of text files without a byte-order mark, such as `windows-1252`. Default `utf-8`. */
  readonly encoding?: string;
  /** Of tables: one character, `tab`, or `none` for one column. Default: found out. */
  readonly delimiter?: string;
  /** Of tables: whether the first row names the columns. Default: found out. */
  readonly header?: boolean;
  /** Refuse files with a longer line (characters) or row of a table (bytes). Default 32,000,000. */
  readonly maxLine?: number;
  /** Include the built-in jokes that attack groups of people. Default false. */
  readonly includeAttacks?: boolean;
  /** Kinds of sources beside the built-in ones, asked first. */
  readonly kinds?: readonly SourceKind[];
}

export interface SourceKind {
  readonly name: string;
  matches(name: string): boolean;
  /** @throws InputError or UsageError in the one sentence that the user should read. */
  open(name: string, options: SourceOptions): Promise<TextSource>;
}

/** @throws UsageError for an option that says how a file is written, given to a source that is none */
export function refuseFileOptions(name: string, options: SourceOptions): void {
  const { format, encoding, delimiter, header } = options;
  const given = Object.entries({ format, encoding, delimiter, header }).find(
    ([, value]) => value !== undefined,
  );
  if (given) throw new UsageError(`${name} is built in and has no ${given[0]} to choose; leave it out.`);
}

/** Opens `name` by the first kind that matches, those of `options.kinds` before `builtIn`. */
export async function openSource(
  name: string,
  options: SourceOptions,
  builtIn: readonly SourceKind[],
): Promise<TextSource> {
  const kind = [...(options.kinds ?? []), ...builtIn].find((candidate) => candidate.matches(name));
  if (!kind) {
    throw new UsageError(
      `${JSON.stringify(name)} is no source; give one-liners, hf:owner/dataset or a file.`,
    );
  }
  return kind.open(name, options);
}
