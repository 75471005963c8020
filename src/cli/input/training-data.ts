/** The data of a training, in its model's vocabulary. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isSubword } from "../../data/choose-tokenizer.ts";
import type { PreparedData, PrepareOptions } from "../../data/prepare.ts";
import { isTokenFile } from "../../data/sources/token-files.ts";
import type { TextModel } from "../../generate/text-model.ts";
import { loadTokenizer } from "../../hub/tokenizer-files.ts";
import { architectureOf } from "../../models/registry.ts";
import { chatTemplateNames } from "../../text/chat-template.ts";
import { optionsOfCleaning } from "../../text/cleaning-record.ts";
import { joinsLines, type ReadSources, readLike } from "../../train/run-data.ts";
import { findRun, readRun, refuseTakenFolder } from "../../train/run-folder.ts";
import type { RunRecord } from "../../train/run-record.ts";
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
 * @param read default: into memory
 */
export async function dataForBase(
  ctx: Context,
  { name, folder }: { readonly name: string; readonly folder: string },
  sources: readonly string[],
  options: DataOptionValues,
  read = readData,
): Promise<{ readonly data: PreparedData; readonly choices: DataChoices }> {
  const given = dataChoices(options, undefined, sources);
  const vocabulary = await loadTokenizer(folder);
  if (!existsSync(join(folder, "run.json")))
    return { data: await read(ctx, sources, given, { vocabulary }), choices: given };
  const record = await readRun(folder);
  const like = await readLike(folder, record, sources, {
    given,
    vocabulary: () => ({ vocabulary }),
    read: readerLike(ctx, record, name, sources, given, read),
  });
  return { data: like.data, choices: like.options };
}

/**
 * The run in `out` to resume; undefined if there is none. The command then begins it, so that the same command line
 * works for a job that may be killed at any moment, even before its first file.
 * @param usual the texts that it begins with where none are named
 */
export async function runToResume(
  ctx: Context,
  { out, resume, data }: { readonly out: string; readonly resume: boolean; readonly data: readonly string[] },
  usual = "the built-in jokes",
): Promise<RunRecord | undefined> {
  if (!resume) return undefined;
  const record = await findRun(out);
  if (record === undefined) {
    await refuseTakenFolder(out);
    if (data.length > 0) ctx.note(`Nothing has begun in ${out} yet, so --resume begins the run.`);
    else
      ctx.warn(
        `Nothing has begun in ${out} yet, so --resume begins the run, on ${usual}; --data names other texts.`,
      );
  }
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
  const given = options ? dataChoices(options, undefined, sources) : {};
  if (record === undefined) {
    const choices = { ...unrecorded(model, given), ...given };
    return readData(ctx, sources.length > 0 ? sources : DEFAULT, choices, vocabularyOf(model, choices));
  }
  const { data } = await readLike(model?.kind === "local" ? model.folder : undefined, record, sources, {
    given,
    vocabulary: (choices) => vocabularyOf(joinsLines(record) ? undefined : model, choices),
    read: readerLike(ctx, record, model!.name, sources, given),
  });
  if (sources.length === 0 && data.fingerprint !== record.fingerprint && Object.keys(given).length === 0)
    ctx.warn(
      `The data has changed since ${model!.name} was trained: its fingerprint differs, so copies of what is gone are not found.`,
    );
  return data;
}

/** What is read if neither you nor a run's record names a source. */
const DEFAULT = ["one-liners"];

/** Reads sources with progress; first warns of unusual options of a run that apply to other sources. */
function readerLike(
  ctx: Context,
  record: RunRecord,
  name: string,
  sources: readonly string[],
  given: DataChoices,
  read = readData,
): ReadSources {
  let warned = sources.length === 0 || sources.some(isTokenFile);
  return (names, choices, more) => {
    if (!warned) {
      warned = true;
      const usual = isSubword(architectureOf(record.model).tokens);
      const inherited = Object.entries(choices).filter(
        ([key, value]) => !(key in given) && !(key === "keepUnicode" && value === usual),
      );
      if (inherited.length > 0)
        ctx.note(
          `--data is prepared as the texts of ${name} were: ${choicesAsFlags(Object.fromEntries(inherited))}.`,
        );
    }
    return read(ctx, names.length > 0 ? names : DEFAULT, choices, more);
  };
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
  // Conversations are written by the template that the vocabulary brings.
  if (tokenizer.kind !== "character" || chatTemplateNames(model).length > 0) return { vocabulary: tokenizer };
  const end = tokenizer.token(tokenizer.endOfText);
  return { vocabulary: "character", end: end === "\n" || choices.raw ? undefined : end };
}
