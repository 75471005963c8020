/**
 * A masked language model as the ONNX graph that transformers.js runs: `input_ids`, `attention_mask` and, for
 * models with token types, `token_type_ids` go in, all [batch, length], and `logits` come out.
 */
import type { HostArray } from "../core/array.ts";
import type { Spec } from "../graph/tree.ts";
import { evaluation } from "../nn/mode.ts";
import type { OnnxModel } from "../onnx/proto.ts";
import { reshape } from "../ops/broadcast.ts";
import { cast } from "../ops/select.ts";
import { traceGraph } from "./onnx-graph.ts";
import type { ExportSource } from "./source.ts";

/** @param weights of the model, by name */
export function maskedGraph({ model }: ExportSource, weights: ReadonlyMap<string, HostArray>): OnnxModel {
  const tokens: Spec = { dtype: "int64", shape: ["batch_size", "sequence_length"] };
  return traceGraph(
    weights,
    { input_ids: tokens, attention_mask: tokens, token_type_ids: tokens },
    (parameters, { input_ids, attention_mask, token_type_ids }) => {
      const input = {
        ids: cast(input_ids!, "int32"),
        attentionMask: cast(attention_mask!, "int32"),
        tokenTypes: cast(token_type_ids!, "int32"),
      };
      // Not every device of a browser has fused attention with a mask; plain operations run on all.
      const { logits } = model.forward(parameters, input, evaluation, { attention: true });
      return { logits: reshape(logits, [...tokens.shape, model.config.vocab_size]) };
    },
  );
}
