/** The tensors of a run in the files of its folder. */
import { join } from "node:path";
import { exists } from "../files/exists.ts";
import { openSafetensors, writeSafetensors } from "../hub/safetensors-file.ts";
import type { Arena } from "../runtime/arena.ts";
import {
  type Checkpoint,
  checkpointFile,
  checkpointFrom,
  type RunWeights,
  weightsFile,
  weightsFrom,
} from "./checkpoint-tensors.ts";
import { files } from "./run-record.ts";

/** Writes the weights in the arena to their file in `folder`. */
export async function writeWeights(
  folder: string,
  weights: RunWeights,
  arena: Arena,
  step: number,
): Promise<void> {
  const { tensors, metadata } = weightsFile(weights, arena, step);
  await writeSafetensors(join(folder, weights.file), tensors, metadata);
}

/** Reads the file in `folder` back into the arena. */
export async function readWeights(folder: string, weights: RunWeights, arena: Arena): Promise<void> {
  const source = await openSafetensors(join(folder, weights.file));
  try {
    await weightsFrom(source, weights, arena);
  } finally {
    await source.close();
  }
}

export const hasCheckpoint = (folder: string): Promise<boolean> => exists(join(folder, files.optimizer));

/** Writes the state in the arena and in `carried`. */
export async function writeCheckpoint(folder: string, arena: Arena, checkpoint: Checkpoint): Promise<void> {
  const { tensors, metadata } = checkpointFile(arena, checkpoint);
  await writeSafetensors(join(folder, files.optimizer), tensors, metadata);
}

/** Reads the last checkpoint into the arena. @throws InputError where it is of other sizes or damaged */
export async function readCheckpoint(folder: string, arena: Arena): Promise<Checkpoint> {
  const path = join(folder, files.optimizer);
  const source = await openSafetensors(path);
  try {
    return await checkpointFrom(source, arena, path);
  } finally {
    await source.close();
  }
}
