/** The data of a training, in the vocabulary that its model reads. */
import {
  architectureOf,
  type PreparedData,
  type Tokenizer,
  type VocabularyName,
  withSubwords,
} from "../index.ts";
import type { Context } from "./context.ts";
import { type DataChoices, readData } from "./data-options.ts";

/** Reads sources for a model from scratch; word pieces are learned from the training split itself. */
export async function dataFor(
  ctx: Context,
  model: string,
  sources: readonly string[],
  choices: DataChoices,
): Promise<PreparedData> {
  const data = await readData(ctx, sources, choices, vocabularyFor(model, choices));
  return architectureOf(model).tokens === "bpe" ? withSubwords(data) : data;
}

/** Reads sources in the vocabulary of a model that there is already. */
export const dataIn = (
  ctx: Context,
  tokenizer: Tokenizer,
  sources: readonly string[],
  choices: DataChoices,
): Promise<PreparedData> => readData(ctx, sources, choices, tokenizer);

function vocabularyFor(model: string, choices: DataChoices): VocabularyName | undefined {
  const { tokens } = architectureOf(model);
  if (tokens === "word") return "word";
  return tokens === "character" && !choices.raw && !choices.keepUnicode ? "printable" : "character";
}
