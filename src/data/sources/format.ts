/** What a file format is to the file source: a name, its extensions, and a reader of texts. */
import type { FileBytes } from "./bytes.ts";
import type { Columns, WantedColumns } from "./column.ts";
import type { TextBatch } from "./source.ts";

export interface ReadOptions extends WantedColumns {
  /** Told the columns that were chosen, before the first text of them is given. */
  readonly onColumns: (chosen: Columns) => void;
}

/** Texts, with a prompt each where the file has them. */
export type Texts = Pick<TextBatch, "texts" | "prompts">;

/** One file format. */
export interface FileFormat {
  readonly name: string;
  /** In lower case, with the dot. */
  readonly extensions: readonly string[];
  /** The texts, some at a time. */
  read(file: FileBytes, options: ReadOptions): AsyncIterable<Texts>;
}
