/**
 * A model's folder as Hugging Face and Punchline lay it out: config.json, weights, tokenizer. The folder of a
 * LoRA adapter is one too: its weights are those of its base model with the adapter merged as they are read.
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
import { fileError } from "../files/file-errors.ts";
import { type JsonObject, readJsonObject, readOptionalJson } from "../files/json-file.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from "./adapter.ts";
import { type AdapterBase, BASE_FINGERPRINT, checkBase, findAdapterBase } from "./adapter-base.ts";
import { withBuiltIn } from "./built-in.ts";
import { fingerprintTensors } from "./fingerprint.ts";
import { mergeAdapter } from "./merged-tensors.ts";
import { openSafetensors } from "./safetensors-file.ts";
import { openShards } from "./safetensors-shards.ts";
import type { TensorSource } from "./tensor-source.ts";
import { loadTokenizer } from "./tokenizer-files.ts";

export const CONFIG_FILE = "config.json";
export const WEIGHTS_FILE = "model.safetensors";
export const WEIGHTS_INDEX_FILE = "model.safetensors.index.json";

export interface ModelFolder {
  readonly path: string;
  /** `config.json` as it stands; what its fields mean is the model's affair. */
  readonly config: JsonObject;
  readonly generationConfig: JsonObject | undefined;
  /** `run.json` of the training that left the folder, as it is; undefined for other models. */
  readonly run: JsonObject | undefined;
  /** Names of the files in the folder itself, sorted. */
  readonly files: readonly string[];
  readonly tensors: TensorSource;
  /** What an adapter's folder was trained beside; undefined for the folder of a whole model. */
  readonly base: AdapterBase | undefined;
  /**
   * Reads the vocabulary.
   * @param size ids that the model has: a larger vocabulary is refused (InputError `tokenizer-size`)
   * @throws InputError as `loadTokenizer`
   */
  tokenizer(size?: number): Promise<Tokenizer>;
  close(): Promise<void>;
}

/**
 * Opens a model's folder and checks its files' structure; no number is read yet. The name of a built-in model
 * stands for its folder.
 *
 * @throws InputError `not-a-model` where files are missing, `pickle-refused` where the weights are only
 * there as a pickle, and those of `openSafetensors` and `openShards`.
 */
export async function openModelFolder(given: string): Promise<ModelFolder> {
  const path = await withBuiltIn(given);
  const { files, base, described } = await lookInto(path);
  const config = await readJsonObject(join(described, CONFIG_FILE));
  const generationConfig = await readOptionalJson(join(described, "generation_config.json"));
  const run = await readRunOf(path);
  const tensors = base ? await openMerged(path, files, base) : await openWeights(path, files);
  return {
    path,
    config,
    generationConfig,
    run,
    files,
    tensors,
    base,
    tokenizer: (size) => fittingTokenizer(described, size),
    close: () => tensors.close(),
  };
}

/** The record of the run that a folder is, or whose snapshot it is; a broken one is for whoever needs it to say. */
function readRunOf(path: string): Promise<JsonObject | undefined> {
  const parent = dirname(path);
  const run = basename(parent) === "checkpoints" ? dirname(parent) : path;
  return readOptionalJson(join(run, "run.json")).catch(() => undefined);
}

/** `config.json` of a model's folder, also where its weights are not there yet. Errors: {@link openModelFolder}. */
export async function readModelConfig(path: string): Promise<JsonObject> {
  return readJsonObject(join((await lookInto(await withBuiltIn(path))).described, CONFIG_FILE));
}

/** What a folder holds, and the folder that describes the model: an adapter's may leave that to its base's. */
async function lookInto(path: string) {
  const files = await listFolder(path);
  const base = isAdapterFolder(files) ? await findAdapterBase(path) : undefined;
  const described = files.includes(CONFIG_FILE) ? path : base?.folder;
  if (described === undefined) {
    throw new InputError(
      "not-a-model",
      `${path} is not a model's folder: it has no config.json; give a run folder, a Hugging Face model folder or a Hub name.`,
      { path },
    );
  }
  return { files, base, described };
}

/** Whether a folder with files of these names holds an adapter, and no whole model. */
export const isAdapterFolder = (files: readonly string[]): boolean =>
  files.includes(ADAPTER_CONFIG_FILE) && !files.includes(WEIGHTS_FILE) && !files.includes(WEIGHTS_INDEX_FILE);

/** The weights of an adapter's base model, of the folder `path`. @throws InputError `base-changed` as {@link checkBase} */
async function openMerged(path: string, files: readonly string[], base: AdapterBase): Promise<TensorSource> {
  if (!files.includes(ADAPTER_WEIGHTS_FILE)) throw noWeights(path, files);
  const where = join(path, ADAPTER_WEIGHTS_FILE);
  const adapter = await openSafetensors(where);
  try {
    const whole = await openWeights(base.folder, await listFolder(base.folder));
    try {
      checkBase(base, adapter.metadata[BASE_FINGERPRINT], await fingerprintTensors(whole));
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

/** The weights of a folder whose file names are `files`: one file, or several with an index. */
function openWeights(path: string, files: readonly string[]): Promise<TensorSource> {
  if (files.includes(WEIGHTS_FILE)) return openSafetensors(join(path, WEIGHTS_FILE));
  if (files.includes(WEIGHTS_INDEX_FILE)) return openShards(path, WEIGHTS_INDEX_FILE);
  throw noWeights(path, files);
}

const PICKLE = /^(pytorch_model.*\.bin|.*\.(pt|pth|ckpt|pkl))$/;

/** The error where `files` of `subject` (a folder or a Hub name) hold no safetensors weights. */
export function noWeights(subject: string, files: readonly string[]): InputError {
  const pickle = files.find((name) => PICKLE.test(name));
  if (pickle) {
    return new InputError(
      "pickle-refused",
      `${subject} holds its weights only as a pickle (${pickle}), which can run any code when it is read; ` +
        "use a revision with model.safetensors (on the Hub often refs/pr/1, see its pull requests) or convert it.",
      { subject, file: pickle },
    );
  }
  return new InputError(
    "not-a-model",
    `${subject} has no weights: neither ${WEIGHTS_FILE} nor ${WEIGHTS_INDEX_FILE} is there.`,
    { subject },
  );
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
