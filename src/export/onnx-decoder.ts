/**
 * A decoder as the ONNX graph that transformers.js runs: keys and values of earlier tokens go in as
 * `past_key_values.{layer}.key|value`, [batch, heads of keys, past, d], and come out, with the new ones appended, as
 * `present.{layer}.key|value`.
 */
import { type HostArray, int32 } from "../core/array.ts";
import type { Dim } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import type { Spec } from "../graph/tree.ts";
import { evaluation } from "../nn/mode.ts";
import type { OnnxModel } from "../onnx/proto.ts";
import { reshape } from "../ops/broadcast.ts";
import { concatenate } from "../ops/movement.ts";
import { cast } from "../ops/select.ts";
import { traceGraph } from "./onnx-graph.ts";
import type { ExportSource } from "./source.ts";

/** Whether a value of the graph is a layer's keys or values. */
export const isCache = (name: string): boolean => /^(past_key_values|present)\.\d+\./.test(name);

const [PAST, NEW] = ["past_sequence_length", "sequence_length"] as const;

/** @param weights of the model, by name */
export function decoderGraph({ model }: ExportSource, weights: ReadonlyMap<string, HostArray>): OnnxModel {
  const tokens = (...shape: string[]): Spec => ({ dtype: "int64", shape });
  const caches = Object.entries(model.state("batch_size")).filter(([name]) => name !== "length");
  const named = (prefix: string, name: string) => {
    const [, part, layer] = /^(key|value)(\d+)$/.exec(name)!;
    return `${prefix}.${layer}.${part}`;
  };
  // Of layers with a window too, the reader keeps all tokens.
  const pasts = caches.map(([name, { dtype, shape }]) => {
    const [batch, heads, , d] = shape as [string, number, Dim, number];
    return [named("past_key_values", name), { dtype, shape: [batch, heads, PAST, d] }] as const;
  });
  const specs = {
    input_ids: tokens("batch_size", NEW),
    attention_mask: tokens("batch_size", `${PAST}+${NEW}`),
    position_ids: tokens("batch_size", NEW),
    ...Object.fromEntries(pasts),
  };
  return traceGraph(weights, specs, (parameters, inputs) => {
    const state = Object.fromEntries(caches.map(([name]) => [name, inputs[named("past_key_values", name)]!]));
    const { logits, state: added } = model.forward(
      parameters,
      {
        ids: cast(inputs.input_ids!, "int32"),
        positions: cast(inputs.position_ids!, "int32"),
        seen: cast(inputs.attention_mask!, "int32"),
        state: { ...state, length: constant(int32([1], [0])) },
      },
      evaluation,
    );
    const present = caches.map(([name]) => [
      named("present", name),
      concatenate([state[name]!, added[name]!], 2),
    ]);
    const shape = ["batch_size", NEW, model.config.vocab_size];
    return { logits: reshape(logits, shape), ...Object.fromEntries(present) };
  });
}
