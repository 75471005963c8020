/**
 * Vocabularies of models that read texts one after the other: the input of such a model begins with the end of the
 * previous text. The tokenizer's files say so in their post-processor, so that other programs do the same.
 */
import type { HuggingFaceTokenizer } from "./huggingface.ts";
import type { HuggingFaceJson } from "./huggingface-files.ts";

/** The same vocabulary with texts that begin after `endOfText`; unchanged where they do already. */
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

/** The vocabulary's own post-processor, followed by one that puts the end of text before the tokens. */
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
