/**
 * Trains a model on prepared data, into a run folder or in memory.
 *
 * @example
 * const data = prepareText(text);
 * const { lm, summary } = await train({ model: "char-lstm", data, options: { maxMinutes: 1 } });
 */
import { InputError, UsageError } from "../core/errors.ts";
import { Random } from "../core/random.ts";
import { version } from "../core/version.ts";
import type { BatchSource } from "../data/batches/batch.ts";
import type { PreparedData } from "../data/prepare.ts";
import { fillMasks } from "../generate/fill.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { sample } from "../generate/sample.ts";
import { adapterConfig } from "../hub/adapter.ts";
import { checkBase, findAdapterBase } from "../hub/adapter-base.ts";
import type { JsonObject } from "../hub/json-file.ts";
import { withFolderLock } from "../hub/lock.ts";
import { countParameters, type Model, type OptionValues } from "../models/model.ts";
import { architectureOf } from "../models/registry.ts";
import { adamw } from "../optim/adamw.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { sgd } from "../optim/sgd.ts";
import { Arena } from "../runtime/arena.ts";
import type { Backend, BackendOptions } from "../runtime/backend.ts";
import { nodeBackend } from "../runtime/node.ts";
import { beginningAfterEnd } from "../text/begin-after-end.ts";
import { isHuggingFaceTokenizer } from "../text/huggingface.ts";
import { type Adaptation, adaptModel, resolveAdaptation } from "./adaptation.ts";
import { type BaseModel, baseReference, readBase, readModel } from "./base.ts";
import { type Checkpoint, hasCheckpoint, readCheckpoint, refuseLostCheckpoint } from "./checkpoint.ts";
import { estimateMemory } from "./estimate.ts";
import type { LogRow, SampleRow, StopReason, TrainEvent } from "./events.ts";
import {
  finetuneDefaults,
  type ResumeOptions,
  resolveTrainOptions,
  resumeTrainOptions,
  type TrainOptions,
} from "./options.ts";
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
import {
  refuseShortData,
  streamOf,
  suitedPacking,
  tokenUnit,
  trainingBatches,
  validationPass,
} from "./streams.ts";
import { runTraining } from "./trainer.ts";
import { readWeights, runWeights } from "./weights.ts";

export interface TrainHooks {
  readonly backend?: BackendOptions;
  readonly onEvent?: (event: TrainEvent) => void;
  /** Stops after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** A new model, or one that there is already. */
export type TrainRequest = CommonRequest & (FromScratch | FineTuning);

interface FromScratch {
  /** An architecture's name, such as `char-lstm`. */
  readonly model: string;
  /** Its sizes, by the names of its options. */
  readonly modelOptions?: OptionValues;
  readonly base?: undefined;
}

interface FineTuning {
  /** A model to train further; the data must be spelt in its vocabulary. */
  readonly base: BaseModel;
}

interface CommonRequest extends TrainHooks {
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

export interface ResumeRequest extends TrainHooks {
  /** Makes the data again, as the run's record says it was made. */
  readonly prepare: (record: RunRecord) => Promise<PreparedData>;
  /** What it makes it from, where that has another name than in the record. */
  readonly sources?: readonly string[];
  readonly options?: ResumeOptions;
}

export interface TrainSummary {
  /** The run folder, or null. */
  readonly run: string | null;
  readonly steps: number;
  readonly parameters: number;
  /** How many of the parameters are trained. */
  readonly trainable: number;
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
 * Trains a model from scratch, or one that there is further.
 * @throws UsageError for an option that cannot be honoured, a folder that is taken, or too little memory
 * @throws InputError `folder-in-use` where another training writes to the folder
 * @throws PunchlineError `diverged` where the loss is no longer finite, or beyond hope
 */
export async function train(request: TrainRequest): Promise<TrainResult> {
  const { base, data, out, origin, backend } = request;
  const modelOptions = request.base ? {} : (request.modelOptions ?? {});
  const model = request.base
    ? await readModel(request.base.folder)
    : scratchModel(request.model, modelOptions, data);
  const architecture = architectureOf(model.config.model_type);
  const { type } = architecture;
  const { contextLength } = model;
  if (!base) refuseShortData(model, data);
  const suited = base ? { training: finetuneDefaults } : architecture;
  const resolved = resolveTrainOptions(request.options ?? {}, suited);
  // A window that nobody asked for is never longer than what the model sees.
  const seqLen = request.options?.seqLen ?? Math.min(resolved.seqLen, contextLength);
  const { windows, stride } = request.options ?? {};
  const suitedTo = () =>
    windows === undefined && stride === undefined ? suitedPacking(model, data, base !== undefined) : "stream";
  const packing = resolved.packing ?? suitedTo();
  const options = resolveAdaptation({ ...resolved, seqLen, packing }, architecture, base !== undefined);
  const adaptation = adaptModel(model, architecture, options);
  const adapter = base && adaptation.adapter && { ...adaptation.adapter, base: await baseReference(base) };
  const adaptable =
    base !== undefined && options.lora === undefined && architecture.loraTargets !== undefined;
  const setup = prepare({ adaptation, data, options, hooks: request, adaptable });
  const baseFingerprint = base && (await readBase(base.folder, model, setup.arena));
  initialise(base ? addedParameters(adaptation, model) : model, setup.arena, options.seed);
  if (out === undefined) return session(setup, memoryResults(setup.arena));
  return withFolderLock(out, async () => {
    await refuseTakenFolder(out);
    try {
      const record: RunRecord = {
        format: "punchline-run",
        version: 1,
        punchline: version,
        created: new Date().toISOString(),
        model: type,
        ...(base ? { base: base.name } : {}),
        ...(baseFingerprint ? { baseFingerprint } : {}),
        modelOptions,
        parameters: countParameters(setup.model),
        trainable: setup.trainable,
        sources: origin?.sources ?? [],
        kind: data.kind,
        data: origin?.options ?? {},
        fingerprint: data.fingerprint,
        train: options,
        device: backend?.device ?? "cpu",
        threads: backend?.threads ?? null,
        platform: `${process.platform}-${process.arch}, Node ${process.versions.node}`,
      };
      return await begin(out, setup, record, adapter && adapterConfig(adapter));
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
    const { modelOptions, fingerprint, device, threads } = record;
    const { sources = record.sources } = request;
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
    const model = record.base ? await readModel(folder) : scratchModel(record.model, modelOptions, data);
    const adaptation = adaptModel(model, architectureOf(record.model), options);
    const setup = prepare({ adaptation, data, options, hooks: { ...request, backend } });
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
    await readFrozen(folder, setup, model, record);
    const checkpoint = await readCheckpoint(folder, setup.arena);
    await writeRecord(folder, now);
    const weights = runWeights(adaptation, record.baseFingerprint);
    const results = await folderResults(folder, setup.arena, weights, checkpoint.state);
    return session(setup, results, folder, checkpoint);
  });
}

/** What a training needs before it touches a folder. */
interface Setup {
  readonly model: Model;
  readonly adaptation: Adaptation;
  /** Number of the parameters that are trained. */
  readonly trainable: number;
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

interface Plan extends Pick<Setup, "adaptation" | "data" | "options" | "hooks"> {
  /** Whether adapters could be trained instead. */
  readonly adaptable?: boolean;
}

/** Items follow each other, which a vocabulary of sub-words has to be told. */
function withBeginnings(data: PreparedData): PreparedData {
  const { tokenizer } = data;
  if (data.kind !== "items" || tokenizer.kind !== "bpe" || !isHuggingFaceTokenizer(tokenizer)) return data;
  return { ...data, tokenizer: beginningAfterEnd(tokenizer) };
}

/** @throws InputError `tokenizer-size` where the data has ids that the model does not */
function refuseOtherVocabulary({ config }: Model, { tokenizer }: PreparedData): void {
  if (tokenizer.size <= config.vocab_size) return;
  throw new InputError(
    "tokenizer-size",
    `The vocabulary has ${tokenizer.size} ids but the model only ${config.vocab_size}; they do not belong together. Put the model's own tokenizer.json into its folder.`,
    { vocabulary: tokenizer.size, model: config.vocab_size },
  );
}

function prepare({ adaptation, data: given, options, hooks, adaptable = false }: Plan): Setup {
  const { model } = adaptation;
  const data = withBeginnings(given);
  refuseOtherVocabulary(model, data);
  const backend = nodeBackend(hooks.backend);
  const optimizer = createOptimizer(options);
  const batches = trainingBatches(model, data, options);
  const layout = model.parameters.map((spec) => ({
    ...spec,
    trainable: adaptation.trainable.has(spec.name),
  }));
  const trained = layout.filter((entry) => entry.trainable);
  const names = trained.map(({ name }) => name);
  const step = new TrainingStep(model, backend, names, options.recompute);
  const trainable = countParameters({ parameters: trained });
  const counts = { total: countParameters(model), trainable };
  const { batchSize, seqLen, packing } = options;
  const memoryOf = (other: TrainingStep) => () => other.memory(batchSize, seqLen, packing === "blocks");
  const bytes = estimateMemory(counts, optimizer, step, options, [
    ...(model.stages && !options.recompute
      ? [{ flag: "--recompute", trainable, memory: memoryOf(new TrainingStep(model, backend, names, true)) }]
      : []),
    // Adapters are small, and a batch takes no more with them than without.
    ...(adaptable ? [{ flag: "--lora", trainable: 0, memory: memoryOf(step) }] : []),
  ]);
  const arena = Arena.create(layout, { moments: optimizer.moments, accumulate: options.accumulate > 1 });
  const runs = { model, adaptation, trainable, data, options, hooks };
  return { ...runs, backend, optimizer, arena, batches, step, bytes };
}

/** Writes a new run's files and trains from the beginning. */
async function begin(
  folder: string,
  setup: Setup,
  record: RunRecord,
  adapter?: JsonObject,
): Promise<TrainResult> {
  const { model, data, adaptation, arena } = setup;
  await writeRunFiles(folder, {
    config: model.config,
    tokenizer: data.tokenizer,
    record,
    ...(adapter ? { adapter } : {}),
  });
  const weights = runWeights(adaptation, record.baseFingerprint);
  return session(setup, await folderResults(folder, arena, weights), folder);
}

/** Reads what a checkpoint leaves out: an adapter's base where that lies, frozen layers from the run's own weights. */
async function readFrozen(
  folder: string,
  { adaptation, arena }: Setup,
  model: Model,
  { baseFingerprint }: RunRecord,
): Promise<void> {
  if (adaptation.adapter) {
    const base = await findAdapterBase(folder);
    checkBase(base, baseFingerprint, await readBase(base.folder, model, arena));
  } else if (adaptation.trainable.size < model.parameters.length) {
    await readWeights(folder, runWeights(adaptation), arena);
  }
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
    readsTextsAlone: options.packing !== "stream",
    name: folder ?? model.config.model_type,
  };
  try {
    const { stopped, state } = await runTraining({
      ...setup,
      validation:
        validationPass(model, data, options) ??
        streamOf(data, "validation", tokenizer).subarray(0, options.validationTokens + 1),
      sink: results,
      unit: tokenUnit(tokenizer),
      ...sampling(lm, options),
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
      trainable: setup.trainable,
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

/** How a text is written on the way; a model that fills masks does so in the prompt, and without one not at all. */
function sampling(lm: LanguageModel, options: TrainOptions): { writeSample?: () => Promise<string> } {
  if (lm.model.predicts !== "masked") return { writeSample: () => writeSample(lm, options) };
  const { samplePrompt } = options;
  return samplePrompt === "" ? {} : { writeSample: async () => (await fillMasks(lm, samplePrompt)).text };
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

/** The parameters that the base lacks. */
const addedParameters = ({ model }: Adaptation, base: Model): Pick<Model, "parameters"> => ({
  parameters: model.parameters.slice(base.parameters.length),
});

function scratchModel(type: string, options: OptionValues, { tokenizer }: PreparedData): Model {
  const architecture = architectureOf(type);
  return architecture.build(architecture.configure(options, tokenizer.size));
}

/** Draws the first weights; each parameter from a stream of its own name. */
export function initialise({ parameters }: Pick<Model, "parameters">, arena: Arena, seed: number): void {
  for (const { name, initialise } of parameters) {
    initialise(arena.parameters[name]!.data, new Random(seed, `initialise/${name}`));
  }
}
