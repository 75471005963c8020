/** Ids of tokens in a row: in memory, or in a file of which a few are read at a time. */
import type { SplitName } from "./split.ts";

/** Ids that are copied, a stretch at a time, from where they are stored. */
export interface StoredIds {
  readonly length: number;
  /** Copies the ids from `from` to before `to` into `out`, from place `at` on. */
  copy(from: number, to: number, out: Int32Array, at: number): void;
}

/** An array of any width, or ids that are stored elsewhere. */
export type Ids = ArrayLike<number> | StoredIds;

/** A split that is encoded already and stored elsewhere, such as in a file. Of its numbers only those asked for are read. */
export interface StoredSplit {
  readonly tokens: StoredIds;
  readonly items: number;
  /** Where the items begin among the tokens: of the items from `from` to `to`, and the end of the last: `to - from + 1` numbers. */
  offsets(from: number, to: number): Float64Array;
  /** Tokens of the prompt of each of these items; undefined where there are none. */
  prompts(from: number, to: number): Int32Array | undefined;
}

/** The splits of prepared data that is encoded already, in its own vocabulary alone. */
export interface EncodedSplits {
  /** Where they are stored. */
  readonly path: string;
  readonly splits: Readonly<Record<SplitName, StoredSplit>>;
}

/** Copies the ids from `from` to before `to` into `out`, from place `at` on. */
export function copyIds(ids: Ids, from: number, to: number, out: Int32Array, at: number): void {
  if ("copy" in ids) ids.copy(from, to, out, at);
  else for (let t = from; t < to; t++) out[at + t - from] = ids[t]!;
}

/** Ids of a piece of {@link inPieces}. */
const PIECE = 1 << 16;

/** All ids in their order, a piece at a time. A piece changes when the next one is asked for. */
export function* inPieces(ids: Ids): Generator<Int32Array> {
  const piece = new Int32Array(Math.min(PIECE, ids.length));
  for (let from = 0; from < ids.length; from += PIECE) {
    const to = Math.min(ids.length, from + PIECE);
    copyIds(ids, from, to, piece, 0);
    yield piece.subarray(0, to - from);
  }
}

/** The same ids with one before them. */
export const behind = (first: number, ids: StoredIds): StoredIds => ({
  length: ids.length + 1,
  copy(from, to, out, at) {
    if (from >= to) return;
    if (from > 0) return ids.copy(from - 1, to - 1, out, at);
    out[at] = first;
    ids.copy(0, to - 1, out, at + 1);
  },
});
