/** Counts and examples of a preparation: the document that `punchline data --json` prints. */
import { option } from "../core/options.ts";
import type { Reading } from "./sources/source.ts";
import type { SplitName } from "./split.ts";

/** One source, and how it was read where it is a file. */
export interface SourceSummary extends Partial<Reading> {
  readonly source: string;
  readonly format: string;
  readonly column: string | null;
  /** The column of the prompts; absent where there are none. */
  readonly prompt_column?: string | undefined;
  /** Rows of the source, those that it left out itself included. */
  readonly rows: number;
}

export interface LengthSummary {
  readonly min: number;
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

export interface DataSummary {
  /** Rows of all sources. `rows_in` is `rows_out` and all of `dropped` together. */
  readonly rows_in: number;
  /** Rows kept; the three `splits` together, where `unit` is items. */
  readonly rows_out: number;
  /** Rows dropped, by reason; only reasons that occurred. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Size of each split, in `unit`. */
  readonly splits: Readonly<Record<SplitName, number>>;
  /** Number of ids of the vocabulary. */
  readonly vocabulary: number;
  readonly vocabulary_kind: string;
  readonly unit: "items" | "characters";
  /** Share of the data wanted for each split but training. */
  readonly fractions: { readonly validation: number; readonly test: number };
  readonly sources: readonly SourceSummary[];
  /** Texts changed by each cleaning step that was on. */
  readonly cleaning: Readonly<Record<string, number>>;
  /** Letters of all texts, those that cleaning removed or altered, their share, and a piece of the first such text. */
  readonly cleaning_loss: {
    readonly letters: number;
    readonly changed: number;
    readonly share: number;
    readonly example: { readonly before: string; readonly after: string } | null;
  };
  /** Texts with line breaks inside them that became spaces. */
  readonly line_breaks: number;
  /**
   * Of conversations that a chat template wrote: turns of the assistant, and characters of all texts and of what is learned.
   * Null for other texts, absent in data of earlier versions.
   */
  readonly conversations?:
    | { readonly turns: number; readonly characters: number; readonly learned_characters: number }
    | null
    | undefined;
  /** How duplicates were found, or null where they were not looked for. */
  readonly duplicates: {
    readonly method: string;
    readonly thresholds: Readonly<Record<string, number>> | null;
  } | null;
  /** Texts that were dropped as near duplicates, three at most, each with the kept one that it is near. */
  readonly near_examples: readonly { readonly dropped: string; readonly kept: string }[];
  /** Characters (UTF-16 code units) of a kept text. */
  readonly lengths: LengthSummary;
  /** Three kept texts of the training split. */
  readonly examples: readonly string[];
  /** What you should know before training on this data, a sentence or two each. */
  readonly warnings: readonly string[];
  readonly fingerprint: string;
}

/** Lengths of `texts`; all 0 where there are none. */
export function lengthsOf(texts: readonly string[]): LengthSummary {
  const counts = new Map<number, number>();
  for (const { length } of texts) counts.set(length, (counts.get(length) ?? 0) + 1);
  return lengthsOfCounts(counts);
}

/** The same given how many texts have each length. */
export function lengthsOfCounts(counts: ReadonlyMap<number, number>): LengthSummary {
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const n = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (n === 0) return { min: 0, mean: 0, median: 0, p95: 0, max: 0 };
  const at = (share: number) => {
    let left = Math.min(n - 1, Math.floor(share * n));
    const reaches = ([, count]: readonly [number, number]) => {
      left -= count;
      return left < 0;
    };
    return sorted.find(reaches)![0];
  };
  const mean = sorted.reduce((sum, [length, count]) => sum + length * count, 0) / n;
  return {
    min: sorted[0]![0],
    mean: Math.round(mean * 10) / 10,
    median: at(0.5),
    p95: at(0.95),
    max: sorted.at(-1)![0],
  };
}

/** Why texts were dropped, and how many for each reason: `3 duplicate, 12 near duplicate`; empty where none were. */
export const droppedReasons = (dropped: DataSummary["dropped"]): string =>
  Object.entries(dropped)
    .map(([reason, n]) => `${n} ${reason.replaceAll("_", " ")}`)
    .join(", ");

/** A sentence for an error of too little text, where the preparation has dropped some; else empty. */
export function droppedRemark({ rows_in, dropped }: Pick<DataSummary, "rows_in" | "dropped">): string {
  const reasons = droppedReasons(dropped);
  if (reasons === "") return "";
  const remedy = dropped.near_duplicate ? `; ${option("nearDuplicates", false)} keeps near duplicates` : "";
  return ` Of ${rows_in} texts some were dropped: ${reasons}${remedy}.`;
}
