/** How a folder tells transformers.js what it needs to know. */
import type { Tokenizer } from "../text/tokenizer.ts";
import type { OnnxType } from "./onnx-types.ts";
import type { ExportSource } from "./source.ts";

/** What replaces the fields of a folder's JSON files, by file. */
export type Replacements = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Of a decoder: the graph that is run is in the folder, so that any decoder of this shape can go by the name of
 * GPT-2, and none of GPT-2's own code is needed.
 */
export function decoderForTransformersJs(
  { tokenizer }: ExportSource,
  types: readonly OnnxType[],
): Replacements {
  return {
    "config.json": {
      model_type: "gpt2",
      architectures: ["GPT2LMHeadModel"],
      // Version 3 asks here; version 4 reads the type from the graph.
      ...(types.includes("fp16")
        ? { "transformers.js_config": { kv_cache_dtype: { fp16: "float16" } } }
        : {}),
    },
    ...(tokenizer.kind === "character" || tokenizer.kind === "word"
      ? {
          "tokenizer.json": { post_processor: beginAfterEnd(tokenizer) },
          "tokenizer_config.json": { add_bos_token: true },
        }
      : {}),
  };
}

/** BERT's special tokens, by the names that configurations give them. */
const special = {
  unk_token: "[UNK]",
  sep_token: "[SEP]",
  pad_token: "[PAD]",
  cls_token: "[CLS]",
  mask_token: "[MASK]",
} as const;

/** Of a masked model: published folders leave out what is usual, which transformers.js does not know by itself. */
export function maskedForTransformersJs({ tokenizer, model }: ExportSource): Replacements {
  const own = tokenizer.files()["tokenizer_config.json"] as Readonly<Record<string, unknown>>;
  const usual = Object.entries(special).filter(([, token]) => tokenizer.id(token) !== undefined);
  return {
    "tokenizer_config.json": {
      ...Object.fromEntries(usual),
      model_max_length: model.contextLength,
      ...own,
    },
  };
}

/** Puts the end of the text before in front of each text: models of characters and words learn to begin there. */
function beginAfterEnd({ endOfText, token }: Tokenizer): object {
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
