/** BERT's WordPiece (Devlin et al. 2019) as `tokenizer.json`, made from its older `vocab.txt`. */
import { InputError } from "../core/errors.ts";
import type { TokenizerConfig } from "./files.ts";
import { specialToken, type TokenizerFiles, tokenText } from "./huggingface-files.ts";

const SPECIAL = { pad: "[PAD]", unk: "[UNK]", cls: "[CLS]", sep: "[SEP]", mask: "[MASK]" } as const;

/**
 * The files of a WordPiece tokenizer.
 *
 * @param text a `vocab.txt`: one token a line, its id the line's number from 0.
 * @param config `tokenizer_config.json` where there is one. Without its `do_lower_case`, a vocabulary that
 * has words in capitals counts as cased.
 * @throws InputError `vocabulary` where a token occurs twice or a special one is missing.
 */
export function wordPieceFiles(text: string, config: TokenizerConfig = {}): TokenizerFiles {
  const vocab = parseVocabulary(text);
  const name = (kind: keyof typeof SPECIAL) => tokenText(config, `${kind}_token`) ?? SPECIAL[kind];
  const id = (token: string): number => {
    const found = vocab[token];
    if (found === undefined) {
      throw new InputError(
        "vocabulary",
        `vocab.txt has no token ${token}, which BERT needs; get another copy.`,
      );
    }
    return found;
  };
  const special = Object.keys(SPECIAL).map((kind) => name(kind as keyof typeof SPECIAL));
  const [cls, sep] = [name("cls"), name("sep")];
  const lowercase =
    typeof config.do_lower_case === "boolean"
      ? config.do_lower_case
      : !Object.keys(vocab).some((token) => token.toLowerCase() !== token && !token.startsWith("["));
  const piece = (token: string, type: number) => ({ SpecialToken: { id: token, type_id: type } });
  const sequence = (name: "A" | "B", type: number) => ({ Sequence: { id: name, type_id: type } });
  const ids = (token: string) => ({ id: token, ids: [id(token)], tokens: [token] });
  return {
    "tokenizer.json": {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: special.map((t) => specialToken(t, id(t))).sort((a, b) => a.id - b.id),
      normalizer: {
        type: "BertNormalizer",
        clean_text: true,
        handle_chinese_chars: config.tokenize_chinese_chars !== false,
        strip_accents: config.strip_accents ?? null,
        lowercase,
      },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: {
        type: "TemplateProcessing",
        single: [piece(cls, 0), sequence("A", 0), piece(sep, 0)],
        pair: [piece(cls, 0), sequence("A", 0), piece(sep, 0), sequence("B", 1), piece(sep, 1)],
        special_tokens: { [cls]: ids(cls), [sep]: ids(sep) },
      },
      decoder: { type: "WordPiece", prefix: "##", cleanup: true },
      model: {
        type: "WordPiece",
        unk_token: name("unk"),
        continuing_subword_prefix: "##",
        max_input_chars_per_word: 100,
        vocab,
      },
    },
    "tokenizer_config.json": {
      ...Object.fromEntries(Object.entries(SPECIAL).map(([kind, token]) => [`${kind}_token`, token])),
      ...config,
      do_lower_case: lowercase,
      tokenizer_class: "BertTokenizer",
    },
  };
}

function parseVocabulary(text: string): Record<string, number> {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  if (lines.at(-1) === "") lines.pop();
  const vocab: Record<string, number> = Object.create(null);
  for (const [i, token] of lines.entries()) {
    if (token in vocab) {
      throw new InputError(
        "vocabulary",
        `vocab.txt line ${i + 1}: token ${JSON.stringify(token)} is already in line ${vocab[token]! + 1}.`,
      );
    }
    vocab[token] = i;
  }
  return vocab;
}
