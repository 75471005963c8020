/**
 * Batches of whole items, such as one joke per row, padded on the right; for fine-tuning.
 *
 *     item "abc"        x = $ a b c . .     y = a b c $ . .     weights = 1 1 1 1 0 0      $ is endOfText
 *     item "defgh"      x = $ d e f g h     y = d e f g h $     weights = 1 1 1 1 1 1      . is padding
 *
 * The first token of an item is predicted from the start token and the last target is `endOfText`. An item
 * longer than a row goes on in a row of its own, which begins with the token before.
 */
import { UsageError } from "../../core/errors.ts";
import type { TokenStream } from "../tokens.ts";
import { type BatchSource, checkSizes, createBatchSource, type TokenBatch } from "./batch.ts";
import { createOrder } from "./order.ts";

export interface ItemOptions {
  /** Rows of a batch. */
  readonly batch: number;
  /** Most tokens of a row. */
  readonly length: number;
  /**
   * A batch is as long as its longest row, rounded up to a multiple of this and at most `length`.
   * Default `length`: all batches have one shape.
   */
  readonly multipleOf?: number;
  /** The id before the first token of an item. Default the stream's `endOfText`. */
  readonly start?: number;
  /** The id that fills a row up; it never counts. Default the stream's `endOfText`. */
  readonly pad?: number;
  readonly seed: number;
}

/**
 * Training batches in an order shuffled anew each epoch; a batch that an epoch does not fill goes on with the next
 * epoch's rows. `weights` always there, `fresh` always.
 */
export function itemBatches(stream: TokenStream, options: ItemOptions): BatchSource {
  const { batch, length, multipleOf = length, seed } = options;
  checkSizes({ batch, length, multipleOf });
  const rows = rowsOf(stream, length);
  const count = rows.from.length;
  const targets = stream.tokens.length;
  const place = createOrder(count, seed);
  const identity = { kind: "items", seed, tokens: targets, batch, length, multipleOf };
  const sizes = { targetsPerEpoch: targets, targetsPerBatch: (targets / count) * batch };
  return createBatchSource(identity, sizes, (position) => {
    const chosen = Array.from({ length: batch }, (_, row) => place(position * batch + row));
    return fill(stream, rows, chosen, options);
  });
}

/** Targets of each row: tokens from[r] to end[r]; `opens[r]` is 1 where the row begins an item. */
interface Rows {
  readonly from: Int32Array;
  readonly end: Int32Array;
  readonly opens: Uint8Array;
}

function rowsOf({ offsets }: TokenStream, length: number): Rows {
  const items = offsets.length - 1;
  if (items < 1) throw new UsageError("There are no items to make batches of; give a split that has some.");
  let count = 0;
  for (let i = 0; i < items; i++) count += Math.ceil((offsets[i + 1]! - offsets[i]!) / length);
  const rows = { from: new Int32Array(count), end: new Int32Array(count), opens: new Uint8Array(count) };
  let r = 0;
  for (let i = 0; i < items; i++) {
    for (let at = offsets[i]!; at < offsets[i + 1]!; at += length, r++) {
      rows.from[r] = at;
      rows.end[r] = Math.min(offsets[i + 1]!, at + length);
      rows.opens[r] = at === offsets[i] ? 1 : 0;
    }
  }
  return rows;
}

function fill(stream: TokenStream, rows: Rows, chosen: readonly number[], options: ItemOptions): TokenBatch {
  const { batch, length: most, multipleOf = most } = options;
  const { start = stream.endOfText, pad = stream.endOfText } = options;
  const longest = Math.max(...chosen.map((r) => rows.end[r]! - rows.from[r]!));
  const length = Math.min(most, Math.ceil(longest / multipleOf) * multipleOf);
  const x = new Int32Array(batch * length).fill(pad);
  const y = new Int32Array(batch * length).fill(pad);
  const weights = new Float32Array(batch * length);
  let targets = 0;
  for (const [row, r] of chosen.entries()) {
    const at = row * length;
    const from = rows.from[r]!;
    const n = rows.end[r]! - from;
    for (let t = 0; t < n; t++) {
      x[at + t] = t === 0 && rows.opens[r] === 1 ? start : stream.tokens[from + t - 1]!;
      y[at + t] = stream.tokens[from + t]!;
    }
    weights.fill(1, at, at + n);
    targets += n;
  }
  return { x, y, weights, targets, batch, length, fresh: true };
}
