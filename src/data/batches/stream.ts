/**
 * Batches that carry the hidden state: truncated back-propagation through time.
 *
 * The stream is cut into `batch` lanes of equal length. Each batch holds the next `length` tokens of every lane,
 * so row b of a batch continues row b of the batch before, and the recurrent state is carried from batch
 * to batch, without its gradient. With 3 lanes and windows of 4:
 *
 *     stream   a b c d e f g h i j k l m n o p q r s t u v w x y
 *
 *     lane 0   a b c d | e f g h |        batch 0: x = abcd, y = bcde      batch 1: x = efgh, y = fghi
 *     lane 1   i j k l | m n o p |                 x = ijkl, y = jklm               x = mnop, y = nopq
 *     lane 2   q r s t | u v w x | y               x = qrst, y = rstu               x = uvwx, y = vwxy
 *              fresh     carried                   (the label is the input shifted by one)
 *
 * Tokens too few for one more batch are left over; the beginning of the lanes moves by up to that many from epoch
 * to epoch, so that no token is always left over.
 * Source: Zaremba, Sutskever and Vinyals, "Recurrent neural network regularization" (2014), section 4.
 */
import { checkOptions, optionNames } from "../../core/options.ts";
import { Random } from "../../core/random.ts";
import type { Ids } from "../ids.ts";
import { type BatchSource, checkSizes, copyWindow, createBatchSource, tooShort } from "./batch.ts";

export interface StreamOptions {
  /** Lanes, the rows of a batch. */
  readonly batch: number;
  /** Tokens of a lane in one batch. */
  readonly length: number;
  readonly seed: number;
  /**
   * A token that a text may begin with, such as the end of a line: the state of a lane is reset where a window begins
   * with it. Default: none.
   */
  readonly restart?: number | undefined;
}

const streamNames = optionNames<keyof StreamOptions>()("batch length seed restart");

/**
 * Training batches [batch, length] over the stream; `fresh` at the beginning of each epoch.
 * @throws InputError `too-short` where the stream does not fill one batch
 */
export function streamWindows(ids: Ids, options: StreamOptions): BatchSource {
  const { batch, length, seed, restart } = checkOptions(options, streamNames);
  checkSizes({ batch, length });
  const steps = Math.floor((ids.length - 1) / (batch * length));
  if (steps < 1) throw tooShort(ids.length, length, batch);
  const lane = steps * length;
  const spare = ids.length - 1 - lane * batch;
  const shifts = new Random(seed, "lanes");
  const identity = {
    kind: "stream",
    seed,
    tokens: ids.length,
    batch,
    length,
    ...(restart === undefined ? {} : { restart }),
  };
  const sizes = { targetsPerEpoch: lane * batch, targetsPerBatch: batch * length };
  return createBatchSource(identity, sizes, (position) => {
    const step = position % steps;
    const begin = shifts.below(spare + 1, Math.floor(position / steps)) + step * length;
    const x = new Int32Array(batch * length);
    const y = new Int32Array(batch * length);
    for (let row = 0; row < batch; row++) copyWindow(ids, begin + row * lane, length, x, y, row * length);
    const rows = Array.from({ length: batch }, (_, row) => row);
    const restarts = restart === undefined ? [] : rows.filter((row) => x[row * length] === restart);
    return { x, y, targets: x.length, batch, length, fresh: step === 0, restarts };
  });
}
