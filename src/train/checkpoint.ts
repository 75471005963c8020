/**
 * The tensors of a run as files: the weights that it offers, and its training state.
 *
 * `optimizer.safetensors` has the trained weights, moments, carried state and, in the metadata, the counters. It is one
 * file, so that a kill at any moment leaves one whole state.
 *
 * A LoRA run keeps no copy of its base model. Beside GPT-2's half gigabyte an adapter is a megabyte, so it is
 * written at each checkpoint in no time, and a run killed at any moment can be used; whoever opens the folder gets
 * base and adapter merged (hub/folder.ts), and `punchline export --merge` writes the whole where it is wanted.
 */
import { join } from "node:path";
import { float32, sizeOf } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import { version } from "../core/version.ts";
import { exists } from "../files/exists.ts";
import { ADAPTER_WEIGHTS_FILE, storedAdapterName } from "../hub/adapter.ts";
import { BASE_FINGERPRINT } from "../hub/adapter-base.ts";
import { tokenizerMetadata } from "../hub/fingerprint.ts";
import {
  openSafetensors,
  type TensorToWrite,
  WEIGHTS_FILE,
  writeSafetensors,
} from "../hub/safetensors-file.ts";
import type { Arena, Views } from "../runtime/arena.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { files, parseJson } from "./run-folder.ts";
import type { Adaptation } from "./setup.ts";
import type { TrainState } from "./state.ts";
import type { Carried } from "./step.ts";

export interface RunWeights {
  readonly file: string;
  /** Names in the file, by the parameters' own. */
  readonly names: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * @param from what their file is to record: the vocabulary, and for an adapter the fingerprint of the base's weights;
 * not needed to read the file
 */
export function runWeights(
  { model, trainable, adapter }: Adaptation,
  from: { readonly tokenizer?: Tokenizer | undefined; readonly baseFingerprint?: string | undefined } = {},
): RunWeights {
  const metadata = from.tokenizer ? tokenizerMetadata(from.tokenizer) : {};
  if (!adapter) {
    const names = new Map(model.parameters.map(({ name }) => [name, name]));
    return { file: WEIGHTS_FILE, names, metadata };
  }
  return {
    file: ADAPTER_WEIGHTS_FILE,
    names: new Map([...trainable].map((name) => [name, storedAdapterName(name)])),
    metadata: { [BASE_FINGERPRINT]: from.baseFingerprint ?? "", ...metadata },
  };
}

/** Writes the weights in the arena to their file in `folder`. */
export async function writeWeights(
  folder: string,
  { file, names, metadata }: RunWeights,
  { parameters }: Arena,
  step: number,
): Promise<void> {
  const tensors = [...names].map(([name, stored]) => {
    const { shape, data } = parameters[name]!;
    return { name: stored, dtype: "F32" as const, shape, data };
  });
  await writeSafetensors(join(folder, file), tensors, { step: String(step), ...metadata });
}

/** Reads the file in `folder` back into the arena. */
export async function readWeights(
  folder: string,
  { file, names }: RunWeights,
  { parameters }: Arena,
): Promise<void> {
  const source = await openSafetensors(join(folder, file));
  try {
    for (const [name, stored] of names) await source.read(stored, parameters[name]!.data);
  } finally {
    await source.close();
  }
}

const CARRIED = "carried.";
const STATE = "punchline_state";

export interface Checkpoint {
  readonly state: TrainState;
  readonly carried: Carried;
}

export const hasCheckpoint = (folder: string): Promise<boolean> => exists(join(folder, files.optimizer));

/** Writes the state in the arena and in `carried`. */
export async function writeCheckpoint(
  folder: string,
  arena: Arena,
  { state, carried }: Checkpoint,
): Promise<void> {
  const tensors = [
    ...arenaTensors(arena),
    ...Object.entries(carried).map(([name, { shape, data }]) => ({ name: CARRIED + name, shape, data })),
  ];
  await writeSafetensors(join(folder, files.optimizer), tensors.map(asF32), {
    [STATE]: JSON.stringify(state),
  });
}

/** Reads the last checkpoint into the arena. @throws InputError where it is of other sizes or damaged */
export async function readCheckpoint(folder: string, arena: Arena): Promise<Checkpoint> {
  const path = join(folder, files.optimizer);
  const source = await openSafetensors(path);
  try {
    const state = parseJson<TrainState>(source.metadata[STATE] ?? "null", `the metadata of ${path}`);
    if (state?.format !== "punchline-train-state" || state.version !== 1) {
      throw new InputError("checkpoint", `${path} is not a checkpoint that this version (${version}) reads.`);
    }
    for (const { name, data } of arenaTensors(arena)) await source.read(name, data);
    const carried: Record<string, Carried[string]> = {};
    for (const [name, { shape }] of source.tensors) {
      if (!name.startsWith(CARRIED)) continue;
      const data = new Float32Array(sizeOf(shape));
      await source.read(name, data);
      carried[name.slice(CARRIED.length)] = float32(shape, data);
    }
    return { state, carried };
  } finally {
    await source.close();
  }
}

const tensorsOf = (views: Views, prefix: string) =>
  Object.entries(views).map(([name, { shape, data }]) => ({ name: prefix + name, shape, data }));

/** What the training changes; frozen parameters are read again from where they came. */
const arenaTensors = ({ trained, moment1, moment2 }: Arena) => [
  ...tensorsOf(trained, "parameters."),
  ...tensorsOf(moment1, "moment1."),
  ...tensorsOf(moment2, "moment2."),
];

const asF32 = (tensor: Omit<TensorToWrite, "dtype">): TensorToWrite => ({ ...tensor, dtype: "F32" });
