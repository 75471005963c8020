/** The contents of the Hugging Face tokenizer files, as far as Punchline reads and writes them. */
import type { TokenizerConfig } from "./files.ts";

/** A token that is found in text before anything else is done to it. */
export interface AddedTokenJson {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** `tokenizer.json` of a byte-level BPE or WordPiece vocabulary. */
export interface HuggingFaceJson {
  readonly version?: string | undefined;
  readonly added_tokens: readonly AddedTokenJson[];
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  readonly post_processor: unknown;
  readonly decoder: unknown;
  readonly model: {
    readonly type?: string | undefined;
    readonly vocab: Readonly<Record<string, number>>;
    readonly unk_token?: string | null | undefined;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface TokenizerFiles {
  readonly "tokenizer.json": HuggingFaceJson;
  readonly "tokenizer_config.json": TokenizerConfig;
}

/** A special token: matched exactly, anywhere in a text. */
export function specialToken(content: string, id: number): AddedTokenJson {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

/** The text of a token field such as `eos_token`, which is a string or `{ content }`. */
export function tokenText(config: TokenizerConfig, field: string): string | undefined {
  const value = config[field];
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && "content" in value) {
    return typeof value.content === "string" ? value.content : undefined;
  }
  return undefined;
}
