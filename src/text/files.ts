/**
 * Reads a vocabulary back from the Hugging Face files that a run or model folder holds.
 *
 * Each format is one entry of a list; the first that knows the files reads them. Sub-word formats are entries
 * that the caller puts in front: `tokenizerFromFiles(json, config, [bpeFormat, ...tokenizerFormats])`.
 */
import { InputError } from "../core/errors.ts";
import { characterTokenizer } from "./characters.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { noPieces, wordTokenizer } from "./words.ts";

/** The part of `tokenizer.json` that identifies its format; every other key is kept as it is. */
export interface TokenizerJson {
  readonly model: {
    readonly type?: string | undefined;
    readonly vocab?: unknown;
    readonly merges?: readonly unknown[] | undefined;
    readonly continuing_subword_prefix?: string | null | undefined;
  };
  readonly [key: string]: unknown;
}

export type TokenizerConfig = Readonly<Record<string, unknown>>;

/** One kind of tokenizer file. */
export interface TokenizerFormat {
  readonly name: string;
  /** Whether `read` understands these files. */
  reads(json: TokenizerJson, config: TokenizerConfig): boolean;
  read(json: TokenizerJson, config: TokenizerConfig): Tokenizer;
}

/** Byte-pair encoding without merges, all tokens single characters, as `characterTokenizer` writes it. */
const characterFormat: TokenizerFormat = {
  name: "character",
  reads: ({ model }) =>
    model.type === "BPE" &&
    model.merges?.length === 0 &&
    Object.keys(vocabularyOf(model.vocab)).every((token) => [...token].length === 1),
  read: ({ model }, config) => characterTokenizer(listOf(model.vocab), endOf(config)),
};

/** WordPiece that cannot cut a word, as `wordTokenizer` writes it. */
const wordFormat: TokenizerFormat = {
  name: "word",
  reads: ({ model }) => model.type === "WordPiece" && model.continuing_subword_prefix === noPieces,
  read: ({ model }, config) => wordTokenizer(listOf(model.vocab), endOf(config)),
};

const endOf = ({ eos_token: end }: TokenizerConfig) => (typeof end === "string" ? end : undefined);

/** The formats of Punchline's own character and word vocabularies. */
export const tokenizerFormats: readonly TokenizerFormat[] = [characterFormat, wordFormat];

/**
 * The tokenizer that the parsed `tokenizer.json` and `tokenizer_config.json` describe.
 * @throws InputError `tokenizer-file` where the files are malformed or no format knows them.
 */
export function tokenizerFromFiles(
  json: unknown,
  config: unknown = {},
  formats: readonly TokenizerFormat[] = tokenizerFormats,
): Tokenizer {
  if (!isRecord(json) || !isRecord(json.model)) {
    throw new InputError(
      "tokenizer-file",
      'tokenizer.json has no "model" object, so it is not a Hugging Face tokenizer file; check that the file is whole.',
    );
  }
  const known = json as unknown as TokenizerJson;
  const settings = isRecord(config) ? config : {};
  const format = formatOf(known, settings, formats);
  if (!format) {
    throw new InputError(
      "tokenizer-file",
      `tokenizer.json holds a model of type ${JSON.stringify(known.model.type)} that none of these formats reads: ` +
        `${formats.map((f) => f.name).join(", ")}.`,
    );
  }
  return format.read(known, settings);
}

const formatOf = (json: TokenizerJson, config: TokenizerConfig, formats: readonly TokenizerFormat[]) =>
  formats.find((candidate) => candidate.reads(json, config));

/** Whether the files are of a vocabulary of characters, of words or of pieces of words; quicker than to make it. */
export function tokenizerKind(json: TokenizerJson, config: TokenizerConfig): "character" | "word" | "bpe" {
  const format = formatOf(json, config, tokenizerFormats);
  return format === characterFormat ? "character" : format === wordFormat ? "word" : "bpe";
}

/** The tokens of a `vocab` object in the order of their ids, which must be 0, 1, 2 and so on. */
function listOf(vocab: unknown): string[] {
  const entries = Object.entries(vocabularyOf(vocab));
  const list = new Array<string | undefined>(entries.length).fill(undefined);
  for (const [token, id] of entries) {
    if (!Number.isInteger(id) || id < 0 || id >= list.length || list[id] !== undefined) {
      throw new InputError(
        "tokenizer-file",
        `tokenizer.json gives ${JSON.stringify(token)} the id ${id}; the ids of ${list.length} tokens must be ` +
          `0 to ${list.length - 1}, each once.`,
      );
    }
    list[id] = token;
  }
  return list as string[];
}

function vocabularyOf(vocab: unknown): Record<string, number> {
  if (isRecord(vocab)) return vocab as Record<string, number>;
  throw new InputError(
    "tokenizer-file",
    'tokenizer.json has no "vocab" object in its model; check that the file is whole.',
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
