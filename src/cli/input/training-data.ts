/** The data of a training, in the vocabulary that its model reads. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../core/errors.ts";
import type { PreparedData, PrepareOptions, VocabularyName } from "../../data/prepare.ts";
import { withSubwordsInTurns, withWordPieces } from "../../data/vocabularies.ts";
import type { TextModel } from "../../generate/text-model.ts";
import { loadTokenizer } from "../../hub/tokenizer-files.ts";
import { architectureOf } from "../../models/registry.ts";
import { optionsOfCleaning } from "../../text/cleaning-record.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { joinsLines, optionsLike, recordedOptions, withoutColumns } from "../../train/run-data.ts";
import { findRun, type RunRecord, readRun } from "../../train/run-folder.ts";
import type { Context } from "../context.ts";
import { type DataChoices, type DataOptionValues, dataChoices, readData, typed } from "../options/data.ts";

/** Reads sources for a model from scratch, in a vocabulary that is made for it. */
export async function dataFor(
  ctx: Context,
  model: string,
  sources: readonly string[],
  choices: DataChoices,
): Promise<PreparedData> {
  const { tokens } = architectureOf(model);
  const vocabulary = tokens === "character" ? characters(choices) : tokens;
  return readData(ctx, sources, choices, { vocabulary });
}

/** The data of a run, prepared from its own sources, or those it has now, by what its record says. */
export async function dataAgain(
  ctx: Context,
  record: RunRecord,
  sources: readonly string[],
): Promise<PreparedData> {
  const choices = recordedOptions(record);
  if (!joinsLines(record)) return dataFor(ctx, record.model, sources, choices);
  const data = await readData(ctx, sources, choices, { vocabulary: "character", allowLoss: true });
  return architectureOf(record.model).tokens === "bpe" ? withSubwordsInTurns(data) : withWordPieces(data);
}

/** Reads sources in the vocabulary of a model that there is already. */
export const dataIn = (
  ctx: Context,
  vocabulary: Tokenizer,
  sources: readonly string[],
  choices: DataChoices,
): Promise<PreparedData> => readData(ctx, sources, choices, { vocabulary, allowLoss: true });

/**
 * Reads sources to train a model on that there is already: as its own were prepared, where it is a run, unless
 * other options are given. The choices are for the new run's record.
 */
export async function dataForBase(
  ctx: Context,
  { name, folder }: { readonly name: string; readonly folder: string },
  sources: readonly string[],
  options: DataOptionValues,
): Promise<{ readonly data: PreparedData; readonly choices: DataChoices }> {
  const given = dataChoices(options);
  const vocabulary = await loadTokenizer(folder);
  if (existsSync(join(folder, "run.json")))
    return dataLike(ctx, await readRun(folder), name, sources, given, () => ({ vocabulary }));
  return { data: await readData(ctx, sources, given, { vocabulary }), choices: given };
}

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
 * The data that a model was trained on, as its run recorded it; or other sources, prepared by the same options
 * unless others are given. Warns where the data of the run is no longer what it was.
 */
export async function dataOfModel(
  ctx: Context,
  model: TextModel | undefined,
  sources: readonly string[],
  options?: Partial<DataOptionValues>,
): Promise<PreparedData> {
  const record = await recordOf(model);
  const given = options ? dataChoices(options) : {};
  const named = sources.length > 0 ? sources : ["one-liners"];
  if (record === undefined) {
    const choices = { ...unrecorded(model, given), ...given };
    return readData(ctx, named, choices, vocabularyOf(model, choices));
  }
  const vocabulary = (choices: DataChoices) =>
    joinsLines(record) ? ({ vocabulary: "character" } as const) : vocabularyOf(model, choices);
  if (sources.length > 0) return (await dataLike(ctx, record, model!.name, sources, given, vocabulary)).data;
  const recorded: DataChoices = { ...recordedOptions(record), ...given };
  const from = record.sources.length > 0 ? record.sources : named;
  const data = await readData(ctx, from, recorded, { ...vocabulary(recorded), allowLoss: true });
  if (data.fingerprint !== record.fingerprint && Object.keys(given).length === 0) {
    ctx.warn(
      `The data has changed since ${model!.name} was trained: its fingerprint differs, so copies of what is gone are not found.`,
    );
  }
  return data;
}

/** Sources prepared as the texts of a run were, unless other options are given; says so where that is not the usual way. */
async function dataLike(
  ctx: Context,
  record: RunRecord,
  name: string,
  sources: readonly string[],
  given: DataChoices,
  vocabulary: (choices: DataChoices) => Pick<PrepareOptions, "vocabulary" | "end">,
): Promise<{ readonly data: PreparedData; readonly choices: DataChoices }> {
  const choices = optionsLike(record, sources, given);
  const allowLoss = "keepUnicode" in given || given.cleaning === false;
  tellChoices(ctx, record, name, choices, given);
  const read = async (chosen: DataChoices) => ({
    data: await readData(ctx, sources, chosen, { ...vocabulary(chosen), allowLoss }),
    choices: chosen,
  });
  const plain = withoutColumns(choices);
  return read(choices).catch((error: unknown) => {
    const other = error instanceof InputError && error.code === "no-column";
    if (!other || Object.keys(withoutColumns(given)).length < Object.keys(given).length) throw error;
    return read(plain);
  });
}

/** Says which of a run's options hold for other data, where they are not the usual ones. */
function tellChoices(
  ctx: Context,
  record: RunRecord,
  name: string,
  choices: DataChoices,
  given: DataChoices,
): void {
  const usual = ["bpe", "wordpiece"].includes(architectureOf(record.model).tokens);
  const told = Object.entries(choices).filter(
    ([key, value]) => !(key in given) && !(key === "keepUnicode" && value === usual),
  );
  if (told.length > 0)
    ctx.warn(`--data is prepared as the texts of ${name} were: ${typed(Object.fromEntries(told))}.`);
}

/** Where the index of a run's training texts is kept, for as long as they are its own. */
export async function indexFileOf(
  model: TextModel | undefined,
  sources: readonly string[],
): Promise<string | undefined> {
  if (model?.kind !== "local" || sources.length > 0) return undefined;
  return (await recordOf(model)) ? join(model.folder, "novelty.index") : undefined;
}

const characters = ({ raw, keepUnicode, end }: DataChoices): VocabularyName =>
  raw || keepUnicode || end !== undefined ? "character" : "printable";

/** How texts are prepared for what has no record: as an exported model says, or kept as they are written. */
function unrecorded(model: TextModel | undefined, given: DataChoices): DataChoices {
  if (given.raw === true || given.cleaning === false) return {};
  if (model?.kind !== "local") return { keepUnicode: true };
  return model.lm.cleaning ? optionsOfCleaning(model.lm.cleaning) : {};
}

/** How texts are spelt for a model. One of characters need not know all of them: what it cannot score it says itself. */
function vocabularyOf(
  model: TextModel | undefined,
  choices: DataChoices,
): Pick<PrepareOptions, "vocabulary" | "end"> {
  if (model?.kind !== "local") return { vocabulary: "character" };
  const { tokenizer } = model.lm;
  if (tokenizer.kind !== "character") return { vocabulary: tokenizer };
  const end = tokenizer.token(tokenizer.endOfText);
  return { vocabulary: "character", ...(end === "\n" || choices.raw ? {} : { end }) };
}
