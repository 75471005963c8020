/** Vocabularies as GGUF files describe them to llama.cpp: byte-level BPE, or pieces that begin with a mark of their space. */
import { UsageError } from "../core/errors.ts";
import { isWordByWord } from "../text/bpe-cache.ts";
import type { HuggingFaceJson } from "../text/huggingface-files.ts";
import type { GgufValue } from "./gguf.ts";
import type { ExportSource } from "./source.ts";

/** llama.cpp's token types. */
const kind = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** The keys of the model's vocabulary. @throws UsageError where llama.cpp would split texts differently */
export function describeTokenizer({ tokenizer, model, path }: ExportSource): Record<string, GgufValue> {
  const json = tokenizer.files()["tokenizer.json"] as HuggingFaceJson;
  const refuse = (has: string): UsageError =>
    new UsageError(
      `${path} has ${has}, which readers of GGUF files would split in another way; export it as hf or onnx.`,
    );
  if (tokenizer.kind !== "bpe") throw refuse(`a ${tokenizer.kind} vocabulary`);
  const pieces = marksSpaces(json);
  const words = pieces ? undefined : wordsOf(json);
  if (!pieces && words === undefined) throw refuse("another BPE vocabulary");
  const size = model.config.vocab_size;
  const tokens = Array.from({ length: size }, (_, id) => `[unused${id}]`);
  const kinds = new Array<number>(size).fill(kind.unused);
  for (const [token, id] of Object.entries(json.model.vocab)) {
    tokens[id] = token;
    kinds[id] = pieces && /^<0x[0-9A-F]{2}>$/.test(token) ? kind.byte : kind.normal;
  }
  for (const { content, id, special } of json.added_tokens) {
    tokens[id] = content;
    kinds[id] = special ? kind.control : kind.userDefined;
  }
  const unknown = json.model.vocab[json.model.unk_token ?? ""];
  const merges = (json.model.merges as readonly (string | readonly [string, string])[]).map((pair) =>
    typeof pair === "string" ? pair : pair.join(" "),
  );
  const begin = tokenizer.beginOfText ?? (tokenizer.beginsAfterEnd ? tokenizer.endOfText : undefined);
  const shared = {
    "tokenizer.ggml.tokens": { strings: tokens },
    "tokenizer.ggml.token_type": { int32s: kinds },
    "tokenizer.ggml.bos_token_id": { uint32: begin ?? tokenizer.endOfText },
    "tokenizer.ggml.eos_token_id": { uint32: tokenizer.endOfText },
    "tokenizer.ggml.add_bos_token": { bool: begin !== undefined },
  };
  if (words !== undefined)
    return {
      "tokenizer.ggml.model": { string: "gpt2" },
      "tokenizer.ggml.pre": { string: words },
      ...shared,
      "tokenizer.ggml.merges": { strings: merges },
    };
  if (unknown !== undefined) kinds[unknown] = kind.unknown;
  return {
    "tokenizer.ggml.model": { string: "llama" },
    "tokenizer.ggml.pre": { string: "default" },
    ...shared,
    "tokenizer.ggml.scores": { float32s: scoresOf(tokens, merges) },
    ...(unknown === undefined ? {} : { "tokenizer.ggml.unknown_token_id": { uint32: unknown } }),
    "tokenizer.ggml.add_space_prefix": { bool: true },
  };
}

/** Pieces are joined by the highest score, so that of an earlier merge is higher. */
function scoresOf(tokens: readonly string[], merges: readonly string[]): number[] {
  const ranks = new Map<string, number>();
  for (const [rank, merge] of merges.entries()) {
    const piece = merge.replace(" ", "");
    if (!ranks.has(piece)) ranks.set(piece, rank);
  }
  return tokens.map((token) => -(ranks.get(token) ?? merges.length));
}

/** Whether texts are spelled as SentencePiece does: spaces marked, one before the text, and nothing split before. */
function marksSpaces({ normalizer, pre_tokenizer }: HuggingFaceJson): boolean {
  const text = JSON.stringify(normalizer ?? null);
  return pre_tokenizer == null && text.includes('"prepend":"\u2581"') && text.includes('"content":"\u2581"');
}

/** The pattern of Llama 3, and that of Qwen2 but for how many digits are a word. */
const pattern = (digits: string): string =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

/** How llama.cpp calls the rule by which words are split; undefined for one that it may not have. */
function wordsOf(json: HuggingFaceJson): string | undefined {
  // Normal forms of Unicode, which llama.cpp leaves out, change few texts.
  const normal = (json.normalizer as { type?: string } | null)?.type;
  if (normal !== undefined && normal !== "NFC") return undefined;
  if (isWordByWord({ ...json, normalizer: null })) return "gpt-2";
  const { type, pretokenizers = [] } = (json.pre_tokenizer ?? {}) as {
    type?: string;
    pretokenizers?: readonly Readonly<Record<string, unknown>>[];
  };
  const [first, second] = pretokenizers;
  if (
    type !== "Sequence" ||
    pretokenizers.length !== 2 ||
    second?.type !== "ByteLevel" ||
    second.add_prefix_space
  )
    return undefined;
  if (first?.type === "Digits" && first.individual_digits === true && second.use_regex !== false)
    return "smollm";
  const split =
    first?.type === "Split" ? (first.pattern as { Regex?: string } | undefined)?.Regex : undefined;
  if (second.use_regex !== false) return undefined;
  if (split === pattern("\\p{N}{1,3}")) return "llama-bpe";
  return split === pattern("\\p{N}") ? "qwen2" : undefined;
}
