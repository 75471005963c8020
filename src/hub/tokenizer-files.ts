/** Reads the tokenizer of a model's folder from whichever of the usual files it has. */
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { readOptionalJson } from "../files/json-file.ts";
import { readOptionalText } from "../files/regular-file.ts";
import { bpeFiles, parseMerges } from "../text/bpe-files.ts";
import { type TokenizerConfig, tokenizerFormats, tokenizerFromFiles } from "../text/files.ts";
import { huggingfaceFormat } from "../text/huggingface.ts";
import type { HuggingFaceJson, TokenizerFiles } from "../text/huggingface-files.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { wordPieceFiles } from "../text/wordpiece-files.ts";
import { ADAPTER_WEIGHTS_FILE } from "./adapter.ts";
import { withBuiltIn } from "./built-in.ts";
import { fingerprintTokenizer, TOKENIZER_FINGERPRINT } from "./fingerprint.ts";
import { openSafetensors, WEIGHTS_FILE } from "./safetensors-file.ts";

/**
 * The tokenizer of the model in `nameOrPath`, a folder or a built-in model: of characters, words, GPT-2 or BERT.
 * @throws InputError `tokenizer-changed` where the weights beside it record that they were trained with another, and
 * those of `readTokenizerFiles`, `tokenizerFromFiles`, `huggingfaceTokenizer`
 */
export async function loadTokenizer(nameOrPath: string): Promise<Tokenizer> {
  const folder = await withBuiltIn(nameOrPath);
  const files = await readTokenizerFiles(folder);
  const formats = [...tokenizerFormats, huggingfaceFormat];
  const tokenizer = tokenizerFromFiles(files["tokenizer.json"], files["tokenizer_config.json"], formats);
  const expected = await recordedTokenizer(folder);
  if (expected === undefined || fingerprintTokenizer(tokenizer) === expected) return tokenizer;
  throw new InputError(
    "tokenizer-changed",
    `The weights in ${folder} were trained with another tokenizer, whose ids mean other tokens; put back the tokenizer.json that belongs to them.`,
    { folder, expected },
  );
}

/** The fingerprint of the tokenizer that the weights in `folder` were trained with, where they record it. */
async function recordedTokenizer(folder: string): Promise<string | undefined> {
  for (const file of [WEIGHTS_FILE, ADAPTER_WEIGHTS_FILE]) {
    // What is wrong with the weights is for those who read them to say.
    const weights = await openSafetensors(join(folder, file)).catch(() => undefined);
    await weights?.close();
    if (weights) return weights.metadata[TOKENIZER_FINGERPRINT];
  }
  return undefined;
}

/**
 * The contents of `tokenizer.json` and `tokenizer_config.json` of `folder`; without the former, it is made from
 * `vocab.json` and `merges.txt` (GPT-2) or `vocab.txt` (BERT).
 *
 * @throws InputError `no-tokenizer` where `folder` has none of these.
 */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const json = (name: string) => readOptionalJson(join(folder, name));
  const config: TokenizerConfig = {
    ...(await json("special_tokens_map.json")),
    ...(await json("tokenizer_config.json")),
  };
  const tokenizer = await json("tokenizer.json");
  if (tokenizer) {
    return { "tokenizer.json": tokenizer as HuggingFaceJson, "tokenizer_config.json": config };
  }
  const vocab = await json("vocab.json");
  const merges = await readOptionalText(join(folder, "merges.txt"));
  if (vocab && merges !== undefined) {
    const added = await json("added_tokens.json");
    return bpeFiles({ ...vocab, ...added } as Record<string, number>, parseMerges(merges), config);
  }
  const words = await readOptionalText(join(folder, "vocab.txt"));
  if (words !== undefined) return wordPieceFiles(words, config);
  throw new InputError(
    "no-tokenizer",
    `${folder} has no tokenizer: tokenizer.json, or vocab.json with merges.txt, or vocab.txt was expected.`,
    { folder },
  );
}
