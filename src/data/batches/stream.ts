/**
 * Batches that carry the hidden state: truncated back-propagation through time.
 *
 * The stream is cut into `batchSize` lanes of equal length. Each batch holds the next `seqLen` tokens of every
 * lane, so row b of a batch goes on where row b of the one before ended, and the recurrent state is carried from
 * batch to batch, without its gradient. With 3 lanes and windows of 4:
 *
 *     stream   a b c d e f g h i j k l m n o p q r s t u v w x y
 *
 *     lane 0   a b c d | e f g h |        batch 0: x = abcd, y = bcde      batch 1: x = efgh, y = fghi
 *     lane 1   i j k l | m n o p |                 x = ijkl, y = jklm               x = mnop, y = nopq
 *     lane 2   q r s t | u v w x | y               x = qrst, y = rstu               x = uvwx, y = vwxy
 *              fresh     carried                   (the label is the input shifted by one)
 *
 * Tokens too few for one more batch are left over; where the lanes begin moves by up to that many from epoch to
 * epoch, so that none is left over always.
 * Source: Zaremba, Sutskever and Vinyals, "Recurrent neural network regularization" (2014), section 4.
 */
import { hashPair } from "../hash.ts";
import { type Batch, type BatchSource, copyWindow, createBatchSource, type Ids, tooShort } from "./batch.ts";

export interface StreamOptions {
  /** Lanes, the rows of a batch. */
  readonly batchSize: number;
  /** Tokens of a lane in one batch. */
  readonly seqLen: number;
  readonly seed?: number;
}

/**
 * Endless training batches [batchSize, seqLen] over the stream; `fresh` at the beginning of each epoch.
 * @throws InputError `too-short` where the stream does not fill one batch.
 */
export function streamBatches(ids: Ids, options: StreamOptions): BatchSource {
  const { batchSize, seqLen, seed = 0 } = options;
  const targets = ids.length - 1;
  const perLane = Math.floor(targets / (batchSize * seqLen));
  if (perLane < 1) throw tooShort(ids.length, seqLen, batchSize);
  const lane = perLane * seqLen;
  const spare = targets - lane * batchSize;
  const identity = { kind: "stream", seed, tokens: ids.length, settings: { batchSize, seqLen } };
  return createBatchSource(identity, perLane, (position) => {
    const epoch = Math.floor(position / perLane);
    const step = position % perLane;
    const begin = (hashPair(seed, epoch) % (spare + 1)) + step * seqLen;
    const x = new Int32Array(batchSize * seqLen);
    const y = new Int32Array(batchSize * seqLen);
    for (let row = 0; row < batchSize; row++) copyWindow(ids, begin + row * lane, seqLen, x, y, row * seqLen);
    return { x, y, targets: x.length, batch: batchSize, length: seqLen, fresh: step === 0 };
  });
}

/**
 * One pass for evaluation: every target of the stream counts exactly once, with the state carried within each
 * lane. All batches have one shape; `weights` mark what fills up. With `batchSize` 1 nothing loses its context.
 * @throws InputError `too-short` where there is no target at all.
 */
export function* streamPass(ids: Ids, options: Omit<StreamOptions, "seed">): Generator<Batch> {
  const { batchSize, seqLen } = options;
  const targets = ids.length - 1;
  if (targets < 1) throw tooShort(ids.length, 1, 1);
  const lane = Math.ceil(targets / batchSize);
  for (let from = 0; from < lane; from += seqLen) {
    const x = new Int32Array(batchSize * seqLen);
    const y = new Int32Array(batchSize * seqLen);
    const weights = new Float32Array(batchSize * seqLen);
    let counted = 0;
    for (let row = 0; row < batchSize; row++) {
      const start = row * lane + from;
      const length = Math.min(seqLen, lane - from, targets - start);
      if (length <= 0) continue;
      copyWindow(ids, start, length, x, y, row * seqLen);
      weights.fill(1, row * seqLen, row * seqLen + length);
      counted += length;
    }
    yield { x, y, weights, targets: counted, batch: batchSize, length: seqLen, fresh: from === 0 };
  }
}
