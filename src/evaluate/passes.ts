/**
 * One pass over a stream for scoring: every token after the first counts exactly once. All batches of a
 * pass have one shape; `weights` mark the targets that count.
 */
import { copyWindow, type TokenBatch } from "../data/batches/batch.ts";

type Ids = ArrayLike<number>;

export interface PassSizes {
  /** Rows of a batch. */
  readonly batch: number;
  /** Tokens of a row. */
  readonly length: number;
}

/** The stream cut into one lane a row, each read on from batch to batch with its state carried. */
export function* lanes(ids: Ids, sizes: PassSizes): Generator<TokenBatch> {
  const targets = ids.length - 1;
  const lane = Math.ceil(targets / sizes.batch);
  for (let from = 0; from < lane; from += sizes.length) {
    const rows = Array.from({ length: sizes.batch }, (_, row) => {
      const start = row * lane + from;
      return { start, from: 0, to: Math.max(0, Math.min(sizes.length, lane - from, targets - start)) };
    });
    yield fill(ids, sizes, rows, from === 0);
  }
}

/**
 * Windows that overlap: of each but the first only the targets that no window before it has had count,
 * so that they have at least `length - stride` tokens of context.
 */
export function* windows(ids: Ids, sizes: PassSizes, stride: number): Generator<TokenBatch> {
  const targets = ids.length - 1;
  const all: Row[] = [];
  for (let done = 0; done < targets; ) {
    const end = Math.min(targets, done === 0 ? sizes.length : done + stride);
    const start = Math.max(0, end - sizes.length);
    all.push({ start, from: done - start, to: end - start });
    done = end;
  }
  for (let k = 0; k < all.length; k += sizes.batch)
    yield fill(ids, sizes, all.slice(k, k + sizes.batch), true);
}

/** A window for every target, which stands after the window's last token; before the stream stands its first token again. */
export function* endings(ids: Ids, sizes: PassSizes): Generator<TokenBatch> {
  const { length } = sizes;
  const padded = new Int32Array(ids.length + length - 1).fill(ids[0]!);
  padded.set(ids as Int32Array, length - 1);
  for (let k = 0; k < ids.length - 1; k += sizes.batch) {
    const rows = Array.from({ length: Math.min(sizes.batch, ids.length - 1 - k) }, (_, row) => ({
      start: k + row,
      from: length - 1,
      to: length,
    }));
    yield fill(padded, sizes, rows, true);
  }
}

/** A row of a batch: where it starts in the stream, and which of its targets count. */
interface Row {
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

function fill(ids: Ids, { batch, length }: PassSizes, rows: readonly Row[], fresh: boolean): TokenBatch {
  const x = new Int32Array(batch * length);
  const y = new Int32Array(batch * length);
  const weights = new Float32Array(batch * length);
  let targets = 0;
  rows.forEach(({ start, from, to }, row) => {
    if (to <= from) return;
    copyWindow(ids, start, to, x, y, row * length);
    weights.fill(1, row * length + from, row * length + to);
    targets += to - from;
  });
  return { x, y, weights, targets, batch, length, fresh };
}
