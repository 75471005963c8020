/**
 * A model with a state of fixed size (recurrent or convolutional) as an ONNX graph of one step: one token and
 * the state go in, the logits of the next token and the next state come out. A model without a state reads its
 * whole window at each step.
 *
 * `onnx.json` lists the graph's inputs and outputs with their shapes. A program starts with a state of zeros,
 * feeds tokens one by one, and passes each next state on. Without a state it feeds the last tokens, padded on the
 * left with `begin`.
 */
import type { HostArray } from "../core/array.ts";
import { evaluation } from "../nn/mode.ts";
import type { OnnxModel } from "../onnx/proto.ts";
import { traceGraph } from "./onnx-graph.ts";
import type { ExportSource } from "./source.ts";

const stateInput = (name: string): string => `state_${name}`;
const stateOutput = (name: string): string => `next_${name}`;

/** @param weights of the model, by name */
export function stepGraph(source: ExportSource, weights: ReadonlyMap<string, HostArray>): OnnxModel {
  const { model } = source;
  const specs = model.state(1);
  return traceGraph(
    weights,
    { ids: { dtype: "int32", shape: tokensOf(source) }, ...renamed(specs, stateInput) },
    (parameters, { ids, ...states }) => {
      const state = Object.fromEntries(Object.keys(specs).map((name) => [name, states[stateInput(name)]!]));
      const out = model.forward(parameters, { ids: ids!, state }, evaluation, { logits: "last" });
      return { logits: out.logits, ...renamed(out.state, stateOutput) };
    },
  );
}

/** The contents of `onnx.json`. */
export function describeStep(source: ExportSource): object {
  const { model, tokenizer } = source;
  return {
    ids: { input: "ids", dtype: "int32", shape: tokensOf(source) },
    logits: { output: "logits", dtype: "float32", shape: [1, model.config.vocab_size] },
    state: Object.entries(model.state(1)).map(([name, { dtype, shape }]) => ({
      input: stateInput(name),
      output: stateOutput(name),
      dtype,
      shape,
    })),
    // A text begins after the end of another.
    begin: tokenizer.endOfText,
  };
}

/** The shape of a step's tokens: [1, 1], or [1, window] without a state. */
function tokensOf({ model }: ExportSource): readonly [number, number] {
  return [1, Object.keys(model.state(1)).length > 0 ? 1 : model.contextLength];
}

const renamed = <T>(record: Readonly<Record<string, T>>, name: (key: string) => string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [name(key), value]));
