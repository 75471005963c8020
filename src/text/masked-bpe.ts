/**
 * Byte-level BPE for models that fill masks: the vocabulary of a model that writes, with RoBERTa's special tokens at
 * RoBERTa's places, so that programs which assume them are right. Runs in a browser.
 */
import { END_OF_TEXT, maskedParts, robertaTokens } from "./bpe-files.ts";
import { type HuggingFaceTokenizer, huggingfaceTokenizer } from "./huggingface.ts";

/** The same vocabulary for masks: its tokens behind the special ones, the mask as the last. */
export function maskedBpeOf(tokenizer: HuggingFaceTokenizer): HuggingFaceTokenizer {
  const { "tokenizer.json": json } = tokenizer.files();
  const spelled = Object.entries(json.model.vocab)
    .filter(([token]) => token !== END_OF_TEXT)
    .sort(([, a], [, b]) => a - b);
  const tokens = [...robertaTokens.first, ...spelled.map(([token]) => token), robertaTokens.mask];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const { added_tokens, post_processor, config } = maskedParts(vocab);
  return huggingfaceTokenizer(
    { ...json, added_tokens, post_processor, model: { ...json.model, vocab } },
    { ...config, add_prefix_space: false, clean_up_tokenization_spaces: false },
  );
}
