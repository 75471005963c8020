/** Reads the tokenizer of a model's folder from whichever of the usual files it has. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { checkText } from "../core/options.ts";
import { readOptionalJson } from "../files/json-file.ts";
import { readOptionalText } from "../files/regular-file.ts";
import { tokenizerFormats, tokenizerFromFiles } from "../text/files.ts";
import { huggingfaceFormat } from "../text/huggingface.ts";
import type { TokenizerFiles } from "../text/huggingface-files.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { TOKENIZER_FINGERPRINT } from "../text/vocabulary-text.ts";
import { ADAPTER_WEIGHTS_FILE } from "./adapter.ts";
import { withBuiltIn } from "./built-in.ts";
import { fingerprintTokenizer } from "./fingerprint.ts";
import { WEIGHTS_FILE } from "./safetensors.ts";
import { openSafetensors } from "./safetensors-file.ts";
import { tokenizerContents } from "./tokenizer-contents.ts";

/**
 * The tokenizer of the model in `nameOrPath`, a folder or a built-in model: of characters, words, GPT-2 or BERT.
 * @throws InputError `tokenizer-changed` where the weights beside it record that they were trained with another, and
 * those of `readTokenizerFiles`, `tokenizerFromFiles`, `huggingfaceTokenizer`
 */
export async function loadTokenizer(nameOrPath: string): Promise<Tokenizer> {
  checkText(nameOrPath, "nameOrPath");
  const folder = await withBuiltIn(nameOrPath);
  const files = await readTokenizerFiles(folder);
  const formats = [...tokenizerFormats, huggingfaceFormat];
  const tokenizer = tokenizerFromFiles(files["tokenizer.json"], files["tokenizer_config.json"], formats);
  const expected = await recordedTokenizer(folder);
  if (expected === undefined || fingerprintTokenizer(tokenizer) === expected) return tokenizer;
  throw new InputError(
    "tokenizer-changed",
    `The weights in ${folder} were trained with another tokenizer, in which ids mean other tokens; put back the tokenizer.json that belongs to them.`,
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

/** The contents of `tokenizer.json` and `tokenizer_config.json` of `folder`. Errors: {@link tokenizerContents}. */
export const readTokenizerFiles = (folder: string): Promise<TokenizerFiles> =>
  tokenizerContents(folder, {
    json: (name) => readOptionalJson(join(folder, name)),
    text: (name) => readOptionalText(join(folder, name)),
    list: () => readdir(folder).catch(() => []),
  });
