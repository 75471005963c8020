/** The files of a tokenizer, from whichever of the usual ones a model has. Runs in a browser. */
import { InputError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { bpeFiles, parseMerges } from "../text/bpe-files.ts";
import type { TokenizerConfig } from "../text/files.ts";
import type { HuggingFaceJson, TokenizerFiles } from "../text/huggingface-files.ts";
import { wordPieceFiles } from "../text/wordpiece-files.ts";

interface TokenizerReader {
  /** Undefined where there is no such file. */
  json(name: string): Promise<JsonObject | undefined>;
  text(name: string): Promise<string | undefined>;
  /** The names of all files. */
  list(): Promise<readonly string[]>;
}

const ADVICE =
  "add tokenizer.json: most models have it on the Hub, and transformers writes it with AutoTokenizer.from_pretrained(...).save_pretrained(...)";

/**
 * The contents of `tokenizer.json` and `tokenizer_config.json`, a `chat_template.jinja` among them; without the former, it is made from `vocab.json` and
 * `merges.txt` (GPT-2) or `vocab.txt` (BERT).
 *
 * @throws InputError `no-tokenizer` where `folder` has none of these.
 */
export async function tokenizerContents(
  folder: string,
  { json, text, list }: TokenizerReader,
): Promise<TokenizerFiles> {
  const config: TokenizerConfig = {
    ...(await json("special_tokens_map.json")),
    ...(await json("tokenizer_config.json")),
    ...(await chatTemplate(text)),
  };
  const tokenizer = await json("tokenizer.json");
  if (tokenizer) {
    return {
      "tokenizer.json": tokenizer as unknown as HuggingFaceJson,
      "tokenizer_config.json": config,
    };
  }
  const vocab = await json("vocab.json");
  const merges = await text("merges.txt");
  if (vocab && merges !== undefined) {
    const { tokenizer_class: cutter } = config;
    if (typeof cutter === "string" && cutter.startsWith("Qwen"))
      throw new InputError(
        "no-tokenizer",
        `${folder} has its vocabulary only as vocab.json and merges.txt of a ${cutter}, which do not say how it cuts words, and GPT-2's way is another; ${ADVICE}.`,
        { folder },
      );
    const added = await json("added_tokens.json");
    return bpeFiles({ ...vocab, ...added } as Record<string, number>, parseMerges(merges), config);
  }
  const words = await text("vocab.txt");
  if (words !== undefined) return wordPieceFiles(words, config);
  const pieces = (await list()).find((name) => /^(tokenizer|spiece|sentencepiece.*)\.model$/.test(name));
  if (pieces !== undefined)
    throw new InputError(
      "no-tokenizer",
      `${folder} has its vocabulary only as ${pieces}, a SentencePiece model, which Punchline does not read; ${ADVICE}.`,
      { folder, file: pieces },
    );
  throw new InputError(
    "no-tokenizer",
    `${folder} has no tokenizer: tokenizer.json, or vocab.json with merges.txt, or vocab.txt was expected.`,
    { folder },
  );
}

/** A chat template in a file of its own comes before the one of `tokenizer_config.json`, as in transformers. */
async function chatTemplate(text: TokenizerReader["text"]): Promise<TokenizerConfig> {
  const template = await text("chat_template.jinja");
  return template === undefined ? {} : { chat_template: template };
}
