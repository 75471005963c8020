/**
 * What a training is made of before its first step: model, optimiser, batches, arena and the compiled step; and which
 * parameters of a model are trained: all, those above its first layers, or those of LoRA adapters of frozen matrices.
 * What is frozen has neither gradients nor moments, and is not written to checkpoints.
 */
import { InputError, UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { Random } from "../core/random.ts";
import { inPieces } from "../data/ids.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { AdapterSettings } from "../hub/adapter.ts";
import { adaptedMaps, resolveLora, withLora } from "../models/lora.ts";
import { type Architecture, countParameters, type Model } from "../models/model.ts";
import { adamw } from "../optim/adamw.ts";
import { isForMuon, type MuonEntry, muon } from "../optim/muon.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { sgd } from "../optim/sgd.ts";
import { alone, partOf, type Ranks, refuseIdle } from "../ranks/ranks.ts";
import { Arena } from "../runtime/arena.ts";
import type { Backend } from "../runtime/backend.ts";
import { beginningAfterEnd } from "../text/begin-after-end.ts";
import { isHuggingFaceTokenizer } from "../text/huggingface.ts";
import { DeviceStep, graphOf } from "./device-step.ts";
import { resolveFinetuneOptions, type TrainOptions } from "./options.ts";
import { estimateMemory, type Machine, TrainingStep } from "./step.ts";
import { idsOf, trainingBatches } from "./streams.ts";
import type { LoopParts } from "./trainer.ts";

/** What a training needs before it touches a folder. */
export interface Setup extends LoopParts {
  readonly adaptation: Adaptation;
  /** Number of the parameters that are trained. */
  readonly trainable: number;
  readonly data: PreparedData;
  /**
   * The same training computed by another backend, on the same arena and batches.
   * @param reference a step on the CPU to which its first batch is held. Default: one on the backend's own reference
   * @throws UsageError for what that backend cannot do
   */
  readonly on: (backend: Backend, reference?: TrainingStep) => Computing;
}

/** What computes the steps of a training. */
export type Computing = Pick<LoopParts, "backend" | "optimizer" | "step">;

export interface Plan extends Pick<Setup, "adaptation" | "data" | "options" | "backend"> {
  /** Whether adapters could be trained instead. */
  readonly adaptable?: boolean | undefined;
  /** Memory of the machine. Default: as Node says it. */
  readonly machine?: Machine | undefined;
  /** The ranks that divide each batch. Default: one. */
  readonly ranks?: Pick<Ranks, "rank" | "size"> | undefined;
}

/** Texts follow each other, which a sub-word vocabulary records in its files. */
function withBeginnings(data: PreparedData): PreparedData {
  const { tokenizer } = data;
  if (data.kind !== "items" || tokenizer.kind !== "bpe" || !isHuggingFaceTokenizer(tokenizer)) return data;
  // Each text of a model that fills masks has tokens around it.
  if (tokenizer.cls !== undefined) return data;
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

/** The batches that a training reads, and the data with the vocabulary as its files have it. */
export function readAsBatches({
  model,
  data: given,
  options,
}: Pick<Setup, "model" | "data" | "options">): Pick<Setup, "data" | "batches"> {
  const data = withBeginnings(given);
  refuseOtherVocabulary(model, data);
  return { data, batches: trainingBatches(model, data, options) };
}

/** Makes what a training needs; weights are not read yet. @throws UsageError where it cannot fit, or the vocabulary not the model */
export function setUp({
  adaptation,
  data: given,
  options,
  backend,
  adaptable = false,
  machine,
  ranks = alone,
}: Plan): Setup {
  const { model } = adaptation;
  refuseIdle(
    options.batchSize,
    `a batch of ${options.batchSize} row${options.batchSize === 1 ? "" : "s"}`,
    `give a ${option("batchSize")} of ${ranks.size} or more`,
    ranks,
  );
  const { data, batches } = readAsBatches({ model, data: given, options });
  const entries = model.parameters.map((spec) => ({
    ...spec,
    trainable: adaptation.trainable.has(spec.name),
  }));
  const layout =
    options.optimizer === "muon"
      ? entries.map((entry) => ({ ...entry, orthogonal: isForMuon(entry) }))
      : entries;
  const trained = entries.filter((entry) => entry.trainable);
  const names = trained.map(({ name }) => name);
  const decays = new Set(trained.filter(({ decay }) => decay).map(({ name }) => name));
  const on: Setup["on"] = (backend, reference) => {
    const optimizer = createOptimizer(options, entries, backend);
    const { recompute, precision = "f32" } = options;
    const half = precision === "f16";
    if (half && !backend.keepsResults)
      throw new UsageError(
        `${option("precision", "f16")} is for graphics cards, and here "${backend.device}" computes: add ${option("device", "webgpu")}, or take ${option("precision", "f32")}.`,
        { option: "precision", value: precision, expected: "f32" },
      );
    if (!backend.keepsResults)
      return { backend, optimizer, step: new TrainingStep(model, backend, names, recompute) };
    if (ranks.size > 1 || options.syncEvery !== undefined)
      throw new UsageError(
        `${option("device", backend.device)} keeps weights in its own memory, where several ranks cannot add up gradients; use ${option("device", "cpu")}, or one process without ${option("syncEvery")}.`,
        { option: "device", value: backend.device },
      );
    const graph = graphOf(optimizer, options.optimizer, backend.device);
    const step = new DeviceStep({
      model,
      backend,
      trainable: names,
      decays,
      graph,
      recompute,
      half,
      reference,
    });
    return { backend, optimizer, step };
  };
  const computing = on(backend);
  const { optimizer, step } = computing;
  const trainable = countParameters({ parameters: trained });
  const counts = { total: countParameters(model), trainable };
  const { seqLen, packing, maskShare } = options;
  const { from, to } = partOf(options.batchSize, ranks);
  const batchSize = to - from;
  const memoryOf = (other: TrainingStep) => () =>
    other.memory(batchSize, seqLen, packing === "blocks", maskShare);
  const bytes = estimateMemory(
    counts,
    optimizer,
    step,
    { ...options, batchSize },
    [
      ...(model.blocks && !options.recompute
        ? [
            {
              choice: option("recompute", true),
              trainable,
              memory: memoryOf(new TrainingStep(model, backend, names, true, options.precision === "f16")),
            },
          ]
        : []),
      // Adapters are small, and a batch takes no more with them than without.
      ...(adaptable ? [{ choice: option("lora", true), trainable: 0, memory: memoryOf(step) }] : []),
    ],
    machine,
  );
  const arena = Arena.create(layout, { moments: optimizer.moments, accumulate: options.accumulate > 1 });
  const runs = { model, adaptation, trainable, data, options };
  return { ...runs, ...computing, arena, batches, bytes, on };
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
  const tokens = idsOf(data, "train");
  const counts = new Float64Array(bias.length).fill(1);
  for (const piece of inPieces(tokens)) for (const id of piece) counts[id]!++;
  for (let id = 0; id < bias.length; id++) bias[id] = Math.log(counts[id]! / (tokens.length + bias.length));
}

/** Draws the first weights; each parameter from a stream of its own name. */
export function initialise({ parameters }: Pick<Model, "parameters">, arena: Arena, seed: number): void {
  for (const { name, initialise } of parameters) {
    initialise(arena.parameters[name]!.data, new Random(seed, `initialise/${name}`));
  }
}

export interface Adaptation {
  /** The model to run, adapters included. */
  readonly model: Model;
  /** Names of the parameters that are trained. */
  readonly trainable: ReadonlySet<string>;
  /** The configuration of an adapter, without its base; absent where the model has no adapters. */
  readonly adapter?: Omit<AdapterSettings, "base"> | undefined;
}

/** @throws UsageError for layers or adapters that the model does not have */
export function adaptModel(
  model: Model,
  { lora, freezeLayers }: Pick<TrainOptions, "lora" | "freezeLayers">,
): Adaptation {
  if (lora === undefined) return { model, trainable: trainableAbove(model, freezeLayers) };
  if (freezeLayers !== undefined)
    throw new UsageError(
      `${option("lora", true)} freezes all of the model; leave ${option("freezeLayers")} out.`,
      { option: "freezeLayers", value: freezeLayers },
    );
  const settings = resolveLora(model.architecture, lora);
  const orientations = new Set(adaptedMaps(model, settings.targets).map(({ inputsFirst }) => inputsFirst));
  if (orientations.size > 1)
    throw new UsageError(
      `${option("lora.targets")} names matrices of both layouts, which one adapter cannot hold.`,
      { option: "lora.targets", value: settings.targets },
    );
  const adapted = withLora(model, settings);
  const frozen = namesOf(model);
  return {
    model: adapted,
    trainable: new Set([...namesOf(adapted)].filter((name) => !frozen.has(name))),
    adapter: {
      ...settings,
      inputsFirst: orientations.has(true),
      ...(model.predicts === "each" ? { task: "CAUSAL_LM" } : {}),
    },
  };
}

/**
 * The options with every one of LoRA's filled in, as a run records them.
 * @throws UsageError where there is no base whose weights could be frozen, and those of {@link resolveLora}
 */
export function resolveAdaptation(
  options: TrainOptions,
  architecture: Architecture,
  hasBase: boolean,
): TrainOptions {
  const { lora, freezeLayers } = options;
  if (!hasBase && (lora ?? freezeLayers) !== undefined)
    throw new UsageError("Only weights that have learned something are worth freezing: start from a model.", {
      option: lora === undefined ? "freezeLayers" : "lora",
    });
  return lora ? { ...options, lora: resolveLora(architecture, lora) } : options;
}

/**
 * The options of a training that starts from a model.
 * @throws UsageError, also for layers or linear maps that the model does not have
 */
export function finetuneOptionsOf(model: Model, given: Partial<TrainOptions>): TrainOptions {
  const options = resolveFinetuneOptions(given, model);
  adaptModel(model, options);
  return options;
}

/** Parameters outside of the embeddings and the first `layers` layers; all where none are to be frozen. */
function trainableAbove(model: Model, layers: number | undefined): ReadonlySet<string> {
  const names = namesOf(model);
  if (layers === undefined) return names;
  const { blocks, config } = model;
  if (!blocks)
    throw new UsageError(
      `${config.model_type} has no layers that could be frozen; leave ${option("freezeLayers")} out.`,
      { option: "freezeLayers", value: layers },
    );
  if (layers > blocks.length - 1)
    throw new UsageError(
      `${option("freezeLayers", layers)} is beyond the ${blocks.length - 1} layers of the model; 0 freezes its embeddings alone.`,
      { option: "freezeLayers", value: layers, expected: `0 to ${blocks.length - 1}` },
    );
  for (const { name } of blocks.slice(0, layers + 1).flat()) names.delete(name);
  return names;
}

const namesOf = ({ parameters }: Model): Set<string> => new Set(parameters.map(({ name }) => name));
