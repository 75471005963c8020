/**
 * Whole items laid in rows of one length: one a row, or several. Those of a row do not see each other, so it does
 * not matter which come together; they are packed by best fit, longest first, once, and only the order of the rows
 * changes from epoch to epoch.
 * Source: Krell et al., "Efficient sequence packing without cross-contamination" (2021, arXiv 2107.02027), section 3.
 */
import { UsageError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import type { TokenStream } from "../tokens.ts";

/** Items longer than a row are split into pieces that do not see each other, or cut off. */
export type LongItems = "split" | "truncate";

export interface RowOptions {
  /** Tokens of a row. */
  readonly length: number;
  /** Whether a row has as many items as fit. Default false: one. */
  readonly packed?: boolean | undefined;
  /** Default `split`. */
  readonly long?: LongItems | undefined;
  /** Places that each piece needs before its tokens. Default 0. */
  readonly lead?: number | undefined;
}

/** Pieces of items, row after row. Row r has the pieces `starts[r]` to `starts[r + 1]`. */
export interface Rows {
  readonly starts: Int32Array;
  /** The tokens of the stream in each piece: `from` to `end`. */
  readonly from: Int32Array;
  readonly end: Int32Array;
  /** The first of them that is predicted: those before it are a prompt. */
  readonly counts: Int32Array;
  /** 1 where the piece begins its item. */
  readonly opens: Uint8Array;
  /** Tokens to predict, in all rows. */
  readonly targets: number;
  /** Places taken, of rows times length. */
  readonly filled: number;
  /** Items longer than a row. */
  readonly long: number;
  /** Items without any target, since the prompt alone fills the row and the rest is cut off. */
  readonly unlearned: number;
}

/** @throws UsageError where there is nothing to lay */
export function layRows(stream: TokenStream, options: RowOptions): Rows {
  const { length, packed = false, lead = 0 } = options;
  const { pieces, long, unlearned } = cut(stream, options);
  if (pieces.length === 0) {
    if (unlearned === 0)
      throw new UsageError("There are no items to make batches of; give a split that has some.");
    throw new UsageError(
      `The prompts fill the rows: each is as long as a row of ${length} tokens or longer, and ${option("longTexts", "truncate")} cuts off what is to be learned. Raise ${option("seqLen")}, or use ${option("longTexts", "split")}.`,
      { option: "longTexts", value: "truncate", length, items: unlearned },
    );
  }
  const rows = packed ? bestFit(pieces, length, lead) : pieces.map((piece) => [piece]);
  const laid = rows.flat();
  const starts = new Int32Array(rows.length + 1);
  for (const [r, row] of rows.entries()) starts[r + 1] = starts[r]! + row.length;
  return {
    starts,
    from: Int32Array.from(laid, (piece) => piece.from),
    end: Int32Array.from(laid, (piece) => piece.end),
    counts: Int32Array.from(laid, (piece) => piece.counts),
    opens: Uint8Array.from(laid, (piece) => Number(piece.opens)),
    targets: laid.reduce((sum, { counts, end }) => sum + end - counts, 0),
    filled: laid.reduce((sum, { from, end }) => sum + end - from + lead, 0),
    long,
    unlearned,
  };
}

interface Piece {
  readonly from: number;
  readonly end: number;
  readonly counts: number;
  readonly opens: boolean;
}

/** The items in pieces that fit a row; pieces without a target are left out. */
function cut({ offsets, prompts }: TokenStream, { length, long = "split", lead = 0 }: RowOptions) {
  const room = length - lead;
  if (room < 1) throw new UsageError(`A row of ${length} tokens has no room for a text; take longer ones.`);
  const pieces: Piece[] = [];
  let tooLong = 0;
  let unlearned = 0;
  for (let i = 0; i + 1 < offsets.length; i++) {
    const [begin, last] = [offsets[i]!, offsets[i + 1]!];
    const asked = begin + (prompts?.[i] ?? 0);
    if (last - begin > room) tooLong++;
    const stop = long === "split" ? last : Math.min(last, begin + room);
    if (asked >= stop) unlearned++;
    for (let from = begin; from < stop; from += room) {
      const end = Math.min(stop, from + room);
      const counts = Math.min(end, Math.max(from, asked));
      if (counts < end) pieces.push({ from, end, counts, opens: from === begin });
    }
  }
  return { pieces, long: tooLong, unlearned };
}

/** Each piece, longest first, goes into the fullest row that has room for it. */
function bestFit(pieces: readonly Piece[], length: number, lead: number): Piece[][] {
  const sizeOf = ({ from, end }: Piece) => end - from + lead;
  /** `open[n]`: the rows with n places left. */
  const open: Piece[][][] = Array.from({ length: length + 1 }, () => []);
  const rows: Piece[][] = [];
  for (const piece of pieces.toSorted((a, b) => sizeOf(b) - sizeOf(a))) {
    const size = sizeOf(piece);
    let left = size;
    while (left <= length && open[left]!.length === 0) left++;
    let row = open[left]?.pop();
    if (!row) {
      row = [];
      rows.push(row);
      left = length;
    }
    row.push(piece);
    open[left - size]!.push(row);
  }
  return rows;
}
