/**
 * A decoder such as GPT-2 as the ONNX graph that transformers.js runs: keys and values of earlier tokens go in
 * as `past_key_values.{layer}.key|value` and come out, with the new ones appended, as `present.{layer}.key|value`.
 * Only standard operators; float32.
 */
import type { HostArray } from "../core/array.ts";
import type { OnnxModel, OnnxNode, OnnxValue } from "../onnx/proto.ts";
import { rotationTables } from "../ops/rotary.ts";
import { OnnxBuilder } from "./onnx-builder.ts";
import type { ExportSource } from "./source.ts";

/** Whether a value of the graph is a layer's keys or values. */
export const isCache = (name: string): boolean => /^(past_key_values|present)\.\d+\./.test(name);

const activations: Readonly<Record<string, { op: string; attributes?: OnnxNode["attributes"] | undefined }>> =
  {
    gelu_new: { op: "Gelu", attributes: { approximate: "tanh" } },
    gelu_pytorch_tanh: { op: "Gelu", attributes: { approximate: "tanh" } },
    gelu: { op: "Gelu" },
    relu: { op: "Relu" },
  };

/** Replaces masked scores: in effect minus infinity, but without 0 / 0 in a row that is all masked. */
const MASKED = -3e38;

/** @param weights of the model, by name */
export function decoderGraph(source: ExportSource, weights: ReadonlyMap<string, HostArray>): OnnxModel {
  return new DecoderGraph(source, weights).model;
}

class DecoderGraph {
  readonly model: OnnxModel;
  readonly #build: OnnxBuilder;
  readonly #heads: number;
  readonly #width: number;
  readonly #epsilon: number;
  readonly #activation: string;
  readonly #context: number;
  /** Cosines and sines of each token's position, [batch, new, 1, d / 2], where positions are rotary. */
  readonly #rotary: { readonly cos: string; readonly sin: string } | undefined;

  constructor({ model: { config, contextLength } }: ExportSource, weights: ReadonlyMap<string, HostArray>) {
    this.#build = new OnnxBuilder(weights);
    this.#heads = config.n_head as number;
    this.#width = config.n_embd as number;
    this.#epsilon = (config.layer_norm_epsilon as number | undefined) ?? 1e-5;
    this.#activation = (config.activation_function as string | undefined) ?? "gelu_new";
    this.#context = contextLength;
    this.#rotary = weights.has("transformer.wpe.weight") ? undefined : this.#rotaryTables();
    const layers = config.n_layer as number;
    this.#trace(layers, config.vocab_size);
    const cache = (name: string, length: string): OnnxValue[] =>
      Array.from({ length: layers }, (_, k) =>
        ["key", "value"].map((part) => ({
          name: `${name}.${k}.${part}`,
          dtype: "float32" as const,
          shape: ["batch_size", this.#heads, length, this.#width / this.#heads],
        })),
      ).flat();
    const tokens = (name: string, length: string): OnnxValue => ({
      name,
      dtype: "int64",
      shape: ["batch_size", length],
    });
    this.model = {
      nodes: this.#build.nodes,
      constants: this.#build.constants,
      inputs: [
        tokens("input_ids", "sequence_length"),
        tokens("attention_mask", "total_sequence_length"),
        tokens("position_ids", "sequence_length"),
        ...cache("past_key_values", "past_sequence_length"),
      ],
      outputs: [
        { name: "logits", dtype: "float32", shape: ["batch_size", "sequence_length", config.vocab_size] },
        ...cache("present", "total_sequence_length"),
      ],
    };
  }

  #trace(layers: number, vocabulary: number): void {
    const b = this.#build;
    let x = b.node("Gather", ["transformer.wte.weight", "input_ids"]);
    if (!this.#rotary) x = b.node("Add", [x, b.node("Gather", ["transformer.wpe.weight", "position_ids"])]);
    const visible = this.#visible();
    for (let k = 0; k < layers; k++) x = this.#block(x, k, visible);
    const rows = b.node("Reshape", [this.#norm(x, "transformer.ln_f"), b.ints(-1, this.#width)]);
    const head = b.constants.has("lm_head.weight") ? "lm_head.weight" : "transformer.wte.weight";
    const logits = b.node("Gemm", [rows, head], { transB: 1 });
    const shape = b.node("Concat", [b.node("Shape", ["input_ids"]), b.ints(vocabulary)], { axis: 0 });
    b.node("Reshape", [logits, shape], {}, "logits");
  }

  /** The attention mask, bool [batch, 1, new, all]: each new token sees itself and those before it, no padding. */
  #visible(): string {
    const b = this.#build;
    const all = b.size("attention_mask", 1);
    const past = b.node("Sub", [all, b.size("input_ids", 1)]);
    const [zero, one] = [b.int(0), b.int(1)];
    const keys = b.node("Range", [zero, all, one]);
    const queries = b.node("Unsqueeze", [b.node("Range", [past, all, one]), b.ints(1)]);
    const causal = b.node("LessOrEqual", [keys, queries]);
    const real = b.node("Unsqueeze", [b.node("Cast", ["attention_mask"], { to: 9 }), b.ints(1, 2)]);
    return b.node("And", [causal, real]);
  }

  #block(x: string, k: number, visible: string): string {
    const b = this.#build;
    const name = `transformer.h.${k}`;
    const attended = this.#attention(this.#norm(x, `${name}.ln_1`), k, visible);
    const residual = b.node("Add", [x, this.#project(attended, `${name}.attn.c_proj`)]);
    const hidden = this.#project(this.#norm(residual, `${name}.ln_2`), `${name}.mlp.c_fc`);
    const { op, attributes } = activations[this.#activation]!;
    const active = b.node(op, [hidden], attributes);
    return b.node("Add", [residual, this.#project(active, `${name}.mlp.c_proj`)]);
  }

  #attention(x: string, k: number, visible: string): string {
    const b = this.#build;
    const size = this.#width / this.#heads;
    const projected = this.#project(x, `transformer.h.${k}.attn.c_attn`);
    const parts = b
      .several("Split", [projected], 3, { axis: 2, num_outputs: 3 })
      .map((part) => b.node("Reshape", [part, b.ints(0, 0, this.#heads, size)]));
    const [query, newKey, newValue] = parts.map((part, i) =>
      b.node("Transpose", [i < 2 ? this.#applyRotary(part) : part], { perm: [0, 2, 1, 3] }),
    ) as [string, string, string];
    const append = (part: string, added: string) =>
      b.node("Concat", [`past_key_values.${k}.${part}`, added], { axis: 2 }, `present.${k}.${part}`);
    const key = b.node("Transpose", [append("key", newKey)], { perm: [0, 1, 3, 2] });
    const value = append("value", newValue);
    const scaled = b.node("Mul", [query, b.number(1 / Math.sqrt(size))]);
    const scores = b.node("MatMul", [scaled, key]);
    const masked = b.node("Where", [visible, scores, b.number(MASKED)]);
    const mixed = b.node("MatMul", [b.node("Softmax", [masked], { axis: -1 }), value]);
    const joined = b.node("Transpose", [mixed], { perm: [0, 2, 1, 3] });
    return b.node("Reshape", [joined, b.ints(0, 0, this.#width)]);
  }

  #rotaryTables(): { cos: string; sin: string } {
    const b = this.#build;
    const { cos, sin } = rotationTables({ context: this.#context, headSize: this.#width / this.#heads });
    const at = (name: string, table: HostArray) =>
      b.node("Unsqueeze", [b.node("Gather", [b.constant(name, table), "position_ids"]), b.ints(2)]);
    return { cos: at("rotary.cos", cos), sin: at("rotary.sin", sin) };
  }

  /** Queries or keys [batch, new, heads, d], rotated by their positions where those are rotary. */
  #applyRotary(x: string): string {
    if (!this.#rotary) return x;
    const { cos, sin } = this.#rotary;
    const node = (op: string, p: string, q: string) => this.#build.node(op, [p, q]);
    const [a, b] = this.#build.several("Split", [x], 2, { axis: 3, num_outputs: 2 }) as [string, string];
    const rotated = [
      node("Sub", node("Mul", a, cos), node("Mul", b, sin)),
      node("Add", node("Mul", b, cos), node("Mul", a, sin)),
    ];
    return this.#build.node("Concat", rotated, { axis: 3 });
  }

  #project(x: string, name: string): string {
    const b = this.#build;
    return b.node("Add", [b.node("MatMul", [x, `${name}.weight`]), `${name}.bias`]);
  }

  #norm(x: string, name: string): string {
    return this.#build.node("LayerNormalization", [x, `${name}.weight`, `${name}.bias`], {
      axis: -1,
      epsilon: { float: this.#epsilon },
    });
  }
}
