/**
 * Batches of whole items, such as one joke per row, padded on the right; for fine-tuning.
 *
 *     item "abc"        x = $ a b c . .     y = a b c $ . .     weights = 1 1 1 1 0 0      $ is endOfText
 *     item "defgh"      x = $ d e f g h     y = d e f g h $     weights = 1 1 1 1 1 1      . is padding
 *
 * The first token of an item is predicted from the start token and the last target is `endOfText`. An item
 * longer than a row goes on in the next row of the same batch order, beginning with its last token before.
 */
import { UsageError } from "../../core/errors.ts";
import { hashPair } from "../hash.ts";
import type { TokenStream } from "../tokens.ts";
import { type Batch, type BatchSource, createBatchSource } from "./batch.ts";
import { permute } from "./permutation.ts";

export interface ItemOptions {
  /** Rows of a batch. */
  readonly batchSize: number;
  /** Most tokens of a row. */
  readonly maxLength: number;
  /**
   * A batch is as long as its longest row, rounded up to a multiple of this and at most `maxLength`.
   * Default `maxLength`: all batches have one shape.
   */
  readonly multipleOf?: number;
  /** The id before the first token of an item. Default the stream's `endOfText`. */
  readonly start?: number;
  /** The id that fills a row up. Default the stream's `endOfText`; it never counts. */
  readonly pad?: number;
  readonly seed?: number;
}

/** Endless training batches in an order shuffled anew each epoch; a batch not filled goes on with the next epoch. */
export function itemBatches(stream: TokenStream, options: ItemOptions): BatchSource {
  const { batchSize, maxLength, seed = 0 } = options;
  const rows = rowsOf(stream, maxLength);
  const count = rows.from.length;
  const identity = {
    kind: "items",
    seed,
    tokens: stream.tokens.length,
    settings: { batchSize, maxLength, multipleOf: options.multipleOf ?? maxLength },
  };
  return createBatchSource(identity, count / batchSize, (position) => {
    const chosen = Array.from({ length: batchSize }, (_, row) => {
      const k = position * batchSize + row;
      return permute(k % count, count, hashPair(seed, Math.floor(k / count)));
    });
    return fill(stream, rows, chosen, options);
  });
}

/** One pass for evaluation, in order: every token of every item, and its end, counts exactly once. */
export function* itemPass(stream: TokenStream, options: Omit<ItemOptions, "seed">): Generator<Batch> {
  const rows = rowsOf(stream, options.maxLength);
  for (let first = 0; first < rows.from.length; first += options.batchSize) {
    const here = Math.min(options.batchSize, rows.from.length - first);
    yield fill(
      stream,
      rows,
      Array.from({ length: here }, (_, row) => first + row),
      options,
    );
  }
}

/** Targets of each row: tokens from[r] to end[r]; `opens[r]` is 1 where the row begins an item. */
interface Rows {
  readonly from: Int32Array;
  readonly end: Int32Array;
  readonly opens: Uint8Array;
}

function rowsOf({ offsets }: TokenStream, maxLength: number): Rows {
  if (!(maxLength >= 1)) throw new UsageError(`Rows of ${maxLength} tokens hold nothing; choose 1 or more.`);
  const items = offsets.length - 1;
  if (items < 1) throw new UsageError("There are no items to make batches of; give a split that has some.");
  let count = 0;
  for (let i = 0; i < items; i++) count += Math.ceil((offsets[i + 1]! - offsets[i]!) / maxLength);
  const rows = { from: new Int32Array(count), end: new Int32Array(count), opens: new Uint8Array(count) };
  let r = 0;
  for (let i = 0; i < items; i++) {
    for (let at = offsets[i]!; at < offsets[i + 1]!; at += maxLength, r++) {
      rows.from[r] = at;
      rows.end[r] = Math.min(offsets[i + 1]!, at + maxLength);
      rows.opens[r] = at === offsets[i] ? 1 : 0;
    }
  }
  return rows;
}

/** The batch of the chosen rows, filled up with empty rows to `batchSize`. */
function fill(stream: TokenStream, rows: Rows, chosen: readonly number[], options: ItemOptions): Batch {
  const { batchSize, maxLength, multipleOf = maxLength } = options;
  const { start = stream.endOfText, pad = stream.endOfText } = options;
  const longest = Math.max(...chosen.map((r) => rows.end[r]! - rows.from[r]!));
  const length = Math.min(maxLength, Math.ceil(longest / multipleOf) * multipleOf);
  const x = new Int32Array(batchSize * length).fill(pad);
  const y = new Int32Array(batchSize * length).fill(pad);
  const weights = new Float32Array(batchSize * length);
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
  return { x, y, weights, targets, batch: batchSize, length, fresh: true };
}
