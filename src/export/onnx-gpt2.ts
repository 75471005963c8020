/**
 * GPT-2 as the ONNX graph that transformers.js runs, `onnx/model.onnx` in a Hugging Face folder: keys and
 * values of the tokens read before go in as `past_key_values.{layer}.key|value` and come out, with the new
 * ones behind them, as `present.{layer}.key|value`. Standard operators alone, float32.
 */
import { join } from "node:path";
import { float32, type HostArray, hostArray } from "../core/array.ts";
import { writeFileAtomic } from "../hub/atomic.ts";
import { encodeModel, type OnnxModel, type OnnxNode, type OnnxValue } from "../onnx/proto.ts";
import { writeDescription } from "./huggingface.ts";
import { readWeights } from "./onnx-graph.ts";
import type { ExportSource } from "./source.ts";

export async function writeOnnxGpt2(source: ExportSource, folder: string): Promise<void> {
  const { model } = new Gpt2Graph(source, await readWeights(source));
  await writeDescription(source, folder);
  await writeFileAtomic(join(folder, "onnx", "model.onnx"), encodeModel(model));
}

const activations: Readonly<Record<string, { op: string; attributes?: OnnxNode["attributes"] }>> = {
  gelu_new: { op: "Gelu", attributes: { approximate: "tanh" } },
  gelu_pytorch_tanh: { op: "Gelu", attributes: { approximate: "tanh" } },
  gelu: { op: "Gelu" },
  relu: { op: "Relu" },
};

/** What hidden scores become: as good as minus infinity, but never 0 / 0 in a row that sees nothing. */
const HIDDEN = -3e38;

class Gpt2Graph {
  readonly model: OnnxModel;
  readonly #nodes: OnnxNode[] = [];
  readonly #constants: Map<string, HostArray>;
  readonly #heads: number;
  readonly #width: number;
  readonly #epsilon: number;
  readonly #activation: string;

  /** @param constants the weights, to which the graph's small constants are added */
  constructor({ model: { config } }: ExportSource, constants: Map<string, HostArray>) {
    this.#constants = constants;
    this.#heads = config.n_head as number;
    this.#width = config.n_embd as number;
    this.#epsilon = (config.layer_norm_epsilon as number | undefined) ?? 1e-5;
    this.#activation = (config.activation_function as string | undefined) ?? "gelu_new";
    const layers = config.n_layer as number;
    this.#build(layers, config.vocab_size);
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
      nodes: this.#nodes,
      constants,
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

  #build(layers: number, vocabulary: number): void {
    const tokens = this.#node("Gather", ["transformer.wte.weight", "input_ids"]);
    let x = this.#node("Add", [tokens, this.#node("Gather", ["transformer.wpe.weight", "position_ids"])]);
    const visible = this.#visible();
    for (let k = 0; k < layers; k++) x = this.#block(x, k, visible);
    const rows = this.#node("Reshape", [this.#norm(x, "transformer.ln_f"), this.#ints(-1, this.#width)]);
    const head = this.#constants.has("lm_head.weight") ? "lm_head.weight" : "transformer.wte.weight";
    const logits = this.#node("Gemm", [rows, head], { transB: 1 });
    const shape = this.#node("Concat", [this.#node("Shape", ["input_ids"]), this.#ints(vocabulary)], {
      axis: 0,
    });
    this.#node("Reshape", [logits, shape], {}, "logits");
  }

  /** Which tokens each new one sees: bool [batch, 1, new, all], those before it and itself, without padding. */
  #visible(): string {
    const all = this.#size("attention_mask", 1);
    const past = this.#node("Sub", [all, this.#size("input_ids", 1)]);
    const [zero, one] = [this.#int(0), this.#int(1)];
    const keys = this.#node("Range", [zero, all, one]);
    const queries = this.#node("Unsqueeze", [this.#node("Range", [past, all, one]), this.#ints(1)]);
    const causal = this.#node("LessOrEqual", [keys, queries]);
    const real = this.#node("Unsqueeze", [
      this.#node("Cast", ["attention_mask"], { to: 9 }),
      this.#ints(1, 2),
    ]);
    return this.#node("And", [causal, real]);
  }

  #block(x: string, k: number, visible: string): string {
    const name = `transformer.h.${k}`;
    const attended = this.#attention(this.#norm(x, `${name}.ln_1`), k, visible);
    const seen = this.#node("Add", [x, this.#project(attended, `${name}.attn.c_proj`)]);
    const hidden = this.#project(this.#norm(seen, `${name}.ln_2`), `${name}.mlp.c_fc`);
    const { op, attributes } = activations[this.#activation]!;
    const active = this.#node(op, [hidden], attributes);
    return this.#node("Add", [seen, this.#project(active, `${name}.mlp.c_proj`)]);
  }

  #attention(x: string, k: number, visible: string): string {
    const size = this.#width / this.#heads;
    const parts = this.#nodesOf("Split", [this.#project(x, `transformer.h.${k}.attn.c_attn`)], 3, {
      axis: 2,
      num_outputs: 3,
    });
    const [query, newKey, newValue] = parts.map((part) =>
      this.#node("Transpose", [this.#node("Reshape", [part, this.#ints(0, 0, this.#heads, size)])], {
        perm: [0, 2, 1, 3],
      }),
    ) as [string, string, string];
    const grown = (part: string, now: string) =>
      this.#node("Concat", [`past_key_values.${k}.${part}`, now], { axis: 2 }, `present.${k}.${part}`);
    const key = this.#node("Transpose", [grown("key", newKey)], { perm: [0, 1, 3, 2] });
    const value = grown("value", newValue);
    const scaled = this.#node("Mul", [query, this.#number(1 / Math.sqrt(size))]);
    const scores = this.#node("MatMul", [scaled, key]);
    const shown = this.#node("Where", [visible, scores, this.#number(HIDDEN)]);
    const mixed = this.#node("MatMul", [this.#node("Softmax", [shown], { axis: -1 }), value]);
    const joined = this.#node("Transpose", [mixed], { perm: [0, 2, 1, 3] });
    return this.#node("Reshape", [joined, this.#ints(0, 0, this.#width)]);
  }

  #project(x: string, name: string): string {
    return this.#node("Add", [this.#node("MatMul", [x, `${name}.weight`]), `${name}.bias`]);
  }

  #norm(x: string, name: string): string {
    return this.#node("LayerNormalization", [x, `${name}.weight`, `${name}.bias`], {
      axis: -1,
      epsilon: { float: this.#epsilon },
    });
  }

  /** One size of a value, as a scalar. */
  #size(value: string, axis: number): string {
    return this.#node("Gather", [this.#node("Shape", [value]), this.#int(axis)]);
  }

  #node(opType: string, inputs: string[], attributes: OnnxNode["attributes"] = {}, output?: string): string {
    return this.#nodesOf(opType, inputs, 1, attributes, output)[0]!;
  }

  #nodesOf(
    opType: string,
    inputs: string[],
    count: number,
    attributes: OnnxNode["attributes"],
    output?: string,
  ): string[] {
    const n = this.#nodes.length;
    const outputs = Array.from({ length: count }, (_, i) => output ?? `${opType}_${n}_${i}`);
    this.#nodes.push({ opType, domain: "", inputs, outputs, attributes });
    return outputs;
  }

  #int(value: number): string {
    return this.#constant(`int_${value}`, hostArray("int64", [], BigInt64Array.of(BigInt(value))));
  }

  #ints(...values: number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#constant(`ints_${values.join("_")}`, hostArray("int64", [values.length], data));
  }

  #number(value: number): string {
    return this.#constant(`number_${value}`, float32([], [value]));
  }

  #constant(name: string, value: HostArray): string {
    this.#constants.set(name, value);
    return name;
  }
}
