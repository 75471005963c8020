/** The models of the story: each is trained when it is first asked for, and gone on with where it was cut short. */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LogRow, SampleRow, TrainEvent } from "../train/events.ts";
import { readLog, readSamples } from "../train/history.ts";
import type { TrainSummary } from "../train/session.ts";
import { resume, train } from "../train/train.ts";
import { type RunSpec, trainingCommand } from "./run-spec.ts";
import type { StoryState } from "./state.ts";

/** A training that is done. */
export interface StoryRun {
  readonly folder: string;
  readonly summary: TrainSummary;
  readonly log: readonly LogRow[];
  readonly samples: readonly SampleRow[];
  /** The command that trains the same model. */
  readonly command: string;
}

/** Thrown where a training was interrupted: it is saved, and nothing is wrong. */
export class StoryInterrupted extends Error {
  override readonly name = "StoryInterrupted";
}

export interface StoryRunsOptions {
  readonly folder: string;
  readonly state: StoryState;
  readonly onTraining: (what: string, event: TrainEvent) => void;
  readonly signal: AbortSignal | undefined;
}

export class StoryRuns {
  readonly #options: StoryRunsOptions;

  constructor(options: StoryRunsOptions) {
    this.#options = options;
  }

  folderOf(name: string): string {
    return join(this.#options.folder, name);
  }

  /**
   * The run called `name`, trained as `spec` says where it is not there.
   * @throws StoryInterrupted where the signal came first
   */
  async get(name: string, spec: () => Promise<RunSpec>): Promise<StoryRun> {
    const { state } = this.#options;
    const folder = this.folderOf(name);
    const finished = state.run(name) ?? (await this.#train(name, folder, await spec()));
    return { folder, ...finished, log: await readLog(folder), samples: await readSamples(folder) };
  }

  async #train(name: string, folder: string, spec: RunSpec) {
    const { state, onTraining, signal } = this.#options;
    const { what, model, modelOptions, base, data, sources, options } = spec;
    const hooks = {
      onEvent: (event: TrainEvent) => onTraining(what, event),
      ...(signal ? { signal } : {}),
    };
    const began = await exists(join(folder, "optimizer.safetensors"));
    if (!began) await rm(folder, { recursive: true, force: true });
    const { summary } = began
      ? await resume(folder, { ...hooks, prepare: async () => data })
      : await train({
          ...hooks,
          model,
          ...(modelOptions ? { modelOptions } : {}),
          ...(base ? { base } : {}),
          data,
          options,
          out: folder,
          origin: { sources, options: {} },
        });
    if (summary.stopped === "interrupt") throw new StoryInterrupted();
    const run = { summary, command: trainingCommand(folder, spec) };
    await state.finish(name, run);
    return run;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
