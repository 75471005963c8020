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
  /** Rows that the source itself leaves out, by reason. */
  readonly dropped?: Readonly<Record<string, number>>;
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
  /** Bytes read so far and in all, where known. */
  readonly progress: { readonly bytes: number; readonly totalBytes: number };
  /** The texts in their order. May be walked once. */
  batches(): AsyncIterable<TextBatch>;
}

export interface SourceOptions {
  /** Column or field with the text. Default: the first named like `joke` or `text`, else the longest text. */
  readonly column?: string;
  /** Column or field with what each text answers. Default: `prompt` where there is a `completion` as well, else none. */
  readonly promptColumn?: string;
  /** Format of a file whose name does not tell it. Default: by the name. */
  readonly format?: string;
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

/** Opens `name` by the first kind that matches, those of `options.kinds` before `builtIn`. */
export async function openSource(
  name: string,
  options: SourceOptions,
  builtIn: readonly SourceKind[],
): Promise<TextSource> {
  const kind = [...(options.kinds ?? []), ...builtIn].find((candidate) => candidate.matches(name));
  if (!kind) {
    throw new UsageError(
      `${JSON.stringify(name)} is no source; give one-liners, moby-dick, hf:owner/dataset or a file.`,
    );
  }
  return kind.open(name, options);
}
