/** The contents of the Hugging Face tokenizer files, as far as Punchline reads and writes them. */

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

export interface TokenizerJson {
  readonly version?: string;
  readonly added_tokens: readonly AddedTokenJson[];
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  readonly post_processor: unknown;
  readonly decoder: unknown;
  readonly model: {
    readonly type?: string;
    readonly vocab: Readonly<Record<string, number>>;
    readonly unk_token?: string | null;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** `tokenizer_config.json`; tokens stand in it as text or as `{ content }`. */
export type TokenizerConfigJson = Readonly<Record<string, unknown>>;

export interface TokenizerFiles {
  readonly "tokenizer.json": TokenizerJson;
  readonly "tokenizer_config.json": TokenizerConfigJson;
}

/** A special token found as it stands, wherever it stands. */
export function specialToken(content: string, id: number): AddedTokenJson {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

/** The text of a token field such as `eos_token`, in either of its two forms. */
export function tokenText(config: TokenizerConfigJson, field: string): string | undefined {
  const value = config[field];
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && "content" in value) {
    return typeof value.content === "string" ? value.content : undefined;
  }
  return undefined;
}
