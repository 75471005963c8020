/** A recurrent layer that reads a sequence from both ends, as torch.nn's layers do with `bidirectional=True`. */
import { staticDim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { concatenate, split } from "../ops/movement.ts";
import { type Layer, layer, parametersOf } from "./layer.ts";
import type { Mode } from "./mode.ts";
import { type RecurrentConfig, recurrent } from "./recurrent.ts";

/**
 * The hidden states of both directions at each step, side by side.
 * Parameters: `name.weight_ih_l0` and so on, and the same with `_reverse` at the end.
 * @returns a layer of x [steps · batch, inputs], time-major, that gives [steps · batch, 2 · hidden]
 */
export function bidirectional(
  name: string,
  config: Omit<RecurrentConfig, "layers" | "dropout">,
): Layer<[x: Tensor, steps: number, mode: Mode]> {
  const [forwards, backwards] = ["", "_reverse"].map((suffix) =>
    recurrent(name, { ...config, layers: 1, dropout: 0 }, suffix),
  ) as [ReturnType<typeof recurrent>, ReturnType<typeof recurrent>];
  return layer(parametersOf(forwards, backwards), (p, x: Tensor, steps: number, mode: Mode) => {
    const state = forwards.zeroState(staticDim("bidirectional", x.shape, 0) / steps);
    const reversed = backwards(p, { x: reverseTime(x, steps), state, steps }, mode).output;
    return concatenate([forwards(p, { x, state, steps }, mode).output, reverseTime(reversed, steps)], 1);
  });
}

/** [steps · batch, width] with the steps in the opposite order. */
const reverseTime = (x: Tensor, steps: number): Tensor => concatenate(split(x, 0, steps).toReversed(), 0);
