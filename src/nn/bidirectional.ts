/** A recurrent layer that reads a sequence from both ends, as torch.nn's layers do with `bidirectional=True`. */
import { staticDim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { concatenate, split } from "../ops/movement.ts";
import type { Mode } from "./mode.ts";
import type { ParameterSpec, Parameters } from "./parameters.ts";
import { type RecurrentConfig, recurrent, recurrentParameters, zeroRecurrentState } from "./recurrent.ts";

/** One layer, in both directions. */
export type BidirectionalConfig = Omit<RecurrentConfig, "layers" | "dropout">;

const oneLayer = (config: BidirectionalConfig): RecurrentConfig => ({ ...config, layers: 1, dropout: 0 });

/** `name.weight_ih_l0` and so on, and the same with `_reverse` at the end. */
export const bidirectionalParameters = (name: string, config: BidirectionalConfig): ParameterSpec[] =>
  ["", "_reverse"].flatMap((suffix) => recurrentParameters(name, oneLayer(config), suffix));

/**
 * The hidden states of both directions at each step, side by side.
 * @param x [steps · batch, inputs], time-major
 * @returns [steps · batch, 2 · hidden]
 */
export function bidirectional(
  parameters: Parameters,
  name: string,
  config: BidirectionalConfig,
  x: Tensor,
  steps: number,
  mode: Mode,
): Tensor {
  const layer = oneLayer(config);
  const state = zeroRecurrentState(layer, staticDim("bidirectional", x.shape, 0) / steps);
  const read = (sequence: Tensor, suffix: string) =>
    recurrent(parameters, name, layer, sequence, state, steps, mode, suffix).output;
  const backwards = reverseTime(read(reverseTime(x, steps), "_reverse"), steps);
  return concatenate([read(x, ""), backwards], 1);
}

/** [steps · batch, width] with the steps in the opposite order. */
const reverseTime = (x: Tensor, steps: number): Tensor => concatenate(split(x, 0, steps).toReversed(), 0);
