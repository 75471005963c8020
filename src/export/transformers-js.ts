/**
 * How a folder tells transformers.js to run a decoder. The graph that it runs is in the folder, so that any
 * decoder of this shape can go by the name of GPT-2, and none of GPT-2's own code is needed.
 */
import type { Tokenizer } from "../text/tokenizer.ts";
import type { OnnxType } from "./onnx-types.ts";
import type { ExportSource } from "./source.ts";

/** What replaces the fields of a folder's JSON files, by file. */
export type Replacements = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export function forTransformersJs({ tokenizer }: ExportSource, types: readonly OnnxType[]): Replacements {
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
