/**
 * A training state as one file, `optimizer.safetensors`: trained weights, moments, carried state and, in the
 * metadata, the counters. One file, so that a kill at any moment leaves one whole state.
 */
import { join } from "node:path";
import { float32, sizeOf } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import { version } from "../core/version.ts";
import { exists } from "../files/exists.ts";
import { openSafetensors, type TensorToWrite, writeSafetensors } from "../hub/safetensors-file.ts";
import type { Arena, Views } from "../runtime/arena.ts";
import { readLog } from "./history.ts";
import { files, parseJson } from "./run-folder.ts";
import type { TrainState } from "./state.ts";
import type { Carried } from "./step.ts";

const CARRIED = "carried.";
const STATE = "punchline_state";

export interface Checkpoint {
  readonly state: TrainState;
  readonly carried: Carried;
}

export const hasCheckpoint = (folder: string): Promise<boolean> => exists(join(folder, files.optimizer));

/**
 * A checkpoint is written before the first row of the log, so a log without one has lost it.
 * @throws InputError `checkpoint` rather than begin such a run again
 */
export async function refuseLostCheckpoint(folder: string): Promise<void> {
  if ((await readLog(folder)).length === 0) return;
  throw new InputError(
    "checkpoint",
    `${folder} cannot go on: its checkpoint, ${files.optimizer}, is gone. Its weights can still be used; train on in a new folder.`,
    { folder },
  );
}

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
