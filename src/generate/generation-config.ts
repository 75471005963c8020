/** What a model's folder says of how texts begin and end. Runs in a browser. */
import { TEXT_CLEANING } from "../text/cleaning-record.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { LanguageModel } from "./language-model.ts";

/**
 * The ids that end a text besides the vocabulary's own end, of `eos_token_id`: one id, or a list of them.
 * @param config the contents of `generation_config.json`, or of `config.json` where there is none
 */
export function endsOf(
  config: Readonly<Record<string, unknown>> | null | undefined,
  { endOfText, size }: Pick<Tokenizer, "endOfText" | "size">,
): readonly number[] {
  const given = [config?.eos_token_id].flat();
  const ids = given.filter((id): id is number => Number.isInteger(id) && id !== endOfText);
  return [...new Set(ids)].filter((id) => id >= 0 && id < size);
}

/** The contents of `generation_config.json`: how texts begin and end, and how prompts are cleaned. */
export const generationConfig = ({
  tokenizer,
  stopAtEos,
  ends = [],
  isolateDocuments,
  cleaning,
}: Pick<LanguageModel, "tokenizer" | "stopAtEos" | "ends" | "isolateDocuments" | "cleaning">) => ({
  eos_token_id: !stopAtEos
    ? undefined
    : ends.length > 0
      ? [tokenizer.endOfText, ...ends]
      : tokenizer.endOfText,
  bos_token_id: tokenizer.beginOfText ?? tokenizer.endOfText,
  texts_alone: isolateDocuments || undefined,
  [TEXT_CLEANING]: cleaning,
  do_sample: true,
  transformers_version: null,
});
