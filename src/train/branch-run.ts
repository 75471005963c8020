/** Where a branch begins: the folder of a run, or of weights that it kept along its training. */
import { basename, dirname, join } from "node:path";
import { InputError } from "../core/errors.ts";
import { exists } from "../files/exists.ts";
import type { BaseModel } from "./base.ts";
import { findRun } from "./run-folder.ts";
import { files, type RunRecord } from "./run-record.ts";

export interface BranchBase extends BaseModel {
  /** The folder of the run. */
  readonly run: string;
  readonly record: RunRecord;
}

/**
 * @param folder a run, or `checkpoints/step-N` of one
 * @throws InputError `not-a-run` for another folder, or where there are no weights yet
 */
export async function branchBase(folder: string): Promise<BranchBase> {
  const own = await findRun(folder);
  const kept = basename(dirname(folder)) === "checkpoints";
  const run = own || !kept ? folder : dirname(dirname(folder));
  const record = own ?? (await findRun(run));
  if (!record)
    throw new InputError(
      "not-a-run",
      `${folder} is no run of Punchline, nor weights that one has kept; give a run folder, or its checkpoints/step-N.`,
      { folder },
    );
  if (record.train.lora === undefined && !(await exists(join(folder, files.weights))))
    throw new InputError("no-weights", `${folder} has no ${files.weights} yet; train it first.`, { folder });
  return { folder, name: folder, run, record };
}
