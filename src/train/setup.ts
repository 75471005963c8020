/** What a training is made of before its first step: model, optimiser, batches, arena and the compiled step. */
import { InputError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { Random } from "../core/random.ts";
import type { BatchSource } from "../data/batches/batch.ts";
import type { PreparedData } from "../data/prepare.ts";
import { countParameters, type Model } from "../models/model.ts";
import { adamw } from "../optim/adamw.ts";
import { isForMuon, type MuonEntry, muon } from "../optim/muon.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { sgd } from "../optim/sgd.ts";
import { Arena } from "../runtime/arena.ts";
import type { Backend, BackendOptions } from "../runtime/backend.ts";
import { nodeBackend } from "../runtime/node.ts";
import { beginningAfterEnd } from "../text/begin-after-end.ts";
import { isHuggingFaceTokenizer } from "../text/huggingface.ts";
import type { Adaptation } from "./adaptation.ts";
import { estimateMemory } from "./estimate.ts";
import type { LogRow, TrainEvent } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import { TrainingStep } from "./step.ts";
import { streamOf, trainingBatches } from "./streams.ts";

export interface TrainHooks {
  readonly backend?: BackendOptions | undefined;
  /** Hears of the training as it goes; `stop()` ends it after what is under way, with a checkpoint. */
  readonly onEvent?: ((event: TrainEvent, stop: () => void) => void) | undefined;
  /**
   * Ends the training early: asked after every line of the log, with all lines so far, those before a resume included.
   * Lines with a validation have its `val_loss`. `options.patience` needs no function.
   */
  readonly stopWhen?: ((log: readonly LogRow[]) => boolean) | undefined;
  /**
   * Stops the training when it is aborted: after the step under way, with a checkpoint, so that `resume` goes on with
   * it; `train` then returns what there is. Before the first step it stops the reading of the data, and its reason is
   * thrown.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What a training needs before it touches a folder. */
export interface Setup {
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

export interface Plan extends Pick<Setup, "adaptation" | "data" | "options" | "hooks"> {
  /** Whether adapters could be trained instead. */
  readonly adaptable?: boolean | undefined;
}

/** Texts follow each other, which a sub-word vocabulary records in its files. */
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

/** Makes what a training needs; weights are not read yet. @throws UsageError where it cannot fit, or the vocabulary not the model */
export function setUp({ adaptation, data: given, options, hooks, adaptable = false }: Plan): Setup {
  const { model } = adaptation;
  const data = withBeginnings(given);
  refuseOtherVocabulary(model, data);
  const backend = nodeBackend(hooks.backend);
  const batches = trainingBatches(model, data, options);
  const entries = model.parameters.map((spec) => ({
    ...spec,
    trainable: adaptation.trainable.has(spec.name),
  }));
  const optimizer = createOptimizer(options, entries, backend);
  const layout =
    options.optimizer === "muon"
      ? entries.map((entry) => ({ ...entry, orthogonal: isForMuon(entry) }))
      : entries;
  const trained = entries.filter((entry) => entry.trainable);
  const names = trained.map(({ name }) => name);
  const step = new TrainingStep(model, backend, names, options.recompute);
  const trainable = countParameters({ parameters: trained });
  const counts = { total: countParameters(model), trainable };
  const { batchSize, seqLen, packing, maskShare } = options;
  const memoryOf = (other: TrainingStep) => () =>
    other.memory(batchSize, seqLen, packing === "blocks", maskShare);
  const bytes = estimateMemory(counts, optimizer, step, options, [
    ...(model.blocks && !options.recompute
      ? [
          {
            choice: option("recompute", true),
            trainable,
            memory: memoryOf(new TrainingStep(model, backend, names, true)),
          },
        ]
      : []),
    // Adapters are small, and a batch takes no more with them than without.
    ...(adaptable ? [{ choice: option("lora", true), trainable: 0, memory: memoryOf(step) }] : []),
  ]);
  const arena = Arena.create(layout, { moments: optimizer.moments, accumulate: options.accumulate > 1 });
  const runs = { model, adaptation, trainable, data, options, hooks };
  return { ...runs, backend, optimizer, arena, batches, step, bytes };
}

function createOptimizer(
  { optimizer, weightDecay, momentum, beta2 = 0.999 }: TrainOptions,
  entries: readonly MuonEntry[],
  backend: Backend,
): Optimizer {
  const betas = [0.9, beta2] as const;
  switch (optimizer) {
    case "adamw":
      return adamw({ weightDecay, betas });
    case "sgd":
      return sgd({ momentum, weightDecay });
    case "muon":
      return muon(entries, backend, { momentum, weightDecay, betas });
  }
}

/** The first weights of a training from scratch. */
export function initialiseAll({ model, arena, data, options }: Setup): void {
  initialise(model, arena, options.seed);
  if (options.countedBias && model.outputBias !== undefined)
    setToFrequencies(arena.parameters[model.outputBias]!.data as Float32Array, data);
}

/**
 * Sets the bias of the logits to the log of how frequent each token is in the training split, one more of each
 * counted, so that no step is spent on learning that some tokens are rare.
 */
function setToFrequencies(bias: Float32Array, data: PreparedData): void {
  const tokens = streamOf(data, "train", data.tokenizer);
  const counts = new Float64Array(bias.length).fill(1);
  for (const id of tokens) counts[id]!++;
  for (let id = 0; id < bias.length; id++) bias[id] = Math.log(counts[id]! / (tokens.length + bias.length));
}

/** Draws the first weights; each parameter from a stream of its own name. */
export function initialise({ parameters }: Pick<Model, "parameters">, arena: Arena, seed: number): void {
  for (const { name, initialise } of parameters) {
    initialise(arena.parameters[name]!.data, new Random(seed, `initialise/${name}`));
  }
}
