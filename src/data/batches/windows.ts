/**
 * Batches of independent windows, for models that carry no state from one batch to the next.
 *
 * A window begins every `stride` tokens; their order is shuffled anew each epoch. With windows of 4, stride 2 and
 * 2 windows a batch:
 *
 *     stream     a b c d e f g h i j k
 *
 *     window 0  [a b c d]e                       batch 0: x = efgh, y = fghi    (window 2)
 *     window 1      [c d e f]g                            x = abcd, y = bcde    (window 0)
 *     window 2          [e f g h]i               batch 1: x = ghij, y = hijk    (window 3)
 *     window 3              [g h i j]k                    x = cdef, y = defg    (window 1)
 *                                                (the label is the input shifted by one)
 *
 * `order: "random"` draws the beginning of each window instead, any place being as likely, with replacement.
 */
import { hashPair } from "../hash.ts";
import { type Batch, type BatchSource, copyWindow, createBatchSource, type Ids, tooShort } from "./batch.ts";
import { permute } from "./permutation.ts";

export interface WindowOptions {
  /** Windows in a batch. */
  readonly batchSize: number;
  /** Tokens of a window. */
  readonly seqLen: number;
  /** Tokens from the beginning of one window to that of the next. Default `seqLen`. */
  readonly stride?: number;
  /** `shuffled`: each window once an epoch. `random`: drawn with replacement. Default `shuffled`. */
  readonly order?: "shuffled" | "random";
  readonly seed?: number;
}

/**
 * Endless training batches [batchSize, seqLen]; `fresh` always. A batch that an epoch does not fill goes on with
 * the next epoch's windows, and where an epoch's windows begin moves by up to the tokens that are left over.
 * @throws InputError `too-short` where the stream holds no window.
 */
export function windowBatches(ids: Ids, options: WindowOptions): BatchSource {
  const { batchSize, seqLen, stride = seqLen, order = "shuffled", seed = 0 } = options;
  const last = ids.length - 1 - seqLen;
  if (last < 0) throw tooShort(ids.length, seqLen, 1);
  const count = Math.floor(last / stride) + 1;
  const spare = last - (count - 1) * stride;
  const startOf = (k: number): number => {
    if (order === "random") return uniform(hashPair(seed, k), hashPair(seed ^ 0x5bd1e995, k), last + 1);
    const epoch = Math.floor(k / count);
    const shift = hashPair(seed, epoch) % (spare + 1);
    return shift + stride * permute(k % count, count, hashPair(seed ^ 0x5bd1e995, epoch));
  };
  const identity = {
    kind: "windows",
    seed,
    tokens: ids.length,
    settings: { batchSize, seqLen, stride, order },
  };
  return createBatchSource(identity, count / batchSize, (position) => {
    const x = new Int32Array(batchSize * seqLen);
    const y = new Int32Array(batchSize * seqLen);
    for (let row = 0; row < batchSize; row++) {
      copyWindow(ids, startOf(position * batchSize + row), seqLen, x, y, row * seqLen);
    }
    return { x, y, targets: x.length, batch: batchSize, length: seqLen, fresh: true };
  });
}

/**
 * One pass for evaluation: every target counts exactly once. With a `stride` below `seqLen` windows overlap, and
 * of each but the first only the targets that no window before it has had count, so that they have at least
 * `seqLen - stride` tokens of context. The last batch is filled up with rows of weight 0.
 * @throws InputError `too-short` where there is no target at all.
 */
export function* windowPass(ids: Ids, options: Omit<WindowOptions, "seed" | "order">): Generator<Batch> {
  const { batchSize, seqLen, stride = seqLen } = options;
  const targets = ids.length - 1;
  if (targets < 1) throw tooShort(ids.length, 1, 1);
  const step = Math.min(stride, seqLen);
  const windows = targets <= seqLen ? 1 : 1 + Math.ceil((targets - seqLen) / step);
  for (let first = 0; first < windows; first += batchSize) {
    const x = new Int32Array(batchSize * seqLen);
    const y = new Int32Array(batchSize * seqLen);
    const weights = new Float32Array(batchSize * seqLen);
    let counted = 0;
    for (let row = 0; row < batchSize && first + row < windows; row++) {
      const k = first + row;
      const start = Math.max(0, Math.min(k * step, targets - seqLen));
      const length = Math.min(seqLen, targets - start);
      const done = k === 0 ? 0 : (k - 1) * step + seqLen;
      copyWindow(ids, start, length, x, y, row * seqLen);
      weights.fill(1, row * seqLen + Math.max(0, done - start), row * seqLen + length);
      counted += start + length - Math.max(done, start);
    }
    yield { x, y, weights, targets: counted, batch: batchSize, length: seqLen, fresh: true };
  }
}

/** An integer from 0 to `below - 1` of 53 random bits. */
function uniform(a: number, b: number, below: number): number {
  return Math.floor(((a >>> 5) * 2 ** 26 + (b >>> 6)) * 2 ** -53 * below);
}
