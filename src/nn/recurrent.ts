/** Stacked recurrent layers, with the names, layouts and equations of torch.nn.RNN, GRU and LSTM. */
import { checkOptions, optionNames } from "../core/options.ts";
import type { Dim } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import { broadcastTo } from "../ops/broadcast.ts";
import { add } from "../ops/elementwise.ts";
import { gru } from "../ops/gru.ts";
import { gather } from "../ops/indexing.ts";
import { lstm } from "../ops/lstm.ts";
import { gemm } from "../ops/matmul.ts";
import { rnn } from "../ops/rnn.ts";
import { type Layer, layer, parametersOf } from "./layer.ts";
import type { Mode } from "./mode.ts";
import { matrix, type Parameters, parameter, uniform, vector } from "./parameters.ts";

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

const recurrentNames = optionNames<keyof RecurrentConfig>()("cell inputs hidden layers dropout");

/** Rows of a table by their ids. */
export interface TableRows {
  /** [size, inputs] */
  readonly table: Tensor;
  /** [steps · batch], time-major. */
  readonly ids: Tensor;
}

export interface RecurrentInput {
  /** [steps · batch, inputs], time-major; or the same as rows of a table, which is then projected as a whole. */
  readonly x: Tensor | TableRows;
  /** The state before the first step, as {@link Recurrent.state} says. */
  readonly state: Readonly<Record<string, Tensor>>;
  readonly steps: number;
  /** Steps that start from zeros in place of the state before them: bool [steps · batch], time-major. */
  readonly resets?: Tensor | undefined;
}

export interface RecurrentOutput {
  /** The last layer's hidden states, [steps · batch, hidden]. */
  readonly output: Tensor;
  /** The state after the last step. */
  readonly state: Record<string, Tensor>;
}

export interface Recurrent extends Layer<[input: RecurrentInput, mode: Mode], RecurrentOutput> {
  /** The state that passes from step to step: `h{layer}` [batch, hidden] and, for the LSTM, `c{layer}`. */
  state(batch: Dim): Record<string, Spec>;
  /** The state at the beginning of a text. */
  zeroState(batch: number): Record<string, Tensor>;
}

/**
 * A stack of recurrent layers. Parameters: `name.weight_ih_l{k}`, `weight_hh_l{k}`, `bias_ih_l{k}` and `bias_hh_l{k}`,
 * drawn as PyTorch draws them, with the LSTM's forget gate opened by 1 (Jozefowicz et al. 2015).
 * @param suffix what ends every parameter's name: `_reverse` for the direction from the end of the text
 */
export function recurrent(name: string, config: RecurrentConfig, suffix = ""): Recurrent {
  const { hidden, layers } = checkOptions(config, recurrentNames);
  const levels = Array.from({ length: layers }, (_, k) => recurrentLayer(name, config, k, suffix));
  const run = (p: Parameters, { x, state, steps, resets }: RecurrentInput, mode: Mode) => {
    const next: Record<string, Tensor> = {};
    let output: Tensor | undefined;
    levels.forEach((level, k) => {
      const below = output ? mode.dropout(output, config.dropout, steps) : x;
      const result = level(p, below, { h: state[`h${k}`]!, c: state[`c${k}`] }, steps, resets);
      next[`h${k}`] = result.h;
      if (result.c) next[`c${k}`] = result.c;
      output = result.output;
    });
    return { output: output!, state: next };
  };
  const names = levels.flatMap((_, k) => (config.cell === "lstm" ? [`h${k}`, `c${k}`] : [`h${k}`]));
  return Object.assign(layer(parametersOf(...levels), run), {
    state(batch: Dim): Record<string, Spec> {
      const spec: Spec = { dtype: "float32", shape: [batch, hidden] };
      return Object.fromEntries(names.map((part) => [part, spec]));
    },
    zeroState(batch: number): Record<string, Tensor> {
      const zeros = broadcastTo(constant(0), [batch, hidden]);
      return Object.fromEntries(names.map((part) => [part, zeros]));
    },
  });
}

interface CellState {
  readonly h: Tensor;
  /** Of the LSTM alone. */
  readonly c?: Tensor | undefined;
}

type RecurrentLayer = Layer<
  [x: RecurrentInput["x"], state: CellState, steps: number, resets: Tensor | undefined],
  CellState & { readonly output: Tensor }
>;

/** Layer `k` of a stack. */
function recurrentLayer(
  name: string,
  { cell, inputs, hidden }: RecurrentConfig,
  k: number,
  suffix: string,
): RecurrentLayer {
  const [weightIh, weightHh, biasIh, biasHh] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map(
    (part) => `${name}.${part}_l${k}${suffix}`,
  ) as [string, string, string, string];
  const draw = uniform(1 / Math.sqrt(hidden));
  const rows = gates[cell] * hidden;
  const maps = { axis: 0, count: gates[cell] } as const;
  const parameters = [
    { ...matrix(weightIh, [rows, k === 0 ? inputs : hidden], draw), maps },
    { ...matrix(weightHh, [rows, hidden], draw), maps },
    vector(biasIh, [rows], (out, random) => {
      draw(out, random);
      if (cell === "lstm") out.subarray(hidden, 2 * hidden).fill(1);
    }),
    vector(biasHh, [rows], draw),
  ];
  return layer(parameters, (p, x, { h, c }, steps, resets) => {
    const bias = parameter(p, biasIh);
    const recurrentBias = parameter(p, biasHh);
    const weight = parameter(p, weightHh);
    const project = (b: Tensor) => {
      const projected = (rows: Tensor) => gemm(rows, parameter(p, weightIh), b, { transposeB: true });
      return "table" in x ? gather(projected(x.table), x.ids) : projected(x);
    };
    if (cell === "gru") return gru(project(bias), h, weight, recurrentBias, steps, resets);
    const projections = project(add(bias, recurrentBias));
    return cell === "lstm"
      ? lstm(projections, h, c!, weight, steps, resets)
      : rnn(projections, h, weight, steps, resets);
  });
}
