/**
 * GPT-2's and BERT's tokenizers, through @huggingface/tokenizers. Runs in a browser.
 *
 * @example
 * const tokenizer = huggingfaceTokenizer(tokenizerJson, tokenizerConfig);
 * tokenizer.encode("Hello world"); // 15496, 995 with GPT-2's files
 */
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { InputError } from "../core/errors.ts";
import { beforeBertNormalizer } from "./bert-normalizer.ts";
import { byteCharacters } from "./bpe-bytes.ts";
import { isWordByWord, wordCachedEncoder } from "./bpe-cache.ts";
import { END_OF_TEXT } from "./bpe-files.ts";
import { pieceEncoder, runsOn, withoutFront } from "./bpe-pieces.ts";
import type { TokenizerConfig, TokenizerFormat } from "./files.ts";
import { type HuggingFaceJson, type TokenizerFiles, tokenText } from "./huggingface-files.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { checkTokenizerFile } from "./tokenizer-checks.ts";

export interface HuggingFaceTokenizer extends Tokenizer {
  readonly kind: "bpe" | "wordpiece";
  /** The id that opens what a model reads, where it wants one (BERT's `[CLS]`). */
  readonly cls?: number | undefined;
  /** The id that ends each text (BERT's `[SEP]`). */
  readonly sep?: number | undefined;
  /** The id of what the vocabulary cannot spell (BERT's `[UNK]`). */
  readonly unknown?: number | undefined;
  /**
   * The model's input: `[CLS] first [SEP]`, or `[CLS] first [SEP] second [SEP]` with type 1 for
   * the second text and its `[SEP]`; for GPT-2 the ids as they are.
   * @throws InputError `no-pairs` where the model knows no second text.
   */
  wrap(first: ArrayLike<number>, second?: ArrayLike<number>): { ids: Int32Array; types: Int32Array };
  files(): TokenizerFiles;
}

/**
 * A tokenizer from the contents of `tokenizer.json` and `tokenizer_config.json`.
 *
 * Special tokens written out in a text (`[MASK]`, `<|endoftext|>`) become their ids, as in Python. Byte-level
 * BPE gives back every text that is valid Unicode and free of those, whatever the file says about cleaning;
 * WordPiece does not: it drops case, accents, control characters and spacing, as BERT was trained.
 *
 * @throws InputError `tokenizer-file` where the files are malformed or of another kind than BPE and WordPiece.
 */
export function huggingfaceTokenizer(
  json: HuggingFaceJson,
  config: TokenizerConfig = {},
): HuggingFaceTokenizer {
  const kind = kindOf(json);
  const size = checkTokenizerFile(json);
  const library = open(json, config);
  const idOf = (token: string | undefined) => (token === undefined ? undefined : library.token_to_id(token));
  const named = (field: string, fallback?: string) => idOf(tokenText(config, field) ?? fallback);

  const wordEnd = suffixOf(json);
  const mask = named("mask_token") ?? idOf("[MASK]") ?? idOf("<mask>");
  const around = kind === "wordpiece" || mask !== undefined ? specialAround(library) : undefined;
  const sep = around && (kind === "wordpiece" ? named("sep_token", "[SEP]") : around.last);
  const cls = around && (kind === "wordpiece" ? named("cls_token", "[CLS]") : around.first);
  const endOfText = sep ?? named("eos_token") ?? endAmong(idOf, wordEnd);
  if (endOfText === undefined) {
    throw broken(
      `no end of text: neither eos_token nor ${kind === "bpe" ? END_OF_TEXT : "[SEP]"} is in the vocabulary`,
    );
  }
  const pad = named("pad_token") ?? idOf("[PAD]") ?? (around && idOf("<pad>"));
  const unknown = around ? (named("unk_token") ?? idOf("[UNK]") ?? idOf("<unk>")) : undefined;
  const begin = kind === "bpe" && !around ? firstSpecial(library) : undefined;
  const unspellable = kind === "bpe" ? missingBytes(json) : undefined;
  const prepare = beforeBertNormalizer(json.normalizer);
  const encodeWhole = (text: string): number[] =>
    library.encode(prepare(text), { add_special_tokens: false }).ids;
  const written = (json.added_tokens ?? []).map((added) => added.content);
  const spellRest = () => {
    const rest = open(withoutFront(json), config);
    return (text: string) => rest.encode(text, { add_special_tokens: false }).ids;
  };
  const { encode, encodeInSteps }: Pick<Tokenizer, "encode" | "encodeInSteps"> =
    kind === "bpe" && isWordByWord(json)
      ? wordCachedEncoder(json, encodeWhole, written)
      : kind === "bpe" && runsOn(json)
        ? pieceEncoder(json, encodeWhole, spellRest, written)
        : { encode: (text: string) => Int32Array.from(encodeWhole(text)) };
  const checked = (text: string): string => {
    if (unspellable)
      checkSpelling(
        written.reduce((rest, t) => rest.replaceAll(t, ""), text),
        unspellable,
      );
    return text;
  };

  const token = (id: number): string => {
    const text = library.id_to_token(id);
    if (text === undefined) {
      throw new InputError(
        "unknown-id",
        `Id ${id} is not in this vocabulary; its ids are 0 to ${size - 1}.`,
        { id },
      );
    }
    return text;
  };
  return {
    kind,
    size,
    endOfText,
    beginsAfterEnd: begin === endOfText,
    beginOfText: begin === endOfText ? undefined : begin,
    wordEnd,
    tidies: kind === "wordpiece" || wordEnd !== undefined,
    standsAlone: kind === "bpe" && wordEnd === undefined && isByteLevel(json.decoder),
    mask,
    pad,
    cls,
    sep,
    unknown,
    encode: (text) => encode(checked(text)),
    encodeInSteps: encodeInSteps && ((text) => encodeInSteps(checked(text))),
    decode(ids) {
      const list = Array.from(ids);
      for (const id of list) token(id);
      if (list.length === 0) return "";
      const cleaning = kind === "bpe" && wordEnd === undefined ? { clean_up_tokenization_spaces: false } : {};
      return library.decode(list, { skip_special_tokens: true, ...cleaning });
    },
    token,
    id: idOf,
    wrap(first, second) {
      if (cls === undefined || sep === undefined) {
        if (second)
          throw new InputError("no-pairs", "This model reads one text, not a pair of texts; join them.");
        return { ids: Int32Array.from(first), types: new Int32Array(first.length) };
      }
      const between = second ? (around?.between ?? 1) : 1;
      const start = first.length + 1 + between; // of the second text
      const ids = new Int32Array(start + (second ? second.length + 1 : 0)).fill(sep);
      ids[0] = cls;
      ids.set(first, 1);
      if (second) ids.set(second, start);
      // RoBERTa, which has two ends between texts, knows no kinds of texts.
      return { ids, types: new Int32Array(ids.length).fill(Number(between === 1), start) };
    },
    files: () => ({ "tokenizer.json": json, "tokenizer_config.json": config }),
  };
}

const isByteLevel = (decoder: unknown): boolean =>
  typeof decoder === "object" && decoder !== null && "type" in decoder && decoder.type === "ByteLevel";

/** GPT-2's and BERT's vocabularies as formats for `tokenizerFromFiles`, behind those of characters and words. */
export const huggingfaceFormat: TokenizerFormat = {
  name: "GPT-2's BPE or BERT's WordPiece",
  reads: ({ model }) => model.type === undefined || model.type === "BPE" || model.type === "WordPiece",
  read: (json, config) => huggingfaceTokenizer(json as unknown as HuggingFaceJson, config),
};

/** Whether `tokenizer` can wrap texts in its model's special tokens. */
export function isHuggingFaceTokenizer(tokenizer: Tokenizer): tokenizer is HuggingFaceTokenizer {
  return (tokenizer.kind === "bpe" || tokenizer.kind === "wordpiece") && "wrap" in tokenizer;
}

function kindOf(json: HuggingFaceJson): "bpe" | "wordpiece" {
  const model = json?.model;
  if (typeof model !== "object" || model === null || typeof model.vocab !== "object") {
    throw broken("it has no model with a vocabulary");
  }
  // Files from before the field existed are recognised by their other fields.
  const type = model.type ?? ("merges" in model ? "BPE" : "WordPiece");
  if (type === "BPE") return "bpe";
  if (type === "WordPiece") return "wordpiece";
  throw broken(`its model is ${type}, and Punchline reads BPE (GPT-2) and WordPiece (BERT)`);
}

function open(json: HuggingFaceJson, config: TokenizerConfig): Library {
  try {
    return new Library(json, config);
  } catch (cause) {
    throw broken(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The mark of a word's last piece, of vocabularies that have one: GPT's `</w>`. */
function suffixOf({ model }: HuggingFaceJson): string | undefined {
  const { end_of_word_suffix: suffix } = model;
  return typeof suffix === "string" && suffix !== "" ? suffix : undefined;
}

/**
 * The end of a text where no file names it: GPT-2's, or the usual one; or the end of a line, which the first GPT read
 * between paragraphs.
 */
const endAmong = (
  idOf: (token: string) => number | undefined,
  wordEnd: string | undefined,
): number | undefined =>
  idOf(END_OF_TEXT) ??
  idOf("</s>") ??
  (wordEnd === undefined ? undefined : (idOf(`\n${wordEnd}`) ?? idOf("<unk>")));

/** The tokens around a text, where the vocabulary has both, and how many are between two texts. */
function specialAround(library: Library) {
  const [plain] = library.encode("a", { add_special_tokens: false }).ids;
  const one = library.encode("a").ids;
  if (one[0] === plain || one.at(-1) === plain) return undefined;
  const two = library.encode("a", { text_pair: "a" }).ids;
  const between = two.lastIndexOf(plain!) - two.indexOf(plain!) - 1;
  return { first: one[0]!, last: one.at(-1)!, between };
}

/** The token that is put before a text, where one is. */
function firstSpecial(library: Library): number | undefined {
  const [first] = library.encode("a").ids;
  return first === library.encode("a", { add_special_tokens: false }).ids[0] ? undefined : first;
}

/** The bytes that a byte-level vocabulary lacks, or undefined where it can spell everything. */
function missingBytes(json: HuggingFaceJson): Set<number> | undefined {
  if (!JSON.stringify(json.pre_tokenizer ?? null).includes('"ByteLevel"')) return undefined;
  const missing = byteCharacters.flatMap((c, byte) => (Object.hasOwn(json.model.vocab, c) ? [] : [byte]));
  return missing.length > 0 ? new Set(missing) : undefined;
}

/** Refuses what the library would drop silently. */
function checkSpelling(text: string, missing: ReadonlySet<number>): void {
  const encoder = new TextEncoder();
  for (const character of text) {
    if (!encoder.encode(character).some((byte) => missing.has(byte))) continue;
    throw new InputError(
      "unknown-character",
      `The character ${JSON.stringify(character)} cannot be spelled in this vocabulary; remove it or use another model.`,
      { character },
    );
  }
}

function broken(reason: string, cause?: unknown): InputError {
  return new InputError("tokenizer-file", `Cannot use tokenizer.json: ${reason}.`, {}, cause);
}
