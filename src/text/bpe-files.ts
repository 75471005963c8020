/** BPE as `tokenizer.json`, made from the older `vocab.json` and `merges.txt` of GPT-2, RoBERTa and GPT, or from training. */
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
 * The files of a BPE tokenizer: of bytes, with tokens around a text where it has RoBERTa's mask; or of words in lower
 * case, with GPT's mark at their end.
 *
 * @param vocab ids by token, special tokens included.
 * @param config `tokenizer_config.json` where there is one: its special tokens are kept.
 */
export function bpeFiles(
  vocab: Readonly<Record<string, number>>,
  merges: Merges,
  config: TokenizerConfig = {},
): TokenizerFiles {
  if (Object.keys(vocab).some((token) => token.endsWith(WORD_END)))
    return wordBpeFiles(vocab, merges, config);
  const masked = [...AROUND, MASK].every((token) => Object.hasOwn(vocab, token))
    ? maskedParts(vocab)
    : undefined;
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
      added_tokens:
        masked?.added_tokens ??
        [...special].map((t) => specialToken(t!, vocab[t!]!)).sort((a, b) => a.id - b.id),
      normalizer: null,
      pre_tokenizer: { ...byteLevel, use_regex: true },
      post_processor: masked?.post_processor ?? { ...byteLevel, trim_offsets: false },
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
      ...(masked?.config ?? {
        bos_token: END_OF_TEXT,
        eos_token: END_OF_TEXT,
        unk_token: END_OF_TEXT,
        tokenizer_class: "GPT2Tokenizer",
      }),
      ...config,
      clean_up_tokenization_spaces: false,
    },
  };
}

/** The marks of RoBERTa. */
const [BEGIN, PAD, END, UNKNOWN] = ["<s>", "<pad>", "</s>", "<unk>"];
const MASK = "<mask>";
const AROUND = [BEGIN, PAD, END, UNKNOWN] as readonly string[];

/** RoBERTa's special tokens in their order, the mask apart. */
export const robertaTokens = { first: AROUND, mask: MASK };

/** What makes byte-level BPE a vocabulary to fill masks with, as RoBERTa has it. */
export function maskedParts(vocab: Readonly<Record<string, number>>) {
  const id = (token: string) => vocab[token]!;
  return {
    added_tokens: [
      ...AROUND.map((token) => specialToken(token, id(token))),
      // A space before it belongs to it, since the words that it stands for have theirs.
      { ...specialToken(MASK, id(MASK)), lstrip: true },
    ].sort((a, b) => a.id - b.id),
    post_processor: {
      type: "RobertaProcessing",
      sep: [END, id(END!)],
      cls: [BEGIN, id(BEGIN!)],
      trim_offsets: true,
      add_prefix_space: false,
    },
    config: {
      bos_token: BEGIN,
      cls_token: BEGIN,
      eos_token: END,
      sep_token: END,
      unk_token: UNKNOWN,
      pad_token: PAD,
      mask_token: MASK,
      tokenizer_class: "RobertaTokenizer",
    },
  };
}

/** The first GPT's mark of a word's last piece. */
const WORD_END = "</w>";

/** Pieces of words in lower case, apart from punctuation, as of the first GPT. */
function wordBpeFiles(
  vocab: Readonly<Record<string, number>>,
  merges: Merges,
  config: TokenizerConfig,
): TokenizerFiles {
  const unknown = tokenText(config, "unk_token") ?? UNKNOWN!;
  return {
    "tokenizer.json": {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: Object.hasOwn(vocab, unknown) ? [specialToken(unknown, vocab[unknown]!)] : [],
      normalizer: {
        type: "BertNormalizer",
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
        lowercase: true,
      },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: null,
      decoder: { type: "BPEDecoder", suffix: WORD_END },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: unknown,
        continuing_subword_prefix: "",
        end_of_word_suffix: WORD_END,
        fuse_unk: false,
        vocab,
        merges: merges.map(([a, b]) => `${a} ${b}`),
      },
    },
    "tokenizer_config.json": { unk_token: unknown, ...config, tokenizer_class: "OpenAIGPTTokenizer" },
  };
}
