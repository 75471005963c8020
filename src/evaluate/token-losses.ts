/** The loss of every single token of many short texts, each read from its own beginning. */
import { type HostArray, int32 } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { zeroState } from "../generate/state.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { State } from "../models/model.ts";
import { targetLosses } from "../models/objective.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";

/** Lengths are rounded up to multiples of this, so that few graphs serve all texts. */
const ROUND = 32;
const BATCH = 16;

/**
 * For each row of ids, the negative log-probability of every id after the first, in nats.
 * @throws UsageError where the model predicts otherwise than token by token, or a row is beyond its context
 */
export async function tokenLosses(
  { model, weights, backend, name }: LanguageModel,
  rows: readonly ArrayLike<number>[],
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  if (model.predicts !== "each")
    throw new UsageError(`${name} does not predict every token of a text from those before it.`);
  const step = compile(
    (parameters: Parameters, input: { ids: Tensor; targets: Tensor; state: State }) => {
      const { logits } = model.forward(parameters, input, evaluation);
      return targetLosses(model, logits, input);
    },
    { backend },
  );
  const carries = !Number.isFinite(model.contextLength);
  const order = rows.map((_, i) => i).sort((a, b) => rows[a]!.length - rows[b]!.length);
  const losses = new Array<Float32Array>(rows.length);
  try {
    for (let k = 0; k < order.length; k += BATCH) {
      signal?.throwIfAborted();
      const some = order.slice(k, k + BATCH);
      const longest = rows[some.at(-1)!]!.length - 1;
      if (longest > model.contextLength) {
        throw new UsageError(
          `A text of ${longest} tokens is beyond the ${model.contextLength} that ${name} sees at once; leave it out or shorten it.`,
        );
      }
      const length = Math.min(model.contextLength, Math.max(ROUND, Math.ceil(longest / ROUND) * ROUND));
      const ids = new Int32Array(BATCH * length);
      const targets = new Int32Array(BATCH * length);
      some.forEach((i, row) => {
        const text = rows[i]!;
        for (let t = 0; t + 1 < text.length; t++) {
          ids[row * length + t] = text[t]!;
          targets[row * length + t] = text[t + 1]!;
        }
      });
      const shape = [BATCH, length];
      const state: Record<string, HostArray> = carries ? zeroState(model.state(BATCH)) : {};
      const { data } = await step(weights, { ids: int32(shape, ids), targets: int32(shape, targets), state });
      some.forEach((i, row) => {
        losses[i] = (data as Float32Array).slice(
          row * length,
          row * length + Math.max(0, rows[i]!.length - 1),
        );
      });
    }
  } finally {
    await step.release();
  }
  return losses;
}
