/** What a model's folder says of how texts begin and end. Runs in a browser. */
import { TEXT_CLEANING } from "../text/cleaning-record.ts";
import type { LanguageModel } from "./language-model.ts";

/** The contents of `generation_config.json`: how texts begin and end, and how prompts are cleaned. */
export const generationConfig = ({
  tokenizer,
  stopAtEos,
  isolateDocuments,
  cleaning,
}: Pick<LanguageModel, "tokenizer" | "stopAtEos" | "isolateDocuments" | "cleaning">) => ({
  eos_token_id: stopAtEos ? tokenizer.endOfText : undefined,
  bos_token_id: tokenizer.beginOfText ?? tokenizer.endOfText,
  texts_alone: isolateDocuments || undefined,
  [TEXT_CLEANING]: cleaning,
  do_sample: true,
  transformers_version: null,
});
