/** GPT-NeoX and Pythia as GGUF files. */
import { readRotation } from "../models/rotary-config.ts";
import { checkActivation, type GgufExtra, type GgufFamily, placeByTable } from "./gguf-family.ts";

const names = {
  "gpt_neox.embed_in": "token_embd",
  "gpt_neox.final_layer_norm": "output_norm",
  embed_out: "output",
};
const blockNames = {
  input_layernorm: "attn_norm",
  post_attention_layernorm: "ffn_norm",
  "attention.query_key_value": "attn_qkv",
  "attention.dense": "attn_output",
  "mlp.dense_h_to_4h": "ffn_up",
  "mlp.dense_4h_to_h": "ffn_down",
};

export const gptNeoxGguf: GgufFamily = {
  name: "gptneox",
  describe({ config, contextLength }, path) {
    const [width, heads] = [config.hidden_size as number, config.num_attention_heads as number];
    const where = { shareKey: "rotary_pct", share: 0.25, baseKey: "rotary_emb_base" };
    const { base = 10_000, rotaryDim = width / heads } = readRotation(config, width / heads, where);
    // Readers compute the tanh form, which differs from the exact one by less than 0.001.
    checkActivation(path, String(config.hidden_act ?? "gelu"), ["gelu", "gelu_new", "gelu_fast"], "gptneox");
    const counts: Readonly<Record<string, number>> = {
      context_length: contextLength,
      embedding_length: width,
      feed_forward_length: config.intermediate_size as number,
      block_count: config.num_hidden_layers as number,
      "attention.head_count": heads,
      "rope.dimension_count": rotaryDim,
    };
    return {
      ...Object.fromEntries(Object.entries(counts).map(([key, uint32]) => [key, { uint32 }])),
      "attention.layer_norm_epsilon": { float32: (config.layer_norm_eps as number | undefined) ?? 1e-5 },
      "rope.freq_base": { float32: base },
      use_parallel_residual: { bool: config.use_parallel_residual !== false },
    };
  },
  place(parameter, shape, { config }) {
    const { name, part } = placeByTable(parameter, names, /^gpt_neox\.layers\.(\d+)\.(.*)$/, blockNames);
    if (part !== "attention.query_key_value") return { name, shape };
    const heads = config.num_attention_heads as number;
    return { name, shape, arrange: (data) => byPart(data, heads, data.length / (3 * heads)) };
  },
  /** Its readers know no tied head. */
  extra: ({ config: { tie_word_embeddings: tied, vocab_size, hidden_size } }) =>
    tied === true
      ? [
          {
            name: "output.weight",
            shape: [vocab_size, hidden_size as number],
            from: "gpt_neox.embed_in.weight",
          } satisfies GgufExtra,
        ]
      : [],
};

/** Each head's query, key and value, of `size` numbers each, to all queries, all keys and all values. */
function byPart(data: Float32Array, heads: number, size: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let head = 0; head < heads; head++)
    for (let part = 0; part < 3; part++) {
      const from = (3 * head + part) * size;
      out.set(data.subarray(from, from + size), (part * heads + head) * size);
    }
  return out;
}
