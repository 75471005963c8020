/** The rows of every batch that one of several processes reads: together they read each row of every batch once. */
import type { BatchSource, TokenBatch } from "./batch.ts";

/** Rows from one to before another. */
export interface RowShare {
  readonly from: number;
  readonly to: number;
}

/** The same batches in the same order, of each these rows alone. Their place is that of the whole batches. */
export function shareOfBatches(batches: BatchSource, share: RowShare): BatchSource {
  return { ...batches, next: () => rowsOfBatch(batches.next(), share) };
}

/** Some rows of a batch; `targets` counts those of these rows. */
export function rowsOfBatch(whole: TokenBatch, { from, to }: RowShare): TokenBatch {
  const { batch: rows, length, restarts } = whole;
  const batch = to - from;
  if (batch === rows) return whole;
  const part = <T extends Int32Array | Float32Array>(values: T): T =>
    values.subarray(from * length, to * length) as T;
  const common = {
    x: part(whole.x),
    positions: whole.positions && part(whole.positions),
    documents: whole.documents && part(whole.documents),
    batch,
    length,
    fresh: whole.fresh,
    restarts: restarts?.filter((row) => row >= from && row < to).map((row) => row - from),
  };
  if (whole.at) return { ...common, ...hiddenIn(whole, whole.at, { from, to }) };
  const weights = whole.weights && part(whole.weights);
  // Where all count, each row has as many: one, of models that predict after the window.
  const targets = weights ? weights.reduce((n, w) => n + w, 0) : (whole.targets / rows) * batch;
  return { ...common, y: part(whole.y), weights, targets };
}

/** Standard deviations by which the hidden tokens of a few rows may exceed their expected number before a graph is made again. */
const DEVIATIONS = 8;

/** The hidden tokens of these rows. There are as many places as nearly every batch needs, so that one graph serves all. */
function hiddenIn(
  { y, weights, batch, length }: TokenBatch,
  at: Int32Array,
  { from, to }: RowShare,
): Pick<TokenBatch, "at" | "y" | "weights" | "targets"> {
  const [first, end] = [from * length, to * length];
  const own = Array.from(at.keys()).filter((i) => weights![i] !== 0 && at[i]! >= first && at[i]! < end);
  const expected = (at.length * (to - from)) / batch;
  const usual = Math.ceil(expected + DEVIATIONS * Math.sqrt(expected));
  const places = Math.max(own.length, Math.min(usual, at.length, end - first));
  const out = { at: new Int32Array(places), y: new Int32Array(places), weights: new Float32Array(places) };
  for (const [i, k] of own.entries()) {
    out.at[i] = at[k]! - first;
    out.y[i] = y[k]!;
    out.weights[i] = 1;
  }
  return { ...out, targets: own.length };
}
