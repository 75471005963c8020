/** The model in the files of a run, or of any model folder in Hugging Face's layout. */
import { float32 } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import { endsOf } from "../generate/generation-config.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { readTensors } from "../hub/match-tensors.ts";
import { tokenizerContents } from "../hub/tokenizer-contents.ts";
import { countParameters, type Model } from "../models/model.ts";
import { buildModel } from "../models/registry.ts";
import type { Backend } from "../runtime/backend.ts";
import { recordedCleaning } from "../text/cleaning-record.ts";
import { tokenizerFormats, tokenizerFromFiles } from "../text/files.ts";
import { huggingfaceFormat } from "../text/huggingface.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { files as names, parseRecord, type RunRecord } from "../train/run-record.ts";
import { type FindBase, openTensors } from "./model-tensors.ts";
import { type ModelFiles, readJson, readText } from "./run-store.ts";

/** @throws InputError `not-a-run` where there is no record */
export async function readRecord(files: ModelFiles): Promise<RunRecord> {
  const text = await readText(files, names.run);
  if (text !== undefined) return parseRecord(text, `${files.name}/${names.run}`);
  throw new InputError("not-a-run", `${files.name} is not a run: it has no ${names.run}.`, {
    name: files.name,
  });
}

/** @throws InputError where there are no such files, or damaged ones */
export async function readTokenizer(files: ModelFiles): Promise<Tokenizer> {
  const { "tokenizer.json": json, "tokenizer_config.json": config } = await tokenizerContents(files.name, {
    json: (name) => readJson(files, name),
    text: (name) => readText(files, name),
    list: async () => ((await files.list?.()) ?? []).map(({ name }) => name),
  });
  return tokenizerFromFiles(json, config, [...tokenizerFormats, huggingfaceFormat]);
}

/**
 * The model, ready to write.
 * @param folder of a copy of the weights along the training, such as `checkpoints/step-50/`
 * @param findBase finds the base of a run of adapters. Default: none is known
 * @throws InputError `memory` where its weights are more than a page can hold
 */
export async function openRun(
  files: ModelFiles,
  backend: Backend,
  folder = "",
  findBase: FindBase = async () => undefined,
): Promise<LanguageModel> {
  const within = folder === "" ? files : subfolder(files, folder);
  const model = await readModel(within);
  checkFits(files.name, model);
  const source = await openTensors(within, findBase);
  const weights = Object.fromEntries(model.parameters.map(({ name, shape }) => [name, float32(shape)]));
  const slots = model.parameters.map(({ name, shape }) => ({ name, shape, data: weights[name]!.data }));
  await readTensors(slots, source, model.architecture.checkpointMapping);
  const generation = await readJson(within, names.generation);
  const tokenizer = await readTokenizer(within);
  return {
    model,
    weights,
    tokenizer,
    backend,
    stopAtEos: generation?.eos_token_id !== undefined || tokenizer.kind === "bpe",
    ends: endsOf(generation ?? model.config, tokenizer),
    isolateDocuments: generation?.texts_alone === true || tokenizer.beginOfText !== undefined,
    cleaning: recordedCleaning(generation, await readJson(files, names.run)),
    name: files.name,
  };
}

function subfolder(files: ModelFiles, folder: string): ModelFiles {
  const { blob } = files;
  return {
    name: files.name,
    read: (name) => files.read(folder + name),
    ...(blob ? { blob: (name) => blob(folder + name) } : {}),
  };
}

/** Bytes that a page may take: WebAssembly's memory ends at 4 GiB, of which the runtime itself needs some. */
export const MOST_MEMORY = 3.5e9;

/** @throws InputError `memory` for a model whose weights a page cannot hold beside the runtime's copy of them */
export function checkFits(name: string, model: Model): void {
  const bytes = 4 * countParameters(model);
  if (bytes <= MOST_MEMORY) return;
  throw new InputError(
    "memory",
    `The weights of ${name} take ${(bytes / 1e9).toFixed(1)} GB and a page has ${MOST_MEMORY / 1e9} GB; use a smaller model, or the command line.`,
    { name, bytes },
  );
}

/** The model of the files, without its weights. */
export async function readModel(files: ModelFiles): Promise<Model> {
  const config = await readJson(files, names.config);
  if (!config) throw missing(files, names.config);
  return buildModel(config, { folder: files.name });
}

const missing = (files: ModelFiles, name: string): InputError =>
  new InputError(
    "no-file",
    `${files.name} has no ${name}, so it holds no model; choose a whole run folder.`,
    {
      name,
    },
  );
