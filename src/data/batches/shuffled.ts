/**
 * Batches of independent windows, for models that carry no state from one batch to the next.
 *
 * A window begins every `stride` tokens; their order is shuffled each epoch. With windows of 4, stride 2 and
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
import { checkOptions, optionNames } from "../../core/options.ts";
import { Random } from "../../core/random.ts";
import type { Ids } from "../ids.ts";
import {
  type BatchSource,
  checkSizes,
  copyWindow,
  createBatchSource,
  createOrder,
  tooShort,
} from "./batch.ts";

export interface ShuffledOptions {
  /** Windows in a batch. */
  readonly batch: number;
  /** Tokens of a window. */
  readonly length: number;
  /** Tokens from the beginning of one window to that of the next. Default `length`. */
  readonly stride?: number | undefined;
  /** `shuffled`: each window once an epoch. `random`: drawn with replacement. Default `shuffled`. */
  readonly order?: "shuffled" | "random" | undefined;
  readonly seed: number;
}

const shuffledNames = optionNames<keyof ShuffledOptions>()("batch length stride order seed");

/**
 * Training batches [batch, length], all `fresh`. A batch that an epoch does not fill continues with the next
 * epoch's windows, and the beginning of an epoch's windows moves by up to the tokens that are left over.
 * @throws InputError `too-short` where the stream holds no window
 */
export function shuffledWindows(ids: Ids, options: ShuffledOptions): BatchSource {
  const { batch, length, stride = length, order = "shuffled", seed } = checkOptions(options, shuffledNames);
  checkSizes({ batch, length, stride });
  const last = ids.length - 1 - length;
  if (last < 0) throw tooShort(ids.length, length, 1);
  const count = Math.floor(last / stride) + 1;
  const spare = last - (count - 1) * stride;
  const shifts = new Random(seed, "windows");
  const place = createOrder(count, seed);
  const startOf = (k: number): number =>
    order === "random"
      ? shifts.below(last + 1, k)
      : shifts.below(spare + 1, Math.floor(k / count)) + stride * place(k);
  const identity = { kind: "shuffled", seed, tokens: ids.length, batch, length, stride, order };
  const sizes = { targetsPerEpoch: count * length, targetsPerBatch: batch * length };
  return createBatchSource(identity, sizes, (position) => {
    const x = new Int32Array(batch * length);
    const y = new Int32Array(batch * length);
    for (let row = 0; row < batch; row++) {
      copyWindow(ids, startOf(position * batch + row), length, x, y, row * length);
    }
    return { x, y, targets: x.length, batch, length, fresh: true };
  });
}
