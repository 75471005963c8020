/** What a file format is to the file source: a name, its extensions, and a reader of texts. */
import type { FileBytes } from "./bytes.ts";

export interface ReadOptions {
  readonly column?: string;
  /** Told the column that was chosen, before the first text of it is given. */
  readonly onColumn: (name: string) => void;
}

/** One file format. */
export interface FileFormat {
  readonly name: string;
  /** In lower case, with the dot. */
  readonly extensions: readonly string[];
  /** The texts, some at a time. */
  read(file: FileBytes, options: ReadOptions): AsyncIterable<string[]>;
}
