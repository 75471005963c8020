/** A vocabulary as Llama's is: words that begin with a mark of their space, and bytes for all else. */
import { type HuggingFaceTokenizer, huggingfaceTokenizer } from "../src/text/huggingface.ts";

/** The files of a vocabulary that has these words whole, behind a space and within a word. */
export function metaspaceFiles(words: readonly string[]) {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const letters = new Set(["\u2581", ...words.join("")]);
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...letters];
  const merges: string[] = [];
  for (const word of words.flatMap((w) => [w, `\u2581${w}`])) {
    const [first, ...rest] = word;
    let whole = first!;
    for (const letter of rest) {
      if (!tokens.includes(whole + letter)) {
        tokens.push(whole + letter);
        merges.push(`${whole} ${letter}`);
      }
      whole += letter;
    }
  }
  const replace = (from: string, content: string) => ({
    type: "Replace",
    pattern: { String: from },
    content,
  });
  return {
    "tokenizer.json": {
      version: "1.0",
      added_tokens: ["<unk>", "<s>", "</s>"].map((content, id) => ({
        id,
        content,
        special: true,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
      })),
      normalizer: {
        type: "Sequence",
        normalizers: [{ type: "Prepend", prepend: "\u2581" }, replace(" ", "\u2581")],
      },
      pre_tokenizer: null,
      post_processor: null,
      decoder: {
        type: "Sequence",
        decoders: [
          replace("\u2581", " "),
          { type: "ByteFallback" },
          { type: "Fuse" },
          { type: "Strip", content: " ", start: 1, stop: 0 },
        ],
      },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: "<unk>",
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: true,
        byte_fallback: true,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges,
      },
    },
    "tokenizer_config.json": { eos_token: "</s>", bos_token: "<s>", unk_token: "<unk>" },
  };
}

export function metaspaceTokenizer(words: readonly string[]): HuggingFaceTokenizer {
  const files = metaspaceFiles(words);
  return huggingfaceTokenizer(files["tokenizer.json"] as never, files["tokenizer_config.json"]);
}
