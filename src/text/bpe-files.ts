/** Byte-level BPE as `tokenizer.json`, made from GPT-2's older `vocab.json` and `merges.txt` or from training. */
import { InputError } from "../core/errors.ts";
import type { TokenizerConfig } from "./files.ts";
import { specialToken, type TokenizerFiles, tokenText } from "./huggingface-files.ts";

export const END_OF_TEXT = "<|endoftext|>";

/** `a b` pairs, best first. */
export type Merges = readonly (readonly [string, string])[];

/**
 * The pairs of a `merges.txt`: one `a b` a line, a first line of `#version` passed over.
 * @throws InputError `merges` with the line that is no pair.
 */
export function parseMerges(text: string): Merges {
  const merges: [string, string][] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line === "" || (i === 0 && line.startsWith("#version"))) continue;
    const parts = line.split(" ");
    if (parts.length !== 2 || parts.includes("")) {
      throw new InputError(
        "merges",
        `merges.txt line ${i + 1}: two tokens were expected, got ${JSON.stringify(line)}.`,
      );
    }
    merges.push([parts[0]!, parts[1]!]);
  }
  return merges;
}

/**
 * The files of a byte-level BPE tokenizer.
 *
 * @param vocab ids by token, special tokens included.
 * @param config `tokenizer_config.json` where there is one: its special tokens are kept.
 */
export function bpeFiles(
  vocab: Readonly<Record<string, number>>,
  merges: Merges,
  config: TokenizerConfig = {},
): TokenizerFiles {
  const declared = ["bos_token", "eos_token", "unk_token", "pad_token"].map((field) =>
    tokenText(config, field),
  );
  const special = new Set(
    [END_OF_TEXT, ...declared].filter((t) => t !== undefined && Object.hasOwn(vocab, t)),
  );
  const byteLevel = {
    type: "ByteLevel",
    add_prefix_space: config.add_prefix_space === true,
    trim_offsets: true,
  };
  return {
    "tokenizer.json": {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [...special].map((t) => specialToken(t!, vocab[t!]!)).sort((a, b) => a.id - b.id),
      normalizer: null,
      pre_tokenizer: { ...byteLevel, use_regex: true },
      post_processor: { ...byteLevel, trim_offsets: false },
      decoder: { ...byteLevel, add_prefix_space: true },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: "",
        end_of_word_suffix: "",
        fuse_unk: false,
        vocab,
        merges: merges.map(([a, b]) => `${a} ${b}`),
      },
    },
    "tokenizer_config.json": {
      bos_token: END_OF_TEXT,
      eos_token: END_OF_TEXT,
      unk_token: END_OF_TEXT,
      ...config,
      clean_up_tokenization_spaces: false,
      tokenizer_class: "GPT2Tokenizer",
    },
  };
}
