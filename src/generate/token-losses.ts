/** The loss of every single token of many short texts, each read from its own beginning. */
import { type HostArray, int32 } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import { requireFinite } from "../core/finite.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type State, targetLosses, zeroState } from "../models/model.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import type { LanguageModel } from "./language-model.ts";

/**
 * A model that carries a state reads this many tokens at a time; for others, lengths are rounded up to
 * multiples of it. So few graphs serve all texts.
 */
const ROUND = 32;
const BATCH = 16;

/**
 * For each row of ids, the negative log-probability of every id after the first, in nats.
 * @throws UsageError where the model predicts otherwise than token by token, or a row is beyond its context
 * @throws PunchlineError `not-finite` where the model gives no numbers
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
      const { logits, state } = model.forward(parameters, input, evaluation);
      return { losses: targetLosses(model, logits, input), state };
    },
    { backend },
  );
  const carries = !Number.isFinite(model.contextLength);
  const batch = Math.min(BATCH, rows.length);
  const order = rows.map((_, i) => i).sort((a, b) => rows[a]!.length - rows[b]!.length);
  const losses = new Array<Float32Array>(rows.length);
  try {
    for (let k = 0; k < order.length; k += batch) {
      signal?.throwIfAborted();
      const some = order.slice(k, k + batch);
      const longest = rows[some.at(-1)!]!.length - 1;
      if (longest > model.contextLength)
        throw new UsageError(
          `A text of ${longest} tokens is beyond the ${model.contextLength} that ${name} sees at once; leave it out or shorten it.`,
        );
      for (const i of some) losses[i] = new Float32Array(Math.max(0, rows[i]!.length - 1));
      const length = carries
        ? ROUND
        : Math.min(model.contextLength, Math.max(ROUND, Math.ceil(longest / ROUND) * ROUND));
      let state: Record<string, HostArray> = carries ? zeroState(model.state(batch)) : {};
      for (let start = 0; start < longest; start += length) {
        signal?.throwIfAborted();
        const { ids, targets } = window(
          some.map((i) => rows[i]!),
          start,
          { batch, length },
        );
        const shape = [batch, length];
        const result = await step(weights, { ids: int32(shape, ids), targets: int32(shape, targets), state });
        if (carries) state = result.state as Record<string, HostArray>;
        requireFinite(result.losses.data as Float32Array, name);
        some.forEach((i, row) => {
          const own = losses[i]!.subarray(start, start + length);
          own.set((result.losses.data as Float32Array).subarray(row * length, row * length + own.length));
        });
      }
    }
  } finally {
    await step.release();
  }
  return losses;
}

/** Tokens `start` to `start + length - 1` of each row, and those that follow them; zeros where there are none. */
function window(
  rows: readonly ArrayLike<number>[],
  start: number,
  { batch, length }: { readonly batch: number; readonly length: number },
) {
  const ids = new Int32Array(batch * length);
  const targets = new Int32Array(batch * length);
  rows.forEach((text, row) => {
    for (let t = 0; t < length && start + t + 1 < text.length; t++) {
      ids[row * length + t] = text[start + t]!;
      targets[row * length + t] = text[start + t + 1]!;
    }
  });
  return { ids, targets };
}
