/**
 * Whole items laid in rows of one length: one a row, or several. Those of a row do not see each other, so it does
 * not matter which come together; they are packed by best fit, longest first, once, and only the order of the rows
 * changes from epoch to epoch.
 * Source: Krell et al., "Efficient sequence packing without cross-contamination" (2021, arXiv 2107.02027), section 3.
 */
import { UsageError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import type { ItemStream } from "../tokens.ts";

/** Items longer than a row are split into pieces that do not see each other, or cut off. */
export type LongItems = "split" | "truncate";

export interface RowOptions {
  /** Tokens of a row. */
  readonly length: number;
  /** Whether a row has as many items as fit. Default false: one. */
  readonly packed?: boolean | undefined;
  /** Default `split`; complete items of which stretches are learned are left out by default. */
  readonly long?: LongItems | undefined;
  /** Places that each piece needs before its tokens. Default 0. */
  readonly lead?: number | undefined;
}

/** Places in a stream, in the width of its offsets. */
type Places = Int32Array | Float64Array;

/** Pieces of items, row after row. Row r has the pieces `starts[r]` to `starts[r + 1]`. */
export interface Rows {
  readonly starts: Int32Array;
  /** The tokens of the stream in each piece: `from` to `end`. */
  readonly from: Places;
  readonly end: Places;
  /** The first of them that is predicted: those before it are a prompt. */
  readonly counts: Places;
  /** 1 where the piece begins its item. */
  readonly opens: Uint8Array;
  /** Tokens to predict, in all rows. */
  readonly targets: number;
  /** Places taken, of rows times length. */
  readonly filled: number;
  /** Items longer than a row. */
  readonly long: number;
  /** Those of them that are left out. */
  readonly leftOut: number;
  /** Items without any target, since the prompt alone fills the row and the rest is cut off. */
  readonly unlearned: number;
}

/** @throws UsageError where there is nothing to lay */
export function layRows(stream: ItemStream, options: RowOptions): Rows {
  const { length, packed = false, lead = 0 } = options;
  if (length - lead < 1)
    throw new UsageError(`A row of ${length} tokens has no room for a text; take longer ones.`);
  const { pieces, long, leftOut, unlearned } = cut(stream, options);
  const count = pieces.from.length;
  if (count === 0) {
    if (leftOut > 0)
      throw new UsageError(
        `Each of the ${leftOut} conversations is longer than a row of ${length} tokens and would be left out, so nothing is learned; raise ${option("seqLen")}, or use ${option("longTexts", "split")}.`,
        { option: "seqLen", value: length, items: leftOut },
      );
    if (unlearned === 0)
      throw new UsageError("There are no items to make batches of; give a split that has some.");
    throw new UsageError(
      `The prompts fill the rows: each is as long as a row of ${length} tokens or longer, and ${option("longTexts", "truncate")} cuts off what is to be learned. Raise ${option("seqLen")}, or use ${option("longTexts", "split")}.`,
      { option: "longTexts", value: "truncate", length, items: unlearned },
    );
  }
  let targets = 0;
  let filled = 0;
  for (let p = 0; p < count; p++) {
    targets += targetsIn(stream, pieces.counts[p]!, pieces.end[p]!);
    filled += pieces.end[p]! - pieces.from[p]! + lead;
  }
  const sums = { targets, filled, long, leftOut, unlearned };
  if (!packed) return { starts: Int32Array.from({ length: count + 1 }, (_, r) => r), ...pieces, ...sums };
  const { starts, order } = bestFit(pieces, length, lead);
  const inOrder = <T extends Places | Uint8Array>(values: T): T => {
    const out = values.slice() as T;
    for (let p = 0; p < count; p++) out[p] = values[order[p]!]!;
    return out;
  };
  const { from, end, counts, opens } = pieces;
  const laid = { from: inOrder(from), end: inOrder(end), counts: inOrder(counts), opens: inOrder(opens) };
  return { starts, ...laid, ...sums };
}

type Pieces = Pick<Rows, "from" | "end" | "counts" | "opens">;

/** Tokens to predict from `from` to before `end`. */
const targetsIn = ({ learned }: Pick<ItemStream, "learned">, from: number, end: number): number =>
  learned ? learned.subarray(from, end).reduce((sum, one) => sum + one, 0) : end - from;

/** The items in pieces that fit a row; pieces without a target are left out. */
function cut({ offsets, prompts, learned }: ItemStream, options: RowOptions) {
  const { length, long = learned ? "leave" : "split", lead = 0 } = options;
  const room = length - lead;
  let tooLong = 0;
  let leftOut = 0;
  let unlearned = 0;
  const items = offsets.length - 1;
  /** Calls `piece` for every piece of every item. */
  const each = (piece: (from: number, end: number, counts: number, opens: boolean) => void) => {
    tooLong = 0;
    leftOut = 0;
    unlearned = 0;
    for (let i = 0; i < items; i++) {
      // The first token of a complete item is read alone: it takes the place of the start before the others.
      const [begin, last] = [offsets[i]! + (learned ? 1 : 0), offsets[i + 1]!];
      if (last - begin > room) tooLong++;
      if (last - begin > room && long === "leave") {
        leftOut++;
        continue;
      }
      const stop = long === "split" ? last : Math.min(last, begin + room);
      const first = learned ? learned.subarray(0, stop).indexOf(1, begin) : begin + (prompts?.[i] ?? 0);
      const asked = first < 0 ? stop : first;
      if (asked >= stop) unlearned++;
      for (let from = begin; from < stop; from += room) {
        const end = Math.min(stop, from + room);
        const counts = Math.min(end, Math.max(from, asked));
        if (targetsIn({ learned }, counts, end) > 0) piece(from, end, counts, !learned && from === begin);
      }
    }
  };
  let count = 0;
  each(() => void count++);
  const places = (): Places =>
    offsets instanceof Float64Array ? new Float64Array(count) : new Int32Array(count);
  const pieces: Pieces = { from: places(), end: places(), counts: places(), opens: new Uint8Array(count) };
  let p = 0;
  each((from, end, counts, opens) => {
    pieces.from[p] = from;
    pieces.end[p] = end;
    pieces.counts[p] = counts;
    pieces.opens[p++] = Number(opens);
  });
  return { pieces, long: tooLong, leftOut, unlearned };
}

/**
 * Each piece, longest first, goes into the fullest row that has room for it.
 * @returns the pieces in the order of the rows
 */
function bestFit(
  { from, end }: Pieces,
  length: number,
  lead: number,
): { starts: Int32Array; order: Int32Array } {
  const count = from.length;
  const sizeOf = (p: number) => end[p]! - from[p]! + lead;
  const longestFirst = bySize(count, length, sizeOf);
  /** Rows with n places left: the last of them, and the one before each; -1 for none. */
  const last = new Int32Array(length + 1).fill(-1);
  const before = new Int32Array(count);
  const rowOf = new Int32Array(count);
  let rows = 0;
  for (const p of longestFirst) {
    const size = sizeOf(p);
    let left = size;
    while (left <= length && last[left]! < 0) left++;
    let row: number;
    if (left > length) {
      row = rows++;
      left = length;
    } else {
      row = last[left]!;
      last[left] = before[row]!;
    }
    rowOf[p] = row;
    before[row] = last[left - size]!;
    last[left - size] = row;
  }
  const starts = new Int32Array(rows + 1);
  for (let p = 0; p < count; p++) starts[rowOf[p]! + 1]!++;
  for (let r = 0; r < rows; r++) starts[r + 1]! += starts[r]!;
  const next = starts.slice();
  const order = new Int32Array(count);
  for (const p of longestFirst) order[next[rowOf[p]!]!++] = p;
  return { starts, order };
}

/** The numbers below `count`, those of the largest size first, equal ones in their order. */
function bySize(count: number, most: number, sizeOf: (p: number) => number): Int32Array {
  const next = new Int32Array(most + 2);
  for (let p = 0; p < count; p++) next[most - sizeOf(p) + 1]!++;
  for (let k = 0; k <= most; k++) next[k + 1]! += next[k]!;
  const sorted = new Int32Array(count);
  for (let p = 0; p < count; p++) sorted[next[most - sizeOf(p)]!++] = p;
  return sorted;
}
