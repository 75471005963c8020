/**
 * A model's folder in Hugging Face's and Punchline's layout: config.json, weights, tokenizer. A LoRA adapter's
 * folder is one too: its weights are those of its base model, with the adapter merged as they are read.
 *
 * @example
 * const model = await openModelFolder("runs/a");
 * const tokenizer = await model.tokenizer();
 * await readTensors(slots, model.tensors, { prefixes: ["transformer."] });
 * await model.close();
 */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InputError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { checkOptions, checkText, optionNames } from "../core/options.ts";
import { fileError } from "../files/file-errors.ts";
import { readJsonObject, readOptionalJson } from "../files/json-file.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE, BASE_FINGERPRINT, checkBase } from "./adapter.ts";
import { type AdapterBase, checkGivenBase, findAdapterBase } from "./adapter-base.ts";
import { withBuiltIn } from "./built-in.ts";
import { fingerprintTensors } from "./fingerprint.ts";
import { mergeAdapter } from "./merged-tensors.ts";
import { noWeights } from "./no-weights.ts";
import { WEIGHTS_FILE } from "./safetensors.ts";
import { openSafetensors } from "./safetensors-file.ts";
import { openShards } from "./safetensors-shards.ts";
import { WEIGHTS_INDEX_FILE } from "./shard-map.ts";
import type { TensorSource } from "./tensor-source.ts";
import { loadTokenizer } from "./tokenizer-files.ts";

export const CONFIG_FILE = "config.json";

export interface ModelFolder {
  readonly path: string;
  /** The contents of `config.json`, unchecked. */
  readonly config: JsonObject;
  readonly generationConfig: JsonObject | undefined;
  /** The contents of `run.json`, unchecked; undefined for a model that Punchline did not train. */
  readonly run: JsonObject | undefined;
  /** Names of the files in the folder itself, sorted. */
  readonly files: readonly string[];
  readonly tensors: TensorSource;
  /** The base model of an adapter; undefined for a whole model. */
  readonly base: AdapterBase | undefined;
  /** The folder of `run`, and of a model without one. Not `path` where an adapter was applied that is no run. */
  readonly origin: string;
  /**
   * Reads the vocabulary.
   * @param size the model's number of ids; default: any
   * @throws InputError `tokenizer-size` for a vocabulary with more ids, and those of `loadTokenizer`
   */
  tokenizer(size?: number): Promise<Tokenizer>;
  close(): Promise<void>;
}

export interface FolderOptions {
  /** The folder of a LoRA adapter, as PEFT writes it, to merge into the model. Default: none. */
  readonly adapter?: string | undefined;
}

const folderOptionNames = optionNames<keyof FolderOptions>()("adapter");

/**
 * Opens the model in a folder, or a built-in model by its name, and checks the structure of its files; no weights
 * are read yet. With an adapter it is as if the adapter's folder were opened, with this model as its base: files that
 * both have, such as the tokenizer's, are the adapter's, and `path` is its folder.
 *
 * @throws InputError `not-a-model` where files are missing, `pickle-refused` where only a pickle has the weights,
 * `adapter` for an adapter that cannot be applied, `other-base` for one of another model, and those of
 * `openSafetensors` and `openShards`.
 */
export async function openModelFolder(nameOrPath: string, options: FolderOptions = {}): Promise<ModelFolder> {
  const { adapter } = checkOptions(options, folderOptionNames);
  checkText(nameOrPath, "nameOrPath");
  if (adapter !== undefined) checkText(adapter, "adapter");
  const model = await withBuiltIn(nameOrPath);
  const path = adapter ?? model;
  const { files, base, configFolder } = await inspectFolder(model, adapter);
  const config = await readJsonObject(join(configFolder, CONFIG_FILE));
  const generationConfig = await readOptionalJson(join(configFolder, "generation_config.json"));
  const ownRun = await readRunRecord(path);
  const origin = ownRun ? path : model;
  const run = ownRun ?? (await readRunRecord(model));
  const tensors = base ? await openMerged(path, files, base) : await openWeights(path, files);
  const vocabularyFolder = files.some((name) => vocabularyFiles.includes(name)) ? path : configFolder;
  return {
    path,
    config,
    generationConfig,
    run,
    files,
    tensors,
    base,
    origin,
    tokenizer: (size) => fittingTokenizer(vocabularyFolder, size),
    close: () => tensors.close(),
  };
}

/** Files with all of a vocabulary, which an adapter's folder may have without a configuration of the model. */
const vocabularyFiles: readonly string[] = ["tokenizer.json", "vocab.json", "vocab.txt"];

/** Whether a folder has all of a vocabulary. @throws InputError where it is no folder */
export const hasVocabulary = async (path: string): Promise<boolean> =>
  (await listFolder(path)).some((name) => vocabularyFiles.includes(name));

/** Opens a model's folder for as long as `use` takes. Errors: {@link openModelFolder}. */
export async function withModelFolder<T>(
  nameOrPath: string,
  use: (folder: ModelFolder) => Promise<T>,
  options: FolderOptions = {},
): Promise<T> {
  const folder = await openModelFolder(nameOrPath, options);
  try {
    return await use(folder);
  } finally {
    await folder.close();
  }
}

/** The record of the run in the folder, or of the run that the folder is a snapshot of; undefined if unreadable. */
function readRunRecord(path: string): Promise<JsonObject | undefined> {
  const parent = dirname(path);
  const run = basename(parent) === "checkpoints" ? dirname(parent) : path;
  return readOptionalJson(join(run, "run.json")).catch(() => undefined);
}

/** `config.json` of a model's folder, which may lack weights still. Errors: {@link openModelFolder}. */
export async function readModelConfig(path: string): Promise<JsonObject> {
  return readJsonObject(join((await inspectFolder(await withBuiltIn(path))).configFolder, CONFIG_FILE));
}

/** A folder's files, and the folder of the model's config.json: an adapter's folder may leave that to its base. */
async function inspectFolder(model: string, adapter?: string) {
  const path = adapter ?? model;
  const files = await listFolder(path);
  if (adapter !== undefined) await checkApplicable(model, adapter, files);
  const isAdapter = adapter !== undefined || isAdapterFolder(files);
  const base = isAdapter ? await findAdapterBase(path, adapter === undefined ? undefined : model) : undefined;
  const configFolder = files.includes(CONFIG_FILE) ? path : base?.folder;
  if (configFolder === undefined) {
    throw new InputError(
      "not-a-model",
      `${path} is not a model's folder: it has no config.json; give a run folder, a Hugging Face model folder or a Hub name.`,
      { path },
    );
  }
  return { files, base, configFolder };
}

/** @throws InputError `adapter` where `adapter` is none, or `model` is one itself */
async function checkApplicable(model: string, adapter: string, files: readonly string[]): Promise<void> {
  const fail = (message: string) => new InputError("adapter", message, { model, adapter });
  if (!files.includes(ADAPTER_CONFIG_FILE))
    throw fail(
      `${adapter} is not an adapter's folder: it has no ${ADAPTER_CONFIG_FILE}; give one as PEFT or "punchline finetune --lora" writes it.`,
    );
  if (isAdapterFolder(await listFolder(model)))
    throw fail(
      `${model} is an adapter itself; give the model that ${adapter} is an adapter of, or first write a whole one with "punchline export ${model} --merge --out DIR".`,
    );
}

/** Whether a folder with these files holds an adapter and no whole model. */
const isAdapterFolder = (files: readonly string[]): boolean =>
  files.includes(ADAPTER_CONFIG_FILE) && !files.includes(WEIGHTS_FILE) && !files.includes(WEIGHTS_INDEX_FILE);

/** The base model's weights with the adapter in `path` merged. @throws InputError `base-changed` as {@link checkBase} */
async function openMerged(path: string, files: readonly string[], base: AdapterBase): Promise<TensorSource> {
  if (!files.includes(ADAPTER_WEIGHTS_FILE)) throw noWeights(path, files);
  const where = join(path, ADAPTER_WEIGHTS_FILE);
  const adapter = await openSafetensors(where);
  try {
    const whole = await openWeights(base.folder, await listFolder(base.folder));
    try {
      const recorded = adapter.metadata[BASE_FINGERPRINT];
      const fingerprint = recorded === undefined ? "" : await fingerprintTensors(whole);
      if (base.given) checkGivenBase(path, base, recorded, fingerprint);
      else checkBase(base.applied.base, recorded, fingerprint);
      return mergeAdapter(whole, adapter, base.applied, where);
    } catch (error) {
      await whole.close();
      throw error;
    }
  } catch (error) {
    await adapter.close();
    throw error;
  }
}

async function fittingTokenizer(path: string, size = Infinity): Promise<Tokenizer> {
  const tokenizer = await loadTokenizer(path);
  if (tokenizer.size <= size) return tokenizer;
  throw new InputError(
    "tokenizer-size",
    `${path}: the tokenizer has ${tokenizer.size} ids but the model only ${size}; they do not belong together.`,
    { path },
  );
}

/** The weights of a folder with these files: one file, or several with an index. */
function openWeights(path: string, files: readonly string[]): Promise<TensorSource> {
  if (files.includes(WEIGHTS_FILE)) return openSafetensors(join(path, WEIGHTS_FILE));
  if (files.includes(WEIGHTS_INDEX_FILE)) return openShards(path, WEIGHTS_INDEX_FILE);
  throw noWeights(path, files);
}

async function listFolder(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) {
      throw new InputError("not-a-model", `${path} is a file, and a model's folder was expected.`, { path });
    }
    return (await readdir(path)).sort();
  } catch (cause) {
    throw cause instanceof InputError ? cause : fileError("read", path, cause);
  }
}
