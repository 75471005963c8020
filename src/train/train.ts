/**
 * Trains a model on prepared data, into a run folder or in memory.
 *
 * @example
 * const data = prepareText(text);
 * const { lm, summary } = await train({ model: "char-lstm", data, options: { maxMinutes: 1 } });
 */
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { Random } from "../core/random.ts";
import { version } from "../core/version.ts";
import type { BatchSource } from "../data/batches/batch.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { sample } from "../generate/sample.ts";
import { openModelFolder } from "../hub/folder.ts";
import { readJsonObject } from "../hub/json-file.ts";
import { withFolderLock } from "../hub/lock.ts";
import { readTensors } from "../hub/match-tensors.ts";
import { countParameters, type Model, type ModelConfig, type OptionValues } from "../models/model.ts";
import { architectureOf, buildModel } from "../models/registry.ts";
import { adamw } from "../optim/adamw.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { sgd } from "../optim/sgd.ts";
import { Arena } from "../runtime/arena.ts";
import type { Backend, BackendOptions } from "../runtime/backend.ts";
import { nodeBackend } from "../runtime/node.ts";
import { type Checkpoint, hasCheckpoint, readCheckpoint, refuseLostCheckpoint } from "./checkpoint.ts";
import { estimateMemory } from "./estimate.ts";
import type { LogRow, SampleRow, StopReason, TrainEvent } from "./events.ts";
import { type ResumeOptions, resolveTrainOptions, resumeTrainOptions, type TrainOptions } from "./options.ts";
import {
  type RunRecord,
  readRun,
  refuseTakenFolder,
  removeRun,
  writeRecord,
  writeRunFiles,
} from "./run-folder.ts";
import { folderResults, memoryResults, type Results } from "./sinks.ts";
import { TrainingStep } from "./step.ts";
import { streamOf, tokenUnit, trainingBatches } from "./streams.ts";
import { runTraining } from "./trainer.ts";

export interface TrainHooks {
  readonly backend?: BackendOptions;
  readonly onEvent?: (event: TrainEvent) => void;
  /** Stops after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface TrainRequest extends TrainHooks {
  /** An architecture's name, such as `char-lstm`; that of `base` where there is one. */
  readonly model: string;
  /** A model to start from instead of random weights; the data must be spelt in its vocabulary. */
  readonly base?: BaseModel;
  /** Its sizes, by the names of its options. */
  readonly modelOptions?: OptionValues;
  readonly data: PreparedData;
  readonly options?: Partial<TrainOptions>;
  /** The run folder. Default: none, the weights stay in memory. */
  readonly out?: string;
  /** What the data was prepared from, for the run's record. */
  readonly origin?: {
    readonly sources: readonly string[];
    readonly options: Readonly<Record<string, unknown>>;
  };
}

/** A model's folder that a training starts from. */
export interface BaseModel {
  readonly folder: string;
  /** What it was called, for the record. */
  readonly name: string;
}

export interface ResumeRequest extends TrainHooks {
  /** Makes the data again, as the run's record says it was made. */
  readonly prepare: (record: RunRecord) => Promise<PreparedData>;
  readonly options?: ResumeOptions;
}

export interface TrainSummary {
  /** The run folder, or null. */
  readonly run: string | null;
  readonly steps: number;
  readonly parameters: number;
  /** Nats per token, over the last line of the log; null where the training was stopped before its first. */
  readonly train_loss: number | null;
  /** Nats per token of the weights that the run offers; null where there has been no validation. */
  readonly val_loss: number | null;
  /** Over the last 20 lines of the log. */
  readonly tokens_per_s: number;
  readonly seconds: number;
  readonly stopped: StopReason;
}

export interface TrainResult {
  readonly lm: LanguageModel;
  readonly summary: TrainSummary;
  readonly log: readonly LogRow[];
  readonly samples: readonly SampleRow[];
}

/**
 * Trains a model from scratch.
 * @throws UsageError for an option that cannot be honoured, a folder that is taken, or too little memory
 * @throws InputError `folder-in-use` where another training writes to the folder
 * @throws PunchlineError `diverged` where the loss is no longer finite, or beyond hope
 */
export async function train(request: TrainRequest): Promise<TrainResult> {
  const { data, out, origin, backend } = request;
  const architecture = architectureOf(request.model);
  const { type } = architecture;
  const modelOptions = request.modelOptions ?? {};
  const model = request.base
    ? await readModel(request.base.folder)
    : architecture.build(architecture.configure(modelOptions, data.tokenizer.size));
  const { contextLength } = model;
  const resolved = resolveTrainOptions(request.options ?? {}, architecture);
  // A window that nobody asked for is never longer than what the model sees.
  const seqLen = request.options?.seqLen ?? Math.min(resolved.seqLen, contextLength);
  const options = { ...resolved, seqLen };
  const setup = prepare({ model, data, options, hooks: request });
  const { base } = request;
  if (base) await readWeights(base.folder, model, setup.arena);
  else initialise(model, setup.arena, options.seed);
  if (out === undefined) return session(setup, memoryResults(setup.arena));
  return withFolderLock(out, async () => {
    await refuseTakenFolder(out);
    try {
      return await begin(out, setup, {
        format: "punchline-run",
        version: 1,
        punchline: version,
        created: new Date().toISOString(),
        model: type,
        ...(base ? { base: base.name } : {}),
        modelOptions,
        parameters: countParameters(setup.model),
        sources: origin?.sources ?? [],
        kind: data.kind,
        data: origin?.options ?? {},
        fingerprint: data.fingerprint,
        train: options,
        device: backend?.device ?? "cpu",
        threads: backend?.threads ?? null,
        platform: `${process.platform}-${process.arch}, Node ${process.versions.node}`,
      });
    } catch (error) {
      if (!(await hasCheckpoint(out))) await removeRun(out);
      throw error;
    }
  });
}

/**
 * Goes on with a run where its last checkpoint stands; from the beginning where it never came to one.
 * @throws UsageError where the data is not the run's, and as {@link train} does
 * @throws InputError where the folder holds no run, or its checkpoint is damaged
 */
export async function resume(folder: string, request: ResumeRequest): Promise<TrainResult> {
  const record = await readRun(folder);
  return withFolderLock(folder, async () => {
    const { modelOptions, sources, fingerprint, device, threads } = record;
    const options = resumeTrainOptions(record.train, request.options ?? {});
    const data = await request.prepare(record);
    if (data.fingerprint !== fingerprint) {
      const named = sources.length > 0 ? ` of ${sources.join(", ")}` : "";
      throw new UsageError(
        `${folder} was trained on other data: its fingerprint is ${fingerprint}, and that${named} is now ${data.fingerprint}. Restore the data, or train into a new folder.`,
        { expected: fingerprint, actual: data.fingerprint },
      );
    }
    const backend = { device, ...(threads === null ? {} : { threads }), ...request.backend };
    const architecture = architectureOf(record.model);
    const model = record.base
      ? await readModel(folder)
      : architecture.build(architecture.configure(modelOptions, data.tokenizer.size));
    const setup = prepare({ model, data, options, hooks: { ...request, backend } });
    const now: RunRecord = { ...record, train: options };
    if (!(await hasCheckpoint(folder))) {
      await refuseLostCheckpoint(folder);
      if (record.base)
        throw new UsageError(
          `${folder} never came to a checkpoint; fine-tune ${record.base} into a new folder.`,
        );
      initialise(model, setup.arena, options.seed);
      return begin(folder, setup, now);
    }
    const checkpoint = await readCheckpoint(folder, setup.arena);
    await writeRecord(folder, now);
    const results = await folderResults(folder, setup.arena, checkpoint.state);
    return session(setup, results, folder, checkpoint);
  });
}

/** What a training needs before it touches a folder. */
interface Setup {
  readonly model: Model;
  readonly data: PreparedData;
  readonly options: TrainOptions;
  readonly hooks: TrainHooks;
  readonly backend: Backend;
  readonly optimizer: Optimizer;
  readonly arena: Arena;
  readonly batches: BatchSource;
  readonly step: TrainingStep;
  /** Estimated bytes of the process at its peak. */
  readonly bytes: number;
}

type Plan = Pick<Setup, "model" | "data" | "options" | "hooks">;

function prepare({ model, data, options, hooks }: Plan): Setup {
  const backend = nodeBackend(hooks.backend);
  const optimizer = createOptimizer(options);
  const batches = trainingBatches(model, data, options);
  const step = new TrainingStep(
    model,
    backend,
    model.parameters.map(({ name }) => name),
  );
  const bytes = estimateMemory(model, optimizer, step, options);
  const arena = Arena.create(model.parameters, {
    moments: optimizer.moments,
    accumulate: options.accumulate > 1,
  });
  return { model, data, options, hooks, backend, optimizer, arena, batches, step, bytes };
}

/** Writes a new run's files and trains from the beginning. */
async function begin(folder: string, setup: Setup, record: RunRecord): Promise<TrainResult> {
  await writeRunFiles(folder, { config: setup.model.config, tokenizer: setup.data.tokenizer, record });
  return session(setup, await folderResults(folder, setup.arena), folder);
}

/** One sitting of a training. */
async function session(
  setup: Setup,
  results: Results,
  folder?: string,
  checkpoint?: Checkpoint,
): Promise<TrainResult> {
  const { model, data, options, hooks, backend, arena, step } = setup;
  const { tokenizer } = data;
  const lm: LanguageModel = {
    model,
    weights: arena.parameters,
    tokenizer,
    backend,
    endsItems: data.kind === "items",
    name: folder ?? model.config.model_type,
  };
  try {
    const { stopped, state } = await runTraining({
      ...setup,
      validation: streamOf(data, "validation", tokenizer).subarray(0, options.validationTokens + 1),
      sink: results,
      unit: tokenUnit(tokenizer),
      writeSample: () => writeSample(lm, options),
      ...(hooks.onEvent ? { onEvent: hooks.onEvent } : {}),
      ...(hooks.signal ? { signal: hooks.signal } : {}),
      ...(checkpoint ? { resume: checkpoint } : {}),
    });
    await results.offer(options.keep, state);
    const { log, samples } = await results.history();
    const recent = log.slice(-20).map((row) => row.tokens_per_s);
    const summary: TrainSummary = {
      run: folder ?? null,
      steps: state.step,
      parameters: countParameters(model),
      train_loss: state.lastLoss,
      val_loss: options.keep === "best" ? state.bestLoss : state.lastValidation,
      tokens_per_s: recent.reduce((total, rate) => total + rate, 0) / Math.max(1, recent.length),
      seconds: state.seconds,
      stopped,
    };
    return { lm, summary, log, samples };
  } finally {
    await step.release();
  }
}

/** A text on the way: the same seed each time, so that what changes is the model. */
async function writeSample(lm: LanguageModel, { samplePrompt, seed }: TrainOptions): Promise<string> {
  const [one] = await sample(lm, {
    prompt: samplePrompt,
    seed,
    maxLength: 160,
    temperature: 0.8,
    slide: true,
  });
  return samplePrompt + (one?.text ?? "");
}

function createOptimizer({ optimizer, weightDecay, momentum, beta2 = 0.999 }: TrainOptions): Optimizer {
  return optimizer === "adamw" ? adamw({ weightDecay, betas: [0.9, beta2] }) : sgd({ momentum, weightDecay });
}

/** The architecture of a model's folder, in the sizes of its config.json. */
async function readModel(folder: string): Promise<Model> {
  return buildModel((await readJsonObject(join(folder, "config.json"))) as ModelConfig);
}

/** Reads a folder's weights into the arena. @throws InputError where they do not fit or are not finite */
async function readWeights(folder: string, model: Model, arena: Arena): Promise<void> {
  const { tensors, close } = await openModelFolder(folder);
  try {
    const slots = model.parameters.map(({ name, shape }) => ({
      name,
      shape,
      data: arena.parameters[name]!.data,
    }));
    await readTensors(slots, tensors, architectureOf(model.config.model_type).checkpoint);
  } finally {
    await close();
  }
}

/** Draws the first weights; each parameter from a stream of its own name. */
export function initialise(model: Model, arena: Arena, seed: number): void {
  for (const { name, initialise } of model.parameters) {
    initialise(arena.parameters[name]!.data, new Random(seed, `initialise/${name}`));
  }
}
