/**
 * The command line as one of several processes that `mpirun` or `srun` has started: all must have been asked for the same, rank
 * 0 runs the command and speaks for all, and the others carry out what it orders.
 */
import { UsageError } from "../core/errors.ts";
import { version } from "../core/version.ts";
import type { Launched } from "../ranks/launched.ts";
import type { MpiRanks } from "../ranks/mpi.ts";
import {
  alone,
  follow,
  Lead,
  type Ranks,
  ranksError,
  SharedError,
  sendJson,
  together,
} from "../ranks/ranks.ts";
import type { Command } from "./command.ts";
import { quoted } from "./output/command-line.ts";
import { failureOf } from "./output/failure.ts";

/** What a process of a job does, by its rank. */
export interface RankWork {
  /** The command that the words name; undefined where they only ask for help. */
  parse(): Promise<{ readonly name: string; readonly command: Command } | undefined>;
  /** Runs the words; of rank 0. @returns the exit status */
  run(lead: Lead): Promise<number>;
  /** Prints an error. */
  fail(error: unknown): void;
}

/** Runs the words as one of several processes. @returns the exit status */
export async function runAsRank(
  words: readonly string[],
  launched: Launched,
  { parse, run, fail }: RankWork,
): Promise<number> {
  let mpi: MpiRanks | undefined;
  try {
    const { startRanks } = await import("../ranks/mpi.ts");
    mpi = await startRanks();
  } catch (error) {
    // It is the same on every rank of a machine, and often on all.
    if (launched.rank === 0 || launched.rank % (launched.onHost ?? launched.size) === 0) fail(error);
    return failureOf(error).status;
  }
  const ranks: Ranks = mpi ?? alone;
  const isFirst = ranks.rank === 0;
  try {
    await refuseOthers(ranks, words);
    const found = await together(ranks, parse);
    if (found && ranks.size > 1 && found.command.ranks !== true)
      throw new UsageError(
        `"punchline ${found.name}" runs in one process, and ${ranks.size} were started; run it without mpirun or srun.`,
      );
    const lead = new Lead(ranks);
    if (!isFirst) {
      // Whoever ends the job signals all; what is under way is ended by rank 0.
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});
      if (found) await followAll(ranks);
      return 0;
    }
    try {
      return await run(lead);
    } finally {
      if (found) await lead.dismiss();
    }
  } catch (error) {
    const { status, sentence } = failureOf(error);
    if (isFirst) fail(error);
    else if (!isShared(error)) {
      fail(ranksError(`Rank ${ranks.rank} on ${ranks.host}: ${sentence}`));
      mpi?.abort(status);
    }
    return status;
  } finally {
    mpi?.finish();
  }
}

/** Does what rank 0 orders, whatever the command, until it dismisses this rank. */
async function followAll(ranks: Ranks): Promise<void> {
  const { trainingOrders } = await import("../train/job.ts");
  const { sharedWork } = await import("../evaluate/shared-model.ts");
  const { release: releaseTraining, ...trainings } = trainingOrders(ranks);
  const { release, ...others } = sharedWork(ranks);
  const { auditWork } = await import("../evaluate/novelty/shared-audit.ts");
  await follow(ranks, { ...trainings, ...others, ...auditWork(ranks) });
  await releaseTraining();
  await release();
}

/** All ranks have the error, and rank 0 prints it. */
const isShared = (error: unknown): boolean => error instanceof SharedError || error instanceof UsageError;

/** @throws on all ranks, where one was started with another version or other options than rank 0 */
async function refuseOthers(ranks: Ranks, words: readonly string[]): Promise<void> {
  const own = { version, words };
  const first = await sendJson(ranks, ranks.rank === 0 ? own : undefined);
  await together(ranks, () => {
    if (first.version !== version)
      throw new UsageError(
        `It has Punchline ${version}, and rank 0 has ${first.version}; install one version everywhere.`,
      );
    if (JSON.stringify(first.words) === JSON.stringify(words)) return;
    const [mine, others] = [commandOf(words), commandOf(first.words)];
    throw new UsageError(
      `It was started with "${mine}", and rank 0 with "${others}"; start all ranks with the same command and options.`,
    );
  });
}

const commandOf = (words: readonly string[]): string => ["punchline", ...words.map(quoted)].join(" ");
