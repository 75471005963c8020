/** The model that a training starts from: its architecture, its weights, and what it is called in records. */
import { resolve } from "node:path";
import { UsageError } from "../core/errors.ts";
import { option, optionNames } from "../core/options.ts";
import { endsOf } from "../generate/generation-config.ts";
import { isBuiltIn, isModelFolder } from "../hub/built-in.ts";
import { fingerprintTensors } from "../hub/fingerprint.ts";
import { hasVocabulary, readModelConfig, withModelFolder } from "../hub/folder.ts";
import { readTensors } from "../hub/match-tensors.ts";
import type { Architecture, Model } from "../models/model.ts";
import { buildModel } from "../models/registry.ts";
import type { Arena } from "../runtime/arena.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { TrainOptions } from "./options.ts";
import { finetuneOptionsOf } from "./setup.ts";

/** A model's folder that a training starts from. */
export interface BaseModel {
  readonly folder: string;
  /** What it was called, for the record. */
  readonly name: string;
  /** An adapter of it that a training with LoRA goes on with. Default: a new one. */
  readonly adapter?: { readonly folder: string; readonly name: string } | undefined;
}

type Place = NonNullable<BaseModel["adapter"]>;

export const baseNames = optionNames<keyof BaseModel>()("folder name adapter", {
  adapter: optionNames<keyof Place>()("folder name"),
});

/** The folder with the vocabulary: the adapter's where that has one of its own. */
export const vocabularyFolder = async ({ folder, adapter }: BaseModel): Promise<string> =>
  adapter && (await hasVocabulary(adapter.folder)) ? adapter.folder : folder;

/**
 * The model of a folder, without its weights.
 * @param architectures that are not in Punchline
 */
export async function readModel(folder: string, architectures?: readonly Architecture[]): Promise<Model> {
  return buildModel(await readModelConfig(folder), { folder, architectures });
}

/**
 * The options of a training that starts from a folder's model: as `train` resolves them.
 * @throws UsageError
 */
export async function finetuneOptions(folder: string, given: Partial<TrainOptions>): Promise<TrainOptions> {
  return finetuneOptionsOf(await readModel(folder), given);
}

/**
 * Reads a folder's weights into the arena.
 * @returns their fingerprint
 * @throws InputError where they do not fit or are not finite
 */
export async function readBase(folder: string, model: Model, arena: Arena): Promise<string> {
  const slots = model.parameters.map(({ name, shape }) => ({
    name,
    shape,
    data: arena.parameters[name]!.data,
  }));
  return withModelFolder(folder, async ({ tensors }) => {
    await readTensors(slots, tensors, model.architecture.checkpointMapping);
    return fingerprintTensors(tensors);
  });
}

/** The ids that end a text of a folder's model, besides its vocabulary's end. */
export const readEnds = (folder: string, tokenizer: Tokenizer): Promise<readonly number[]> =>
  withModelFolder(folder, async ({ generationConfig, config }) =>
    endsOf(generationConfig ?? config, tokenizer),
  );

/**
 * What an adapter's configuration calls its base: the name on the Hub, or where the folder lies.
 * @throws UsageError where the base is an adapter itself
 */
export async function baseReference({ folder, name }: BaseModel): Promise<string> {
  if (await withModelFolder(folder, async ({ base }) => base))
    throw new UsageError(
      `${name} is an adapter itself, and LoRA needs a whole model; go on with it by ${option("adapter", name)} of its base, or write a whole model with "punchline export ${name} --merge --out DIR" and start from that.`,
      { name },
    );
  return !isBuiltIn(name) && (await isModelFolder(name)) ? resolve(name) : name;
}
