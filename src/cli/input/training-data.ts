/** The data of a training, in its model's vocabulary. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../core/errors.ts";
import type { PreparedData, PrepareOptions } from "../../data/prepare.ts";
import type { TextModel } from "../../generate/text-model.ts";
import { loadTokenizer } from "../../hub/tokenizer-files.ts";
import { architectureOf } from "../../models/registry.ts";
import { optionsOfCleaning } from "../../text/cleaning-record.ts";
import { readKeptData } from "../../train/kept-data.ts";
import { joinsLines, optionsLike, recordedOptions, withoutColumns } from "../../train/run-data.ts";
import { findRun, type RunRecord, readRun } from "../../train/run-folder.ts";
import type { Context } from "../context.ts";
import {
  choicesAsFlags,
  type DataChoices,
  type DataOptionValues,
  dataChoices,
  readData,
} from "../options/data.ts";

/**
 * Reads sources to train an existing model on. If it is a run, they are prepared as its own were, unless other
 * options are given. The choices are for the new run's record.
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
 * The run in `out` to resume; undefined if there is none. The command then begins it, so that the same command line
 * works for a job that may be killed at any moment, even before its first file.
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

/** The folder of the run that trained a model, if Punchline trained it. */
function runFolderOf(model: TextModel | undefined): string | undefined {
  const folder = model?.kind === "local" ? model.folder : undefined;
  return folder !== undefined && existsSync(join(folder, "run.json")) ? folder : undefined;
}

/** The record of that run. */
export async function recordOf(model: TextModel | undefined): Promise<RunRecord | undefined> {
  const folder = runFolderOf(model);
  return folder === undefined ? undefined : readRun(folder);
}

/** The file for the index of a run's own training texts; undefined for other sources. */
export function indexFileOf(model: TextModel | undefined, sources: readonly string[]): string | undefined {
  const folder = sources.length > 0 ? undefined : runFolderOf(model);
  return folder === undefined ? undefined : join(folder, "novelty.index");
}

/**
 * The data that a model was trained on, as its run recorded it; or other sources, prepared with the same options
 * unless others are given. Warns if the run's data has changed.
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
  const folder = model?.kind === "local" ? model.folder : undefined;
  const kept = folder !== undefined && record.sources.length === 0 && (await readKeptData(folder));
  if (kept) return kept;
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

/** Sources prepared as a run's texts were, unless other options are given. Warns of unusual options of the run. */
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
  const usual = ["bpe", "wordpiece"].includes(architectureOf(record.model).tokens);
  const inherited = Object.entries(choices).filter(
    ([key, value]) => !(key in given) && !(key === "keepUnicode" && value === usual),
  );
  if (inherited.length > 0)
    ctx.warn(
      `--data is prepared as the texts of ${name} were: ${choicesAsFlags(Object.fromEntries(inherited))}.`,
    );
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

/** Options for a model without a record: those of the cleaning that an exported model names, else no cleaning. */
function unrecorded(model: TextModel | undefined, given: DataChoices): DataChoices {
  if (given.raw === true || given.cleaning === false) return {};
  if (model?.kind !== "local") return { keepUnicode: true };
  return model.cleaning ? optionsOfCleaning(model.cleaning) : {};
}

/** The vocabulary for a model's texts. A model of characters need not have all of them: scoring reports those it lacks. */
function vocabularyOf(
  model: TextModel | undefined,
  choices: DataChoices,
): Pick<PrepareOptions, "vocabulary" | "end"> {
  if (model?.kind !== "local") return { vocabulary: "character" };
  const { tokenizer } = model;
  if (tokenizer.kind !== "character") return { vocabulary: tokenizer };
  const end = tokenizer.token(tokenizer.endOfText);
  return { vocabulary: "character", end: end === "\n" || choices.raw ? undefined : end };
}
