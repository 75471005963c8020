/** What the library's normaliser of BERT and the first GPT does otherwise than Hugging Face's own, done before it. */

/** Ideographs beyond U+FFFF, of which it sees halves only. */
const ideographs = /[\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/** @param normalizer that of a `tokenizer.json` */
export function beforeBertNormalizer(normalizer: unknown): (text: string) => string {
  const { type, lowercase, handle_chinese_chars } = (normalizer ?? {}) as Readonly<Record<string, unknown>>;
  if (type !== "BertNormalizer") return (text) => text;
  return (text) => {
    const apart = handle_chinese_chars === true ? text.replace(ideographs, " $& ") : text;
    // A capital sigma at a word's end is lowered as any other, not to a final one.
    return lowercase === true ? apart.replaceAll("Σ", "σ") : apart;
  };
}
