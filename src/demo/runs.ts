/** The models of the demo: each is trained when it is first needed, and resumed where it was interrupted. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { PreparedData } from "../data/prepare.ts";
import { exists } from "../files/exists.ts";
import type { OptionValues } from "../models/model.ts";
import type { BaseModel } from "../train/base.ts";
import type { LogRow, SampleRow, TrainEvent } from "../train/events.ts";
import type { TrainOptions } from "../train/options.ts";
import { readLog, readSamples } from "../train/results.ts";
import type { TrainSummary } from "../train/session.ts";
import type { TrainHooks } from "../train/train.ts";
import { resume, train } from "../train/train.ts";
import type { DemoState } from "./state.ts";

export interface RunSpec {
  /** What to call the model in a sentence: "the character model". */
  readonly what: string;
  /** A network from scratch, or a model to train further. */
  readonly network:
    | { readonly model: string; readonly modelOptions: OptionValues }
    | { readonly base: BaseModel };
  readonly data: PreparedData;
  readonly sources: readonly string[];
  readonly options: Partial<TrainOptions>;
  readonly writeSample?: TrainHooks["writeSample"];
}

export interface DemoRun {
  readonly folder: string;
  readonly summary: TrainSummary;
  readonly log: readonly LogRow[];
  readonly samples: readonly SampleRow[];
  /** The command that trains the same model. */
  readonly command: string;
}

/** Thrown where a training was interrupted: it is saved and can be resumed. */
export class DemoInterrupted extends Error {
  override readonly name = "DemoInterrupted";
}

export interface DemoRunsOptions {
  readonly folder: string;
  readonly state: DemoState;
  readonly onTraining: (what: string, event: TrainEvent) => void;
  readonly signal: AbortSignal | undefined;
}

export class DemoRuns {
  readonly #options: DemoRunsOptions;

  constructor(options: DemoRunsOptions) {
    this.#options = options;
  }

  folderOf(name: string): string {
    return join(this.#options.folder, name);
  }

  /**
   * The run called `name`; where it is missing, it is trained as `spec` says.
   * @throws DemoInterrupted where the signal was aborted before its end
   */
  async get(name: string, spec: () => Promise<RunSpec>): Promise<DemoRun> {
    const { state } = this.#options;
    const folder = this.folderOf(name);
    const finished = state.run(name) ?? (await this.#train(name, folder, await spec()));
    return { folder, ...finished, log: await readLog(folder), samples: await readSamples(folder) };
  }

  async #train(name: string, folder: string, spec: RunSpec) {
    const { state, onTraining, signal } = this.#options;
    const { what, network, data, sources, options, writeSample } = spec;
    const hooks = { onEvent: (event: TrainEvent) => onTraining(what, event), signal, writeSample };
    const began = await exists(join(folder, "optimizer.safetensors"));
    if (!began) await rm(folder, { recursive: true, force: true });
    const { summary } = began
      ? await resume(folder, { ...hooks, data })
      : await train({ ...hooks, ...network, data, options, out: folder, origin: { sources, options: {} } });
    if (summary.stopped === "interrupt") throw new DemoInterrupted();
    const run = { summary, command: trainingCommand(folder, spec) };
    await state.saveRun(name, run);
    return run;
  }
}

function trainingCommand(folder: string, spec: RunSpec): string {
  const { network, data, sources, options } = spec;
  const { keepUnicode } = data.cleaning;
  const tuning = "base" in network;
  return [
    "punchline",
    ...(tuning
      ? ["finetune", network.base.name]
      : ["train", "--model", network.model, ...flags(network.modelOptions)]),
    ...sources.flatMap((source) => ["--data", quoted(source)]),
    // By default, a fine-tuning keeps every letter, since its vocabulary has them, and a new character model does not.
    ...(keepUnicode === tuning ? [] : [keepUnicode ? "--keep-unicode" : "--no-keep-unicode"]),
    ...flags(options),
    "--out",
    folder,
  ].join(" ");
}

/** Options as the command line takes them: `{ batchSize: 32 }` is `--batch-size 32`. */
function flags(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, quoted(String(value))],
  );
}

const quoted = (word: string): string => (/^[\w./:@+-]+$/.test(word) ? word : JSON.stringify(word));
