/**
 * GPT-2 as a GGUF file with the keys and tensor names of llama.cpp's `gpt2` architecture.
 *
 * Weights of projections, which GPT-2 stores as [inputs, outputs], are transposed. Norms, biases and positions
 * stay float32. With q4_0, the embedding and the head become q8_0, since they affect the predictions most; a
 * matrix with rows that are not a multiple of 32 becomes f16.
 */
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { isWordByWord } from "../text/bpe-cache.ts";
import type { HuggingFaceJson } from "../text/huggingface-files.ts";
import { type GgufTensor, type GgufValue, ggufChunks } from "./gguf.ts";
import { type GgufType, ggufFormats } from "./quantise.ts";
import type { ExportSource } from "./source.ts";

/** llama.cpp's `general.file_type`. */
const fileType: Readonly<Record<GgufType, number>> = { f32: 0, f16: 1, q4_0: 2, q8_0: 7 };
/** llama.cpp's token types. */
const tokenKind = { normal: 1, control: 3, userDefined: 4, unused: 5 } as const;

/** @throws UsageError where llama.cpp's `gpt2` would not compute the same as this model. */
export async function writeGguf(
  source: ExportSource,
  folder: string,
  types: readonly GgufType[],
): Promise<void> {
  for (const type of types) {
    const metadata = { ...describeModel(source, type), ...describeTokenizer(source) };
    const tensors = source.model.parameters.map(({ name, shape }) => tensorOf(source, name, shape, type));
    await writeFileAtomic(join(folder, `model-${type}.gguf`), ggufChunks(metadata, tensors));
  }
}

function describeModel(
  { model: { architecture, config, contextLength }, path }: ExportSource,
  type: GgufType,
): Record<string, GgufValue> {
  if (architecture.type !== "gpt2")
    throw new UsageError(`${path} is a ${architecture.type}, and GGUF files are written of gpt2 alone.`);
  const activation = config.activation_function ?? "gelu_new";
  if (activation !== "gelu_new" && activation !== "gelu_pytorch_tanh")
    throw new UsageError(
      `${path} has the activation "${activation}", and readers of GGUF files compute gelu_new for every gpt2.`,
    );
  const width = config.n_embd as number;
  const quantised = type === "q8_0" || type === "q4_0";
  return {
    "general.architecture": { string: "gpt2" },
    "general.name": { string: path.replace(/^.*[/\\](?=.)/, "") },
    "general.file_type": { uint32: fileType[type] },
    ...(quantised ? { "general.quantization_version": { uint32: 2 } } : {}),
    "gpt2.context_length": { uint32: contextLength },
    "gpt2.embedding_length": { uint32: width },
    "gpt2.feed_forward_length": { uint32: (config.n_inner as number | null | undefined) ?? 4 * width },
    "gpt2.block_count": { uint32: config.n_layer as number },
    "gpt2.attention.head_count": { uint32: config.n_head as number },
    "gpt2.attention.layer_norm_epsilon": {
      float32: (config.layer_norm_epsilon as number | undefined) ?? 1e-5,
    },
  };
}

function describeTokenizer({ tokenizer, model, path }: ExportSource): Record<string, GgufValue> {
  const json = tokenizer.files()["tokenizer.json"] as HuggingFaceJson;
  if (tokenizer.kind !== "bpe" || !isWordByWord(json)) {
    const has = tokenizer.kind === "bpe" ? "another BPE" : `a ${tokenizer.kind}`;
    throw new UsageError(
      `${path} has ${has} vocabulary, and readers of GGUF files split every text as GPT-2 does; export it as hf or onnx.`,
    );
  }
  const size = model.config.vocab_size;
  const tokens = Array.from({ length: size }, (_, id) => `[unused${id}]`);
  const kinds = new Array<number>(size).fill(tokenKind.unused);
  for (const [token, id] of Object.entries(json.model.vocab)) {
    tokens[id] = token;
    kinds[id] = tokenKind.normal;
  }
  for (const { content, id, special } of json.added_tokens) {
    tokens[id] = content;
    kinds[id] = special ? tokenKind.control : tokenKind.userDefined;
  }
  const merges = json.model.merges as readonly (string | readonly [string, string])[];
  const end = { uint32: tokenizer.endOfText };
  return {
    "tokenizer.ggml.model": { string: "gpt2" },
    "tokenizer.ggml.pre": { string: "gpt-2" },
    "tokenizer.ggml.tokens": { strings: tokens },
    "tokenizer.ggml.token_type": { int32s: kinds },
    "tokenizer.ggml.merges": {
      strings: merges.map((pair) => (typeof pair === "string" ? pair : pair.join(" "))),
    },
    "tokenizer.ggml.bos_token_id": end,
    "tokenizer.ggml.eos_token_id": end,
    "tokenizer.ggml.add_bos_token": { bool: tokenizer.beginsAfterEnd === true },
  };
}

const names: Readonly<Record<string, string>> = {
  "transformer.wte": "token_embd",
  "transformer.wpe": "position_embd",
  "transformer.ln_f": "output_norm",
  lm_head: "output",
};
const blockNames: Readonly<Record<string, string>> = {
  ln_1: "attn_norm",
  "attn.c_attn": "attn_qkv",
  "attn.c_proj": "attn_output",
  ln_2: "ffn_norm",
  "mlp.c_fc": "ffn_up",
  "mlp.c_proj": "ffn_down",
};

function tensorOf(source: ExportSource, name: string, shape: readonly number[], type: GgufType): GgufTensor {
  const [, part, leaf] = /^(.*)\.(weight|bias)$/.exec(name)!;
  const block = /^transformer\.h\.(\d+)\.(.*)$/.exec(part!);
  const transposed = block !== null && shape.length === 2;
  const shown = transposed ? shape.toReversed() : shape;
  return {
    name: `${block ? `blk.${block[1]}.${blockNames[block[2]!]}` : names[part!]}.${leaf}`,
    shape: shown,
    type: typeOf(part!, shown, type),
    async read() {
      const data = await source.read(name);
      return transposed ? transpose(data, shape[0]!, shape[1]!) : data;
    },
  };
}

function typeOf(part: string, shape: readonly number[], type: GgufType): GgufType {
  if (shape.length < 2 || part === "transformer.wpe") return "f32";
  const better = type === "q4_0" && (part === "transformer.wte" || part === "lm_head") ? "q8_0" : type;
  return shape[1]! % ggufFormats[better].block === 0 ? better : "f16";
}

/** [rows, columns] → [columns, rows]. */
function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return out;
}
