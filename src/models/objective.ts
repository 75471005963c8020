/** The training and evaluation objective of any model: the summed negative log-likelihood of its targets. */
import type { Tensor } from "../graph/tensor.ts";
import { mergeDims } from "../nn/linear.ts";
import type { Mode } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { reshape, sum } from "../ops/broadcast.ts";
import { multiply } from "../ops/elementwise.ts";
import { slice } from "../ops/movement.ts";
import { crossEntropy } from "../ops/normalisation.ts";
import type { Model, Objective, TrainingInput } from "./model.ts";

/**
 * The sum over all weighted targets of -log p(target), in nats, and the state to carry on.
 * A sum, not a mean: the trainer divides by the true number of targets, also across accumulated batches.
 */
export function objective(model: Model, parameters: Parameters, input: TrainingInput, mode: Mode): Objective {
  if (mode.training && model.loss) return model.loss(parameters, input, mode);
  const { logits, state } = model.forward(parameters, input, mode, { at: input.at });
  return { loss: sum(targetLosses(model, logits, input)), state };
}

/** -log p of each target, weighted: [batch · length], [n] of those at chosen places, or [batch] for a model that predicts after the window. */
export function targetLosses(model: Model, logits: Tensor, { targets, weights, at }: TrainingInput): Tensor {
  const pick = (x: Tensor) => {
    if (at) return x;
    const length = x.shape[1] as number;
    return reshape(model.predicts === "last" ? slice(x, 1, length - 1, 1) : x, [
      model.predicts === "last" ? x.shape[0]! : mergeDims(x.shape),
    ]);
  };
  const losses = crossEntropy(logits, pick(targets));
  return weights ? multiply(losses, pick(weights)) : losses;
}
