/** Llama, Qwen2 and Qwen3 as GGUF files. llama.cpp turns neighbouring numbers of a `llama`'s heads, in place of halves. */
import { UsageError } from "../core/errors.ts";
import type { Model } from "../models/model.ts";
import { readRotation } from "../models/rotary-config.ts";
import { rotationFrequencies } from "../ops/rotary.ts";
import type { GgufValue } from "./gguf.ts";
import { checkActivation, type GgufExtra, type GgufFamily, placeByTable } from "./gguf-family.ts";

const names = { "model.embed_tokens": "token_embd", "model.norm": "output_norm", lm_head: "output" };
const blockNames = {
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  post_attention_layernorm: "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

/** The sizes that config.json may leave out. */
function sizesOf({ config }: Model) {
  const heads = config.num_attention_heads as number;
  const width = config.hidden_size as number;
  const { num_key_value_heads: kv, head_dim: size } = config as Readonly<Record<string, number | null>>;
  return { heads, kvHeads: kv ?? heads, headSize: size ?? width / heads, width };
}

/** @param halvesTurned whether llama.cpp turns the halves of a head, as Hugging Face's models do */
const family = (name: string, halvesTurned: boolean): GgufFamily => ({
  name,
  describe(model, path) {
    const { config, contextLength } = model;
    const { heads, kvHeads, headSize, width } = sizesOf(model);
    const { base = 10_000, scaling = 1 } = readRotation(config, headSize);
    checkActivation(path, String(config.hidden_act ?? "silu"), ["silu", "swish"], name);
    if (name === "qwen3" && config.attention_bias === true)
      throw new UsageError(
        `${path} has biases in its attention, which readers of GGUF files ignore in a qwen3.`,
      );
    if (model.slides)
      throw new UsageError(
        `${path} has layers with a sliding window, which readers of GGUF files ignore in a ${name}.`,
      );
    const counts: Readonly<Record<string, number>> = {
      vocab_size: config.vocab_size,
      context_length: contextLength,
      embedding_length: width,
      feed_forward_length: config.intermediate_size as number,
      block_count: config.num_hidden_layers as number,
      "attention.head_count": heads,
      "attention.head_count_kv": kvHeads,
      "attention.key_length": headSize,
      "attention.value_length": headSize,
      "rope.dimension_count": headSize,
    };
    const linear: Readonly<Record<string, GgufValue>> = {
      "rope.scaling.type": { string: "linear" },
      "rope.scaling.factor": { float32: Number(scaling) },
    };
    return {
      ...Object.fromEntries(Object.entries(counts).map(([key, uint32]) => [key, { uint32 }])),
      "attention.layer_norm_rms_epsilon": { float32: (config.rms_norm_eps as number | undefined) ?? 1e-6 },
      "rope.freq_base": { float32: base },
      ...(typeof scaling === "number" && scaling !== 1 ? linear : {}),
    };
  },
  place(parameter, shape, model) {
    const { name: given, part } = placeByTable(parameter, names, /^model\.layers\.(\d+)\.(.*)$/, blockNames);
    const turned = part === "self_attn.q_proj" || part === "self_attn.k_proj";
    if (halvesTurned || !turned) return { name: given, shape };
    const { headSize } = sizesOf(model);
    return { name: given, shape, arrange: (data) => neighbours(data, shape, headSize) };
  },
  extra(model) {
    const { headSize } = sizesOf(model);
    const rotation = readRotation(model.config, headSize);
    if (typeof rotation.scaling === "number") return [];
    const plain = rotationFrequencies({ ...rotation, headSize, scaling: 1 });
    const scaled = rotationFrequencies({ ...rotation, headSize });
    const from = Float32Array.from(plain, (frequency, i) => frequency / scaled[i]!);
    return [{ name: "rope_freqs.weight", shape: [headSize / 2], from } satisfies GgufExtra];
  },
});

/** Rows of each head's first and second half, one of each in turn. */
function neighbours(data: Float32Array, shape: readonly number[], headSize: number): Float32Array {
  const [rows, columns = 1] = shape as [number, number?];
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const place = row % headSize;
    const half = Math.floor(place / (headSize / 2));
    const to = row - place + 2 * (place % (headSize / 2)) + half;
    out.set(data.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return out;
}

export const llamaGguf = family("llama", false);
export const qwen2Gguf = family("qwen2", true);
export const qwen3Gguf = family("qwen3", true);
