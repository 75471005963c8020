/** The fields that transformers.js needs in a folder's JSON files. */
import type { Tokenizer } from "../text/tokenizer.ts";
import type { OnnxType } from "./onnx-types.ts";
import type { ExportSource } from "./source.ts";

/** New values for fields of a folder's JSON files, by file. */
export type Replacements = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/** Of a decoder, which is called a GPT-2: transformers.js runs the folder's graph, whatever its architecture. */
export function decoderForTransformersJs(
  { tokenizer }: ExportSource,
  types: readonly OnnxType[],
): Replacements {
  const beginsAfterEnd = tokenizer.kind === "character" || tokenizer.kind === "word";
  return {
    "config.json": {
      model_type: "gpt2",
      architectures: ["GPT2LMHeadModel"],
      // Version 3 reads the type of the cache here, version 4 from the graph.
      ...(types.includes("fp16")
        ? { "transformers.js_config": { kv_cache_dtype: { fp16: "float16" } } }
        : {}),
    },
    "tokenizer.json": beginsAfterEnd ? { post_processor: endBeforeText(tokenizer) } : undefined,
    "tokenizer_config.json": beginsAfterEnd ? { add_bos_token: true } : undefined,
  };
}

/** BERT's special tokens, by their names in configurations. */
const special = {
  unk_token: "[UNK]",
  sep_token: "[SEP]",
  pad_token: "[PAD]",
  cls_token: "[CLS]",
  mask_token: "[MASK]",
} as const;

/** Of a masked model: published folders leave out the usual special tokens, which transformers.js does not assume. */
export function maskedForTransformersJs({ tokenizer, model }: ExportSource): Replacements {
  const own = tokenizer.files()["tokenizer_config.json"] as Readonly<Record<string, unknown>>;
  const known = Object.entries(special).filter(([, token]) => tokenizer.id(token) !== undefined);
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
