/** Stacked recurrent layers, with the names, layouts and equations of torch.nn.RNN, GRU and LSTM. */

import type { Dim } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import { broadcastTo } from "../ops/broadcast.ts";
import { add } from "../ops/elementwise.ts";
import { gru } from "../ops/gru.ts";
import { lstm } from "../ops/lstm.ts";
import { gemm } from "../ops/matmul.ts";
import { rnn } from "../ops/rnn.ts";
import type { Mode } from "./mode.ts";
import { matrix, type ParameterSpec, type Parameters, parameter, uniform, vector } from "./parameters.ts";

export type Cell = "rnn" | "gru" | "lstm";

const gates: Readonly<Record<Cell, number>> = { rnn: 1, gru: 3, lstm: 4 };

export interface RecurrentConfig {
  readonly cell: Cell;
  readonly inputs: number;
  readonly hidden: number;
  readonly layers: number;
  /** Probability of dropping a unit between layers. */
  readonly dropout: number;
}

/**
 * `name.weight_ih_l{k}`, `weight_hh_l{k}`, `bias_ih_l{k}`, `bias_hh_l{k}`, drawn as PyTorch draws them, with
 * the LSTM's forget gate opened by 1 (Jozefowicz et al. 2015).
 * @param suffix what ends every name: `_reverse` for the direction from the end of the text
 */
export function recurrentParameters(
  name: string,
  { cell, inputs, hidden, layers }: RecurrentConfig,
  suffix = "",
): ParameterSpec[] {
  const draw = uniform(1 / Math.sqrt(hidden));
  const rows = gates[cell] * hidden;
  const maps = { axis: 0, count: gates[cell] } as const;
  return Array.from({ length: layers }, (_, layer) => [
    { ...matrix(`${name}.weight_ih_l${layer}${suffix}`, [rows, layer === 0 ? inputs : hidden], draw), maps },
    { ...matrix(`${name}.weight_hh_l${layer}${suffix}`, [rows, hidden], draw), maps },
    vector(`${name}.bias_ih_l${layer}${suffix}`, [rows], (out, random) => {
      draw(out, random);
      if (cell === "lstm") out.subarray(hidden, 2 * hidden).fill(1);
    }),
    vector(`${name}.bias_hh_l${layer}${suffix}`, [rows], draw),
  ]).flat();
}

/** What is carried from step to step: `h{layer}` [batch, hidden] and, for the LSTM, `c{layer}`. */
export function recurrentState({ cell, hidden, layers }: RecurrentConfig, batch: Dim): Record<string, Spec> {
  const spec: Spec = { dtype: "float32", shape: [batch, hidden] };
  return Object.fromEntries(
    Array.from({ length: layers }, (_, k) =>
      cell === "lstm"
        ? [
            [`h${k}`, spec],
            [`c${k}`, spec],
          ]
        : [[`h${k}`, spec]],
    ).flat(),
  );
}

/** The state at the beginning of a text that nothing is carried into. */
export function zeroRecurrentState(config: RecurrentConfig, batch: number): Record<string, Tensor> {
  const zeros = broadcastTo(constant(0), [batch, config.hidden]);
  return Object.fromEntries(Object.keys(recurrentState(config, batch)).map((name) => [name, zeros]));
}

/**
 * Runs all layers over a sequence.
 * @param x [steps · batch, inputs], time-major
 * @param suffix what ends the parameters' names
 * @param resets steps that start from zeros in place of the state before them: bool [steps · batch], time-major
 * @returns the last layer's hidden states [steps · batch, hidden], and the state to carry on
 */
export function recurrent(
  parameters: Parameters,
  name: string,
  config: RecurrentConfig,
  x: Tensor,
  state: Readonly<Record<string, Tensor>>,
  steps: number,
  mode: Mode,
  suffix = "",
  resets?: Tensor,
): { output: Tensor; state: Record<string, Tensor> } {
  const next: Record<string, Tensor> = {};
  let output = x;
  for (let k = 0; k < config.layers; k++) {
    const p = (part: string) => parameter(parameters, `${name}.${part}_l${k}${suffix}`);
    const h = state[`h${k}`]!;
    if (k > 0) output = mode.dropout(output, config.dropout);
    const bias = config.cell === "gru" ? p("bias_ih") : add(p("bias_ih"), p("bias_hh"));
    const projections = gemm(output, p("weight_ih"), bias, { transposeB: true });
    if (config.cell === "lstm") {
      const result = lstm(projections, h, state[`c${k}`]!, p("weight_hh"), steps, resets);
      next[`h${k}`] = result.h;
      next[`c${k}`] = result.c;
      output = result.output;
    } else {
      const result =
        config.cell === "gru"
          ? gru(projections, h, p("weight_hh"), p("bias_hh"), steps, resets)
          : rnn(projections, h, p("weight_hh"), steps, resets);
      next[`h${k}`] = result.h;
      output = result.output;
    }
  }
  return { output, state: next };
}
