/** A file format of the file source: a name, its extensions, and a reader of texts. */
import type { FileBytes } from "./bytes.ts";
import type { Columns, WantedColumns } from "./column.ts";
import type { DecodeOptions } from "./decode.ts";
import type { TextBatch } from "./source.ts";

/** csv-parse, of which Node and browsers have a build each. */
export interface CsvLibrary {
  /** Rows as they come. */
  readonly stream: typeof import("csv-parse").parse;
  /** All rows of a text. */
  readonly rows: typeof import("csv-parse/sync").parse;
}

export interface ReadOptions extends WantedColumns, DecodeOptions {
  /** For tables: what separates cells; `none` for one column. Default: detected. */
  readonly delimiter?: string | undefined;
  /** For tables: whether the first row names the columns. Default: detected. */
  readonly header?: boolean | undefined;
  /** Characters of the longest line or cell. */
  readonly maxLine?: number | undefined;
  /** Loads what reads tables. */
  readonly csv: () => Promise<CsvLibrary>;
  /** Called with the columns that were chosen, of which names, before the first text of them is given. */
  readonly onColumns: (chosen: Columns, names: readonly string[]) => void;
  /** Called with how a table is written, before its first text is given. */
  readonly onTable: (found: { readonly delimiter: string; readonly header: boolean }) => void;
  /** Called with a sentence for the user about what was guessed. */
  readonly note: (sentence: string) => void;
}

/** Texts, with a prompt each where the file has them, and where each stands in the file. */
export type Texts = Pick<TextBatch, "texts" | "prompts" | "conversations" | "documents"> &
  Required<Pick<TextBatch, "rows" | "unit">>;

/** One file format. */
export interface FileFormat {
  readonly name: string;
  /** In lower case, with the dot. */
  readonly extensions: readonly string[];
  /** The texts, some at a time. */
  read(file: FileBytes, options: ReadOptions): AsyncIterable<Texts>;
}
