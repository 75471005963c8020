/**
 * Batches of whole items, such as jokes, padded or packed into rows; for fine-tuning.
 *
 *     one a row     x = $ a b c . .   y = a b c $ . .   weights = 1 1 1 1 0 0      $ is endOfText
 *                   x = $ d e f g h   y = d e f g h $   weights = 1 1 1 1 1 1      . is padding
 *
 *     packed        x = $ a b c $ d   y = a b c $ d $   weights = 1 1 1 1 1 1      items "abc" and "d"
 *                   positions 0 1 2 3 0 1               documents 0 0 0 0 1 1
 *
 * The first token of an item is predicted from the start token and the last target is `endOfText`. A model with
 * document masks keeps packed items from seeing each other. Targets in an item's prompt do not count.
 */
import { copyIds } from "../ids.ts";
import type { ItemStream } from "../tokens.ts";
import {
  type BatchSource,
  checkSizes,
  createBatchSource,
  createOrder,
  type TargetSpan,
  type TokenBatch,
} from "./batch.ts";
import { type LongItems, layRows, type Rows } from "./rows.ts";

export interface ItemOptions {
  /** Rows of a batch. */
  readonly batch: number;
  /** Most tokens of a row. */
  readonly length: number;
  /** Whether a row may have several items. Default false. */
  readonly packed?: boolean | undefined;
  /** Whether items longer than a row are split or cut off. Default `split`. */
  readonly long?: LongItems | undefined;
  /**
   * A batch is as long as its longest row, rounded up to a multiple of this and at most `length`.
   * Default `length`: all batches have one shape.
   */
  readonly multipleOf?: number | undefined;
  /** The id before the first token of an item. Default the stream's `start`. */
  readonly start?: number | undefined;
  /** The padding id; it never counts. Default the stream's `endOfText`. */
  readonly pad?: number | undefined;
}

/**
 * Training batches in an order that is shuffled each epoch; a batch that an epoch does not fill continues with the
 * next epoch's rows. Every batch has `weights` and is `fresh`.
 */
export function itemBatches(
  stream: ItemStream,
  options: ItemOptions & { readonly seed: number },
): BatchSource {
  const { batch, length, packed = false, long = "split", multipleOf = length, seed } = options;
  checkSizes({ batch, length, multipleOf });
  const rows = layRows(stream, options);
  const identity = {
    kind: packed ? "packed items" : "items",
    seed,
    tokens: stream.tokens.length,
    targets: rows.targets,
    batch,
    length,
    multipleOf,
    long,
  };
  const count = rows.starts.length - 1;
  const place = createOrder(count, seed);
  return createBatchSource(identity, sizesOf(stream, rows, options), (position) => {
    const chosen = Array.from({ length: batch }, (_, row) => place(position * batch + row));
    return fill(stream, rows, chosen, options);
  });
}

/** Every item once, in batches of one shape; the last one is padded with rows in which nothing counts. */
export function* itemPass(stream: ItemStream, options: ItemOptions): Generator<TokenBatch> {
  const { batch } = options;
  const rows = layRows(stream, options);
  const count = rows.starts.length - 1;
  for (let k = 0; k < count; k += batch) {
    const chosen = Array.from({ length: Math.min(batch, count - k) }, (_, row) => k + row);
    yield fill(stream, rows, chosen, options);
  }
}

/** The sizes and layout of a source of item batches. */
export function sizesOf(
  stream: ItemStream,
  rows: Rows,
  { batch, length, packed = false, long = "split" }: ItemOptions,
) {
  const count = rows.starts.length - 1;
  return {
    targetsPerEpoch: rows.targets,
    targetsPerBatch: (rows.targets / count) * batch,
    layout: {
      items: stream.offsets.length - 1,
      packed,
      rows: count,
      length,
      filled: rows.filled / (count * length),
      long: rows.long,
      longItems: rows.leftOut > 0 ? ("leave" as const) : long,
      unlearned: rows.unlearned,
    },
  };
}

function fill(stream: ItemStream, rows: Rows, chosen: readonly number[], options: ItemOptions): TokenBatch {
  const { batch, length: most, packed = false, multipleOf = most } = options;
  const { start = stream.start ?? stream.endOfText, pad = stream.endOfText } = options;
  const { starts, from, end, counts, opens } = rows;
  const sizeOf = (r: number) => {
    let size = 0;
    for (let p = starts[r]!; p < starts[r + 1]!; p++) size += end[p]! - from[p]!;
    return size;
  };
  const longest = Math.max(...chosen.map(sizeOf));
  const length = Math.min(most, Math.ceil(longest / multipleOf) * multipleOf);
  const places = batch * length;
  const x = new Int32Array(places).fill(pad);
  const y = new Int32Array(places).fill(pad);
  const weights = new Float32Array(places);
  const positions = new Int32Array(places);
  const documents = new Int32Array(places).fill(-1);
  const spans: TargetSpan[] = [];
  let targets = 0;
  for (const [row, r] of chosen.entries()) {
    let at = row * length;
    for (let p = starts[r]!; p < starts[r + 1]!; p++) {
      const [first, n] = [from[p]!, end[p]! - from[p]!];
      if (opens[p] === 1) x[at] = start;
      else copyIds(stream.tokens, first - 1, first, x, at);
      copyIds(stream.tokens, first, first + n, y, at);
      for (let t = 1; t < n; t++) {
        x[at + t] = y[at + t - 1]!;
        positions[at + t] = t;
      }
      documents.fill(p - starts[r]!, at, at + n);
      for (const [place, stop] of stretches(stream, counts[p]!, end[p]!)) {
        const there = at + place - first;
        weights.fill(1, there, there + stop - place);
        spans.push({ at: there, length: stop - place, place });
        targets += stop - place;
      }
      at += n;
    }
  }
  const several = packed ? { positions, documents } : {};
  return { x, y, weights, targets, spans, batch, length, fresh: true, ...several };
}

/** The stretches from `from` to before `end` that are learned. */
function* stretches(
  { learned }: Pick<ItemStream, "learned">,
  from: number,
  end: number,
): Generator<[from: number, end: number]> {
  if (!learned) return yield [from, end];
  const own = learned.subarray(0, end);
  for (let first = own.indexOf(1, from); first >= 0; ) {
    const stop = own.indexOf(0, first);
    yield [first, stop < 0 ? end : stop];
    first = stop < 0 ? -1 : own.indexOf(1, stop);
  }
}
