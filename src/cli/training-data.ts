/** The data of a training, in the vocabulary that its model reads. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  architectureOf,
  findRun,
  type PreparedData,
  type RunRecord,
  readRun,
  type TextModel,
  type Tokenizer,
  type VocabularyName,
  withSubwords,
  withWordPieces,
} from "../index.ts";
import type { Context } from "./context.ts";
import { type DataChoices, type DataOptionValues, dataChoices, readData } from "./data-options.ts";

/** Reads sources for a model from scratch; word pieces are learned from the training split itself. */
export async function dataFor(
  ctx: Context,
  model: string,
  sources: readonly string[],
  choices: DataChoices,
): Promise<PreparedData> {
  const data = await readData(ctx, sources, choices, vocabularyFor(model, choices));
  const { tokens } = architectureOf(model);
  return tokens === "bpe" ? withSubwords(data) : tokens === "wordpiece" ? withWordPieces(data) : data;
}

/** Reads sources in the vocabulary of a model that there is already. */
export const dataIn = (
  ctx: Context,
  tokenizer: Tokenizer,
  sources: readonly string[],
  choices: DataChoices,
): Promise<PreparedData> => readData(ctx, sources, choices, tokenizer);

/**
 * The run in `out` that `--resume` goes on with. Undefined where there is none: the command then begins it, so
 * that one command line serves a job that may be killed at any moment, before its first file too.
 */
export async function runToResume(
  ctx: Context,
  out: string,
  resume: boolean,
): Promise<RunRecord | undefined> {
  if (!resume) return undefined;
  const record = await findRun(out);
  if (record === undefined) ctx.warn(`Nothing has begun in ${out} yet, so --resume begins the run.`);
  return record;
}

/** The run that a model is, where it is one. */
export async function recordOf(model: TextModel | undefined): Promise<RunRecord | undefined> {
  return model?.kind === "local" && existsSync(join(model.folder, "run.json"))
    ? readRun(model.folder)
    : undefined;
}

/**
 * The data that a model was trained on: as its run recorded it, or as the options say. Warns where the data
 * of the run is no longer what it was.
 */
export async function dataOfModel(
  ctx: Context,
  model: TextModel | undefined,
  sources: readonly string[],
  options?: DataOptionValues,
): Promise<PreparedData> {
  const record = await recordOf(model);
  const choices = options ? dataChoices(options) : {};
  if (record === undefined || sources.length > 0)
    return readData(ctx, sources.length > 0 ? sources : ["one-liners"], choices);
  const recorded: DataChoices = { ...record.data, ...choices };
  // A fine-tuned model read its data through its own vocabulary, which also decides what becomes of line breaks.
  const vocabulary =
    record.base !== undefined && model?.kind === "local"
      ? model.lm.tokenizer
      : vocabularyFor(record.model, recorded);
  const from = record.sources.length > 0 ? record.sources : ["one-liners"];
  const data = await readData(ctx, from, recorded, vocabulary);
  if (data.fingerprint !== record.fingerprint) {
    ctx.warn(
      `The data has changed since ${model!.name} was trained: its fingerprint differs, so copies of what is gone are not found.`,
    );
  }
  return data;
}

/** Where the index of a run's training texts is kept, for as long as they are its own. */
export async function indexFileOf(
  model: TextModel | undefined,
  sources: readonly string[],
): Promise<string | undefined> {
  if (model?.kind !== "local" || sources.length > 0) return undefined;
  return (await recordOf(model)) ? join(model.folder, "novelty.index") : undefined;
}

function vocabularyFor(model: string, choices: DataChoices): VocabularyName | undefined {
  const { tokens } = architectureOf(model);
  if (tokens === "word") return "word";
  return tokens === "character" && !choices.raw && !choices.keepUnicode ? "printable" : "character";
}
