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
import { type BatchSource, shuffledWindows, streamWindows } from "../data/batches/index.ts";
import { encodeSplit, type PreparedData } from "../data/prepare.ts";
import { beginsAfterEnd, type LanguageModel } from "../generate/language-model.ts";
import { sample } from "../generate/sample.ts";
import { withFolderLock } from "../hub/lock.ts";
import { countParameters, type Model, type OptionValues } from "../models/model.ts";
import { architectureOf, buildModel } from "../models/registry.ts";
import { adamw } from "../optim/adamw.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { sgd } from "../optim/sgd.ts";
import { Arena } from "../runtime/arena.ts";
import type { BackendOptions } from "../runtime/backend.ts";
import { nodeBackend } from "../runtime/node.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { LogRow, SampleRow, StopReason, TrainEvent } from "./events.ts";
import { resolveTrainOptions, type TrainOptions } from "./options.ts";
import {
  createRun,
  folderSink,
  type RunRecord,
  readLog,
  readRun,
  readSamples,
  restoreCheckpoint,
  writeWeights,
} from "./run-folder.ts";
import type { TrainState } from "./state.ts";
import { runTraining, type TrainSink } from "./trainer.ts";

export interface TrainRequest extends TrainHooks {
  /** An architecture's name, such as `char-lstm`. */
  readonly model: string;
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

export interface TrainHooks {
  readonly backend?: BackendOptions;
  readonly onEvent?: (event: TrainEvent) => void;
  /** Stops after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface TrainSummary {
  /** The run folder, or null. */
  readonly run: string | null;
  readonly steps: number;
  readonly parameters: number;
  /** Nats per token, over the last line of the log. */
  readonly train_loss: number;
  /** Nats per token of the weights that the run offers; null without a validation split. */
  readonly val_loss: number | null;
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

export async function train(request: TrainRequest): Promise<TrainResult> {
  const { data, out, origin } = request;
  const architecture = architectureOf(request.model);
  const options = resolveTrainOptions(request.options ?? {}, architecture);
  const config = architecture.configure(request.modelOptions ?? {}, data.tokenizer.size);
  const model = buildModel(config);
  const setup: Setup = {
    model,
    data,
    options,
    hooks: request,
    ...(out === undefined ? {} : { folder: out }),
  };
  if (out === undefined) return session(setup);
  return withFolderLock(out, async () => {
    const record: RunRecord = {
      format: "punchline-run",
      version: 1,
      punchline: version,
      created: new Date().toISOString(),
      model: architecture.type,
      parameters: countParameters(model),
      sources: origin?.sources ?? [],
      kind: data.kind,
      data: origin?.options ?? {},
      fingerprint: data.fingerprint,
      train: options,
      device: request.backend?.device ?? "cpu",
      threads: request.backend?.threads ?? null,
      platform: `${process.platform}-${process.arch}, Node ${process.versions.node}`,
    };
    await createRun(out, { config, tokenizer: data.tokenizer, record });
    return session(setup);
  });
}

export interface ResumeRequest extends TrainHooks {
  /** Makes the data again, as the run's record says it was made. */
  readonly prepare: (record: RunRecord) => Promise<PreparedData>;
  /** Options that may differ from the run's: limits of its length, and how often it speaks. */
  readonly options?: Partial<Pick<TrainOptions, "steps" | "epochs" | "maxMinutes" | "patience">>;
}

/**
 * Goes on with a run where its last checkpoint stands.
 * @throws UsageError where the data or an option that shapes the run differs; it is named
 */
export async function resume(folder: string, request: ResumeRequest): Promise<TrainResult> {
  const record = await readRun(folder);
  return withFolderLock(folder, async () => {
    const data = await request.prepare(record);
    if (data.fingerprint !== record.fingerprint) {
      throw new UsageError(
        `${folder} was trained on other data: its fingerprint is ${record.fingerprint}, that of ${record.sources.join(", ")} is now ${data.fingerprint}. Restore the data, or train into a new folder.`,
        { expected: record.fingerprint, actual: data.fingerprint },
      );
    }
    const { readJsonObject } = await import("../hub/json-file.ts");
    const model = buildModel((await readJsonObject(`${folder}/config.json`)) as never);
    const options: TrainOptions = { ...record.train, ...request.options };
    return session({ model, data, options, hooks: request, folder, resumed: true });
  });
}

interface Setup {
  readonly model: Model;
  readonly data: PreparedData;
  readonly options: TrainOptions;
  readonly hooks: TrainHooks;
  readonly folder?: string;
  readonly resumed?: boolean;
}

async function session({
  model,
  data,
  options,
  hooks,
  folder,
  resumed = false,
}: Setup): Promise<TrainResult> {
  const { tokenizer } = data;
  const backend = nodeBackend(hooks.backend);
  const optimizer = createOptimizer(options);
  const arena = createArena(model, optimizer, options);
  const batches = createBatches(model, data, options);
  const restored = resumed && folder !== undefined ? await restoreCheckpoint(folder, arena) : undefined;
  if (!restored) initialise(model, arena, options.seed);
  const log: LogRow[] = [];
  const samples: SampleRow[] = [];
  const memory = memorySink(arena, log, samples);
  const sink = folder === undefined ? memory.sink : await folderSink(folder, arena, restored?.state);
  const lm: LanguageModel = {
    model,
    weights: arena.parameters,
    tokenizer,
    backend,
    endsItems: data.kind === "items",
    name: folder ?? model.config.model_type,
  };
  const outcome = await runTraining({
    model,
    arena,
    backend,
    optimizer,
    batches,
    validation: streamOf(data, "validation", tokenizer).subarray(0, options.validationTokens + 1),
    options,
    sink,
    writeSample: async () => {
      const [one] = await sample(lm, {
        prompt: options.samplePrompt,
        seed: options.seed,
        maxLength: 160,
        temperature: 0.8,
        slide: true,
      });
      return options.samplePrompt + one!.text;
    },
    ...(hooks.onEvent ? { onEvent: hooks.onEvent } : {}),
    ...(hooks.signal ? { signal: hooks.signal } : {}),
    ...(restored ? { resume: restored } : {}),
  });
  if (folder === undefined) memory.offer(options.keep);
  else if (options.keep === "last") await writeWeights(folder, arena, outcome.state.step);
  else if (outcome.stopped !== "interrupt") await offerBest(folder, arena);
  const rows = folder === undefined ? log : await readLog(folder);
  return {
    lm,
    summary: summarise(folder ?? null, model, outcome.state, outcome.stopped, rows, options),
    log: rows,
    samples: folder === undefined ? samples : await readSamples(folder),
  };
}

function createOptimizer({ optimizer, weightDecay, momentum }: TrainOptions): Optimizer {
  return optimizer === "adamw" ? adamw({ weightDecay }) : sgd({ momentum, weightDecay });
}

function createArena(model: Model, optimizer: Optimizer, { accumulate }: TrainOptions): Arena {
  return Arena.create(model.parameters, { moments: optimizer.moments, accumulate: accumulate > 1 });
}

/** Draws the first weights; each parameter from a stream of its own name. */
export function initialise(model: Model, arena: Arena, seed: number): void {
  for (const { name, initialise } of model.parameters) {
    initialise(arena.parameters[name]!.data, new Random(seed, `initialise/${name}`));
  }
}

function createBatches(model: Model, data: PreparedData, options: TrainOptions): BatchSource {
  const { batchSize, seqLen, stride, seed } = options;
  const carries = !Number.isFinite(model.contextLength);
  const kind = options.windows ?? (carries ? "stream" : "shuffled");
  if (kind === "stream" && !carries) {
    throw new UsageError(
      `${model.config.model_type} carries no state from window to window; use --windows shuffled.`,
    );
  }
  if (seqLen > model.contextLength) {
    throw new UsageError(
      `--seq-len ${seqLen} is beyond the ${model.contextLength} tokens that ${model.config.model_type} sees at once.`,
    );
  }
  const tokens = streamOf(data, "train", data.tokenizer);
  return kind === "stream"
    ? streamWindows(tokens, { batch: batchSize, length: seqLen, seed })
    : shuffledWindows(tokens, {
        batch: batchSize,
        length: seqLen,
        seed,
        ...(stride === undefined ? {} : { stride }),
      });
}

/** The tokens of a split, an end of text first, so that the first token of all is predicted as well. */
export function streamOf(data: PreparedData, split: "train" | "validation" | "test", tokenizer: Tokenizer) {
  const { tokens } = encodeSplit(data, split, tokenizer);
  if (!(data.kind === "items" || beginsAfterEnd(tokenizer))) return tokens;
  const out = new (tokens.constructor as new (n: number) => typeof tokens)(tokens.length + 1);
  out[0] = tokenizer.endOfText;
  out.set(tokens, 1);
  return out;
}

/** Results kept in memory; `offer` puts the best weights back. */
function memorySink(
  arena: Arena,
  log: LogRow[],
  samples: SampleRow[],
): { sink: TrainSink; offer(keep: "best" | "last"): void } {
  let best: Map<string, Float32Array> | undefined;
  return {
    sink: {
      async best() {
        best = new Map(Object.entries(arena.parameters).map(([name, { data }]) => [name, data.slice()]));
      },
      async last() {},
      async log(row) {
        log.push(row);
      },
      async sample(row) {
        samples.push(row);
      },
      async snapshot() {},
    },
    offer(keep) {
      if (keep === "best" && best) for (const [name, data] of best) arena.parameters[name]!.data.set(data);
    },
  };
}

/** Reads the offered weights back, so that the model at hand is the one in the folder. */
async function offerBest(folder: string, arena: Arena): Promise<void> {
  const { openSafetensors } = await import("../hub/safetensors-file.ts");
  const source = await openSafetensors(`${folder}/model.safetensors`);
  try {
    for (const [name, { data }] of Object.entries(arena.parameters)) await source.read(name, data);
  } finally {
    await source.close();
  }
}

function summarise(
  run: string | null,
  model: Model,
  state: TrainState,
  stopped: StopReason,
  log: readonly LogRow[],
  { keep }: TrainOptions,
): TrainSummary {
  const recent = log.slice(-20);
  const rate = recent.reduce((total, row) => total + row.tokens_per_s, 0) / Math.max(1, recent.length);
  if (state.lastLoss === null)
    throw new InputError("no-steps", "The training was stopped before its first step was logged.");
  return {
    run,
    steps: state.step,
    parameters: countParameters(model),
    train_loss: state.lastLoss,
    val_loss: keep === "best" ? state.bestLoss : state.lastValidation,
    tokens_per_s: rate,
    seconds: state.seconds,
    stopped,
  };
}
