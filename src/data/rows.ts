/**
 * Where a text stands in the file, or other source, that it was read from: through cleaning, the search for duplicates and
 * the split, each text keeps one number.
 */
import type { RowUnit, TextBatch } from "./sources/source.ts";
import { type SplitName, splitNames } from "./split.ts";

/** One place in a source. */
export interface TextPlace {
  /** The source as it was given; a file of a data set of the Hub as `hf:owner/name/FILE`. */
  readonly source: string;
  readonly unit: RowUnit;
  /** Counted from 1. A text of several lines has the number of its first. */
  readonly row: number;
}

/** The sources of some texts, and a number for each text, from which `placeOf` finds its source and row. */
export interface TextRows {
  /** `before`: the highest number of the sources before this one. */
  readonly sources: readonly {
    readonly source: string;
    readonly unit: RowUnit;
    readonly before: number;
  }[];
  /** A number for each text of a split; 0 where its row is not known. */
  readonly splits: Readonly<Record<SplitName, Uint32Array>>;
  /** The same for the dropped texts. */
  readonly dropped: Uint32Array;
}

/** The place that a number of {@link TextRows} stands for; null where it is not known. */
export function placeOf({ sources }: Pick<TextRows, "sources">, number: number): TextPlace | null {
  if (number === 0) return null;
  const found = sources.findLast(({ before }) => before < number);
  return found ? { source: found.source, unit: found.unit, row: number - found.before } : null;
}

/** The same with other names of the sources. */
export const renamed = (rows: TextRows, nameOf: (source: string) => string): TextRows => ({
  ...rows,
  sources: rows.sources.map((one) => ({ ...one, source: nameOf(one.source) })),
});

/** Gives each text that is read its number. */
export class RowCounter {
  readonly #sources: { source: string; unit: RowUnit; before: number }[] = [];
  #highest = 0;

  /** Whether the row of any text is known. */
  get known(): boolean {
    return this.#sources.length > 0;
  }

  /** The numbers of one batch: of the texts, and of those that the source left out. */
  batch({ source, rows, droppedRows = {}, unit = "row" }: TextBatch): {
    text(i: number): number;
    dropped(reason: string, i: number): number;
  } {
    if (source === undefined) return { text: () => 0, dropped: () => 0 };
    let last = this.#sources.at(-1);
    if (last?.source !== source || last.unit !== unit) {
      last = { source, unit, before: this.#highest };
      this.#sources.push(last);
    }
    const { before } = last;
    const numbered = (row: number | undefined): number => {
      if (row === undefined) return 0;
      this.#highest = Math.max(this.#highest, before + row);
      return before + row;
    };
    return {
      text: (i) => numbered(rows?.[i]),
      dropped: (reason, i) => numbered(droppedRows[reason]?.[i]),
    };
  }

  rows(splits: Readonly<Record<SplitName, readonly number[]>>, dropped: readonly number[]): TextRows {
    return {
      sources: this.#sources,
      splits: numbersBySplit(splits),
      dropped: Uint32Array.from(dropped),
    };
  }
}

export const numbersBySplit = (splits: Readonly<Record<SplitName, readonly number[]>>): TextRows["splits"] =>
  Object.fromEntries(splitNames.map((name) => [name, Uint32Array.from(splits[name])])) as Record<
    SplitName,
    Uint32Array
  >;
