/** The fields that transformers.js needs in a folder's JSON files. */
import type { Model } from "../models/model.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { OnnxType } from "./onnx-types.ts";
import type { ExportSource } from "./source.ts";

/** New values for fields of a folder's JSON files, by file. */
export type Replacements = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/** Decoders that transformers.js knows by their own names and settings. */
const known = ["gpt2", "llama", "qwen2", "qwen3", "gpt_neox"];

/** Of another decoder, which is called a GPT-2: transformers.js runs the folder's graph, whatever its architecture. */
export function decoderForTransformersJs(
  { tokenizer, model }: ExportSource,
  types: readonly OnnxType[],
): Replacements {
  const beginsAfterEnd = tokenizer.kind === "character" || tokenizer.kind === "word";
  return {
    "config.json": {
      ...(known.includes(model.architecture.type) ? {} : asGpt2(model)),
      // Version 3 reads the type of the cache here, version 4 from the graph.
      ...(types.includes("fp16")
        ? { "transformers.js_config": { kv_cache_dtype: { fp16: "float16" } } }
        : {}),
    },
    "tokenizer.json": beginsAfterEnd ? { post_processor: endBeforeText(tokenizer) } : undefined,
    "tokenizer_config.json": beginsAfterEnd ? { add_bos_token: true } : undefined,
  };
}

/** The settings by which transformers.js makes the first, empty cache. */
function asGpt2(model: Model): object {
  const { key0, ...rest } = model.state(1);
  const [, heads, , size] = key0!.shape as [number, number, string, number];
  const layers = Object.keys(rest).filter((name) => name.startsWith("key")).length + 1;
  return {
    model_type: "gpt2",
    architectures: ["GPT2LMHeadModel"],
    n_layer: layers,
    n_head: heads,
    n_embd: heads * size,
  };
}

/** The special tokens of BERT, and those of RoBERTa, by their names in configurations. */
const special: readonly (readonly [string, string])[] = [
  ["unk_token", "[UNK]"],
  ["sep_token", "[SEP]"],
  ["pad_token", "[PAD]"],
  ["cls_token", "[CLS]"],
  ["mask_token", "[MASK]"],
  ["unk_token", "<unk>"],
  ["sep_token", "</s>"],
  ["pad_token", "<pad>"],
  ["cls_token", "<s>"],
  ["mask_token", "<mask>"],
];

/** Of a masked model: published folders leave out the usual special tokens, which transformers.js does not assume. */
export function maskedForTransformersJs({ tokenizer, model }: ExportSource): Replacements {
  const own = tokenizer.files()["tokenizer_config.json"] as Readonly<Record<string, unknown>>;
  const known = special.filter(([, token]) => tokenizer.id(token) !== undefined);
  return {
    "tokenizer_config.json": {
      ...Object.fromEntries(known),
      model_max_length: model.contextLength,
      ...own,
    },
  };
}

/** Begins each text with the end of text: models of characters and words learn texts that follow another. */
function endBeforeText({ endOfText, token }: Tokenizer): object {
  const id = token(endOfText);
  const end = { SpecialToken: { id, type_id: 0 } };
  const sequence = (name: string) => ({ Sequence: { id: name, type_id: 0 } });
  return {
    type: "TemplateProcessing",
    single: [end, sequence("A")],
    pair: [end, sequence("A"), sequence("B")],
    special_tokens: { [id]: { id, ids: [endOfText], tokens: [id] } },
  };
}
