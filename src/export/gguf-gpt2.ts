/** GPT-2 as a GGUF file. Weights of projections, which GPT-2 stores as [inputs, outputs], are transposed. */
import { checkActivation, type GgufFamily, placeByTable } from "./gguf-family.ts";

const names = {
  "transformer.wte": "token_embd",
  "transformer.wpe": "position_embd",
  "transformer.ln_f": "output_norm",
  lm_head: "output",
};
const blockNames = {
  ln_1: "attn_norm",
  "attn.c_attn": "attn_qkv",
  "attn.c_proj": "attn_output",
  ln_2: "ffn_norm",
  "mlp.c_fc": "ffn_up",
  "mlp.c_proj": "ffn_down",
};

export const gpt2Gguf: GgufFamily = {
  name: "gpt2",
  describe({ config, contextLength }, path) {
    const activation = String(config.activation_function ?? "gelu_new");
    checkActivation(path, activation, ["gelu_new", "gelu_fast", "gelu_pytorch_tanh"], "gpt2");
    const width = config.n_embd as number;
    const counts: Readonly<Record<string, number>> = {
      context_length: contextLength,
      embedding_length: width,
      feed_forward_length: (config.n_inner as number | null | undefined) ?? 4 * width,
      block_count: config.n_layer as number,
      "attention.head_count": config.n_head as number,
    };
    return {
      ...Object.fromEntries(Object.entries(counts).map(([key, uint32]) => [key, { uint32 }])),
      "attention.layer_norm_epsilon": {
        float32: (config.layer_norm_epsilon as number | undefined) ?? 1e-5,
      },
    };
  },
  place(parameter, shape) {
    const { name, inBlock } = placeByTable(parameter, names, /^transformer\.h\.(\d+)\.(.*)$/, blockNames);
    const [rows, columns] = shape as [number, number?];
    if (parameter === "transformer.wpe.weight") return { name, shape, whole: true };
    if (!inBlock || columns === undefined) return { name, shape };
    return { name, shape: [columns, rows], arrange: (data) => transpose(data, rows, columns) };
  },
};

/** [rows, columns] → [columns, rows]. */
function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return out;
}
