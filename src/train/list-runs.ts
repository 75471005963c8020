/**
 * The runs below folders, each with what became of it. Nothing is opened for writing, and a run that cannot be read is
 * listed with the reason.
 *
 * @example
 * const [newest] = await listRuns();
 */
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError, UsageError } from "../core/errors.ts";
import { checkTexts } from "../core/options.ts";
import { exists, isFolder } from "../files/exists.ts";
import { readJsonObject } from "../files/json-file.ts";
import { isFolderLocked } from "../files/lock.ts";
import { describeModel } from "../generate/list-models.ts";
import { readTokenizerFiles } from "../hub/tokenizer-files.ts";
import { architectures } from "../models/registry.ts";
import { tokenizerKind } from "../text/files.ts";
import { hasCheckpoint } from "./checkpoint.ts";
import type { LogRow, TokenUnit } from "./events.ts";
import { isTimed } from "./plan.ts";
import { readLog } from "./results.ts";
import { readRun } from "./run-folder.ts";
import { files, type RunRecord } from "./run-record.ts";
import { freshState, type TrainState } from "./state.ts";
import { tokenUnit } from "./streams.ts";

export interface ListedRun {
  /** The folder, as `sample` and `report` take it. */
  readonly run: string;
  /**
   * `done`: it reached its limit; `stopped`: it ended before; `in use`: a process works in it; `damaged`: it cannot be
   * used as it is.
   */
  readonly state: "done" | "stopped" | "in use" | "damaged";
  /** Whether a resume goes on with it, also of a run that is done. */
  readonly resumable: boolean;
  /** What is wrong with a damaged run. */
  readonly problem?: string | undefined;
  /** When it was begun, ISO 8601; of a damaged run when its record was written. */
  readonly date: string;
  /** The architecture; this and what follows is undefined of a damaged run whose record cannot be read. */
  readonly model?: string | undefined;
  /** The model that it was fine-tuned from. */
  readonly base?: string | undefined;
  /** Whether it predicts the next token or a hidden one. */
  readonly kind?: "causal" | "masked" | undefined;
  readonly parameters?: number | undefined;
  /** Of the files in the folder. */
  readonly bytes?: number | undefined;
  /** Its sources; none of texts that a program gave. */
  readonly data?: readonly string[] | undefined;
  /** Updates of the weights so far. */
  readonly steps?: number | undefined;
  /** As many as it was to make; undefined where only the time is limited. */
  readonly planned_steps?: number | undefined;
  /** Seconds of training. */
  readonly seconds?: number | undefined;
  /** Nats per token of the weights that it offers; undefined before the first validation. */
  readonly val_loss?: number | undefined;
  /** What a token of it is. */
  readonly unit?: TokenUnit | undefined;
}

/** How deep folders are searched. */
const DEPTH = 4;

/**
 * The runs in these folders and below them, the newest first.
 * @param folders default: `runs`, and the folders in the current one
 * @throws UsageError for a folder that is not there
 */
export async function listRuns(folders?: string | readonly string[]): Promise<ListedRun[]> {
  const given = typeof folders === "string" ? [folders] : folders;
  if (given !== undefined) checkTexts(given, "folders");
  for (const folder of given ?? [])
    if (!(await isFolder(folder)))
      throw new UsageError(`There is no folder ${folder}; give one with runs in it, or a run.`, { folder });
  const roots = given?.map((folder) => ({ folder, depth: DEPTH })) ?? [
    { folder: "runs", depth: DEPTH },
    { folder: ".", depth: 1 },
  ];
  const all = await Promise.all((await runsBelow(roots)).map(described));
  return all.sort((a, b) => b.date.localeCompare(a.date) || a.run.localeCompare(b.run));
}

/** A folder to search, and how many folders deep below it. */
interface Place {
  readonly folder: string;
  readonly depth: number;
  readonly linked?: boolean;
}

/**
 * The folders themselves if they are runs, or the runs below them. What several names lead to is listed once, by the
 * name of the fewest folders and links; so a link to a folder above it leads nowhere.
 */
async function runsBelow(roots: readonly Place[]): Promise<string[]> {
  const seen = new Set<string>();
  const found: string[] = [];
  for (let level = roots; level.length > 0; ) {
    const inOrder = level.toSorted((a, b) => Number(a.linked ?? false) - Number(b.linked ?? false));
    const real = await Promise.all(inOrder.map(({ folder }) => realpath(folder).catch(() => undefined)));
    const fresh = inOrder.filter((_, i) => real[i] !== undefined && !seen.has(real[i]) && seen.add(real[i]));
    const inner = await Promise.all(
      fresh.map(async (place) => {
        if (!(await exists(join(place.folder, files.run)))) return foldersIn(place);
        found.push(join(place.folder, files.run, ".."));
        return [];
      }),
    );
    level = inner.flat();
  }
  return found;
}

async function foldersIn({ folder, depth }: Place): Promise<Place[]> {
  if (depth === 0) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter(
      (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !/^\.|^node_modules$/.test(entry.name),
    )
    .map((entry) => ({ folder: join(folder, entry.name), depth: depth - 1, linked: entry.isSymbolicLink() }));
}

async function described(run: string): Promise<ListedRun> {
  try {
    return await describedRecord(run, await readRun(run));
  } catch (error) {
    return damaged({ run, date: await writtenAt(join(run, files.run)) }, error);
  }
}

const damaged = (known: Omit<ListedRun, "state" | "resumable">, error: unknown): ListedRun => ({
  ...known,
  state: "damaged",
  resumable: false,
  problem: error instanceof Error ? error.message : String(error),
});

const writtenAt = async (path: string): Promise<string> =>
  (await stat(path).catch(() => undefined))?.mtime.toISOString() ?? new Date(0).toISOString();

async function describedRecord(run: string, record: RunRecord): Promise<ListedRun> {
  const { model, base, parameters, sources, created, train } = record;
  const { kind, bytes } = await describeModel(run);
  const known = {
    run,
    date: typeof created === "string" ? created : await writtenAt(join(run, files.run)),
    model,
    base,
    kind,
    parameters,
    bytes,
    data: sources,
    unit: await unitOf(run, model),
  };
  try {
    const [state, log] = [await stateOf(run), await readLog(run)];
    const { step, plannedSteps, seconds, bestLoss, lastValidation } = state;
    const checkpoint = await hasCheckpoint(run);
    // A training that waits for its first checkpoint may write its files at this moment.
    if (step > 0) await refuseMissingFiles(run, train.lora !== undefined);
    return {
      ...known,
      steps: step,
      planned_steps: isTimed(train) ? undefined : (plannedSteps ?? train.steps),
      seconds,
      val_loss: (train.keep === "best" ? bestLoss : lastValidation) ?? undefined,
      state: (await isFolderLocked(run)) ? "in use" : isDone(record, state) ? "done" : "stopped",
      resumable: checkpoint || log.length === 0,
    };
  } catch (error) {
    return damaged(known, error);
  }
}

/** What a token of the run's vocabulary is; where that cannot be read, of the one that its architecture has by default. */
async function unitOf(run: string, model: string): Promise<TokenUnit | undefined> {
  try {
    const { "tokenizer.json": json, "tokenizer_config.json": config } = await readTokenizerFiles(run);
    return tokenUnit({ kind: tokenizerKind(json, config) });
  } catch {
    const tokens = architectures.find(({ type }) => type === model)?.tokens;
    return tokens && tokenUnit({ kind: tokens === "masked-bpe" ? "bpe" : tokens });
  }
}

/** The counters of the last checkpoint; fresh ones before the first. */
async function stateOf(run: string): Promise<TrainState> {
  const path = join(run, files.state);
  if (!(await exists(path))) return (await hasCheckpoint(run)) ? fromLog(await readLog(run)) : freshState;
  const state = await readJsonObject(path);
  const { counters } = await import("./state-shape.ts");
  if (!counters.safeParse(state).success)
    throw new InputError(
      "state",
      `${path} does not hold the counters of a training; --resume writes it again.`,
    );
  return { ...freshState, ...state };
}

/** What the log says, where a kill came before the counters were written. */
function fromLog(log: readonly LogRow[]): TrainState {
  const last = log.at(-1);
  return { ...freshState, step: last?.step ?? 0, seconds: last?.seconds ?? 0 };
}

async function refuseMissingFiles(run: string, adapted: boolean): Promise<void> {
  const needed = [files.config, files.tokenizer, adapted ? files.adapterWeights : files.weights];
  for (const name of needed)
    if (!(await exists(join(run, name))))
      throw new InputError("file", `${run} has no ${name}; restore the file, or train again.`, { run, name });
}

/** Whether a limit of the training is reached. */
function isDone({ train }: RunRecord, { step, plannedSteps, seconds, sinceBest, owed }: TrainState): boolean {
  const { steps = 0, maxMinutes = Infinity, patience = Infinity } = train;
  if (step === 0 || owed !== null) return false;
  const limit = isTimed(train) ? Infinity : Math.max(plannedSteps ?? Infinity, steps);
  return step >= limit || seconds >= 60 * maxMinutes || sinceBest >= patience;
}
