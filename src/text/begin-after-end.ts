/**
 * Vocabularies of models whose texts follow each other: what such a model reads begins with the end of the text
 * before. The tokenizer's files say so in their post-processor, which other programs heed as well.
 */
import type { HuggingFaceTokenizer } from "./huggingface.ts";
import type { HuggingFaceJson } from "./huggingface-files.ts";

/** The same vocabulary, whose texts begin after `endOfText`; as it is where they do already. */
export function beginningAfterEnd(tokenizer: HuggingFaceTokenizer): HuggingFaceTokenizer {
  if (tokenizer.beginsAfterEnd) return tokenizer;
  const { "tokenizer.json": json, "tokenizer_config.json": config } = tokenizer.files();
  const end = tokenizer.token(tokenizer.endOfText);
  const files = {
    "tokenizer.json": { ...json, post_processor: processorOf(json, end, tokenizer.endOfText) },
    "tokenizer_config.json": { ...config, bos_token: end, add_bos_token: true },
  };
  return { ...tokenizer, beginsAfterEnd: true, files: () => files };
}

/** What the vocabulary did to a text's tokens, and then the end of text in front of them. */
function processorOf({ post_processor: own }: HuggingFaceJson, end: string, id: number): object {
  const special = { SpecialToken: { id: end, type_id: 0 } };
  const first = { Sequence: { id: "A", type_id: 0 } };
  const template = {
    type: "TemplateProcessing",
    single: [special, first],
    pair: [special, first, { SpecialToken: { id: end, type_id: 1 } }, { Sequence: { id: "B", type_id: 1 } }],
    special_tokens: { [end]: { id: end, ids: [id], tokens: [end] } },
  };
  return own ? { type: "Sequence", processors: [own, template] } : template;
}
