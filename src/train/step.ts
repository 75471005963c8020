/** The forward and backward pass of one training step, batches in, loss and gradients out; and the memory that it needs. */
import { gradients } from "../autodiff/grad.ts";
import { float32, type HostArray } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { type BatchSource, type TokenBatch, tensorsOf } from "../data/batches/batch.ts";
import { mostMasked } from "../data/batches/masking.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import { carriesState, type Model, objective, type TrainingInput, zeroState } from "../models/model.ts";
import { withoutRows } from "../models/state.ts";
import { training } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { multiply } from "../ops/elementwise.ts";
import { clipGlobalNorm, type Optimizer } from "../optim/optimizer.ts";
import type { Arena } from "../runtime/arena.ts";
import type { Backend } from "../runtime/backend.ts";
import { type BatchRows, compile } from "../runtime/compile.ts";
import type { LossScale } from "./loss-scale.ts";
import type { TrainOptions } from "./options.ts";

/** Tensors carried from batch to batch, by name; empty for a model that carries none. */
export type Carried = Readonly<Record<string, HostArray>>;

export interface StepSums {
  /** Sum of the losses of all targets. */
  readonly nats: number;
  readonly targets: number;
  readonly carried: Carried;
}

export interface StepPlace {
  readonly seed: number;
  /** Number of the step, from 1. */
  readonly step: number;
  /** Batches whose gradients are added up. */
  readonly accumulate: number;
  /** Share of the training that is done, 0 to 1. */
  readonly progress: number;
  /** The rows of the whole batch that the batches are. Default: all. */
  readonly rows?: BatchRows | undefined;
}

/** Most runs by which the speed of a step is measured, and the time after which there is not another. */
const MEASURE_SECONDS = 1;
const MEASURE_RUNS = 3;

/** What an update takes besides gradients. */
export interface UpdatePlace {
  /** Number of the step, from 1. */
  readonly step: number;
  readonly lr: number;
  /** Largest global norm of the gradient; Infinity for any. */
  readonly clip: number;
  /** What the summed gradients are divided by. */
  readonly targets: number;
}

/** New weights that are not yet taken: who finds that the gradient is finite applies them. */
export interface Update {
  /** The L2 norm of the mean gradient, before clipping; null where the step is left out, and the weights stay. */
  readonly norm: number | null;
  readonly finite: boolean;
  apply(): Promise<void>;
}

/** The compiled pass. It writes summed gradients into an arena: who uses them divides by the targets. */
export class TrainingStep {
  readonly #model: Model;
  readonly #pass;

  /**
   * @param trainable names of the parameters whose gradients are wanted
   * @param recompute whether the backward pass computes the inside of blocks again. Default false.
   * @param half whether products of matrices are in 16 bits. Default false.
   * @throws UsageError for a model without blocks
   */
  constructor(model: Model, backend: Backend, trainable: readonly string[], recompute = false, half = false) {
    if (recompute && !model.blocks)
      throw new UsageError(
        `${model.config.model_type} has no blocks to compute again; leave ${option("recompute")} out.`,
        { option: "recompute", value: true },
      );
    this.#model = model;
    this.#pass = compile(lossAndGradients(model, trainable, recompute), { backend, halfProducts: half });
  }

  /**
   * Bytes that a batch of these sizes takes, parameters and gradients not counted.
   * @param packed whether a row holds several documents
   * @param share of the tokens, how many a masked model predicts
   */
  memory(batch: number, length: number, packed = false, share?: number): number {
    const shape = [batch, length];
    const ids: Spec = { dtype: "int32", shape };
    const masked = this.#model.predicts === "masked";
    const predicted: Spec = masked ? { dtype: "int32", shape: [mostMasked(batch * length, share)] } : ids;
    const { parameters, needsProgress } = this.#model;
    return this.#pass.memory(
      Object.fromEntries(parameters.map(({ name, shape }) => [name, { dtype: "float32", shape }])),
      {
        ids,
        targets: predicted,
        ...(masked ? { at: predicted } : {}),
        ...(packed || masked
          ? { weights: { ...predicted, dtype: "float32" }, positions: ids, documents: ids }
          : {}),
        ...(needsProgress ? { progress: { dtype: "float32", shape: [] } } : {}),
        state: carriesState(this.#model) ? this.#model.state(batch) : {},
      },
    );
  }

  /** The sums over the next batches; the sums of their gradients are in the arena. */
  async run(arena: Arena, batches: BatchSource, carried: Carried, place: StepPlace): Promise<StepSums> {
    const { accumulate, step } = place;
    let state = carried;
    let nats = 0;
    let targets = 0;
    for (let micro = 0; micro < accumulate; micro++) {
      const batch = batches.next();
      const { fresh, restarts = [] } = batch;
      if (fresh) state = this.freshCarry(batch.batch);
      else if (restarts.length > 0) state = withoutRows(state, restarts);
      const draw = (step - 1) * accumulate + micro;
      const result = await this.pass(arena, this.inputOf(batch, state, place), {
        seed: place.seed,
        step: draw,
        rows: place.rows,
      });
      state = result.state;
      nats += Number(result.loss.data[0]);
      targets += batch.targets;
      if (micro < accumulate - 1) this.accumulate(arena);
    }
    if (accumulate > 1) this.addAccumulated(arena);
    return { nats, targets, carried: state };
  }

  /** Seconds that a step takes without its update, the fastest of a few runs. Only gradients are written. */
  async measure(arena: Arena, batches: BatchSource, place: StepPlace): Promise<number> {
    const before = batches.state();
    const batch = batches.next();
    batches.restore(before);
    const carried = this.freshCarry(batch.batch);
    const input = this.inputOf(batch, carried, place);
    await this.prepare(arena, input, { seed: place.seed, step: 0 }, batch.targets);
    let total = 0;
    let fastest = Infinity;
    for (let runs = 0; runs < MEASURE_RUNS && total < MEASURE_SECONDS; runs++) {
      const begun = performance.now();
      await this.pass(arena, input, { seed: place.seed, step: 0 });
      const seconds = (performance.now() - begun) / 1000;
      fastest = Math.min(fastest, seconds);
      total += seconds;
    }
    return fastest * place.accumulate;
  }

  /** Zeros for what is carried. */
  freshCarry(batch: number): Carried {
    return carriesState(this.#model) ? zeroState(this.#model.state(batch)) : {};
  }

  release(): Promise<void> {
    return this.#pass.release();
  }

  /** The weights after these gradients, and moments with them. */
  async propose(
    arena: Arena,
    optimizer: Optimizer,
    { step, lr, clip, targets }: UpdatePlace,
  ): Promise<Update> {
    const { norm, gradScale, finite } = clipGlobalNorm(arena, clip, 1 / targets);
    return { norm, finite, apply: async () => optimizer.step(arena, { step, lr, gradScale }) };
  }

  /** The factor on the loss, where the step has one. */
  get lossScale(): LossScale | undefined {
    return undefined;
  }

  /** Goes on with the factor of a checkpoint. */
  set lossScale(_: LossScale | undefined) {}

  /** Brings weights, or moments as well, to the arena, where they are elsewhere. */
  async download(_arena: Arena, _what: "weights" | "all"): Promise<void> {}

  /** Loads what a first pass needs. @param _targets of the batch */
  protected async prepare(
    arena: Arena,
    input: PassInput,
    _random: PassRandom,
    _targets: number,
  ): Promise<void> {
    await this.#pass.prepare(arena.parameters, input);
  }

  /** Loss and state of one batch; its gradients are where {@link propose} finds them. */
  pass(
    arena: Arena,
    input: PassInput,
    random: PassRandom,
  ): Promise<{ readonly loss: HostArray; readonly state: Carried }> {
    return this.#pass.run([arena.parameters, input], { into: { gradients: arena.gradients }, random });
  }

  protected accumulate(arena: Arena): void {
    arena.accumulate();
  }

  protected addAccumulated(arena: Arena): void {
    arena.addAccumulated();
  }

  protected inputOf(batch: TokenBatch, state: Carried, { progress }: Pick<StepPlace, "progress">) {
    return {
      ...tensorsOf(batch),
      ...(this.#model.needsProgress ? { progress: float32([], [progress]) } : {}),
      state,
    };
  }
}

/** What one pass reads besides weights. */
export type PassInput = ReturnType<typeof tensorsOf> & {
  readonly progress?: HostArray;
  readonly state: Carried;
};

/** Where the dropout masks of a pass begin. */
export interface PassRandom {
  readonly seed: number;
  readonly step: number;
  readonly rows?: BatchRows | undefined;
}

/** The forward and backward pass over one batch. The gradients are those of the loss times `scale`. */
export const lossAndGradients =
  (model: Model, trainable: readonly string[], recompute: boolean) =>
  (parameters: Parameters, input: TrainingInput, scale?: Tensor) => {
    const { loss, reported = loss, state } = objective(model, parameters, input, training({ recompute }));
    const found = gradients(
      scale ? multiply(loss, scale) : loss,
      trainable.map((name) => parameters[name]!),
    );
    // The loss after the gradients: the runtime starts at the end, and soon frees what the loss alone needs.
    return {
      gradients: Object.fromEntries(trainable.map((name, i) => [name, found[i]!])),
      state,
      loss: reported,
    };
  };

/** What the runtime's memory pool takes for a byte that is alive: it orders nodes in its own way, and leaves gaps. */
const POOL_FACTOR = 1.5;
/** Sessions, the graphs of validation and samples, and the growth of the JavaScript heap. */
const BESIDES = 60e6;

/** How many numbers a model has, and how many of them are trained. */
export interface ParameterCounts {
  readonly total: number;
  readonly trainable: number;
}

/** Bytes that the process holds now, and that the machine can give it besides. */
export interface Machine {
  readonly held: number;
  readonly available: number;
}

/** Another way to train the same model in less memory. */
export interface Alternative {
  /** The option that chooses it, as sentences name it. */
  readonly choice: string;
  readonly trainable: number;
  /** Bytes that a batch takes, parameters and gradients not counted. */
  memory(): number;
}

/**
 * Estimated bytes of the process at the peak of the training: what it holds now; parameters; gradients and
 * moments of those that are trained; the values of one step by their lifetimes; and a fixed rest.
 *
 * The peak of the resident set on Linux was 0.6 to 1.4 of this over char-lstm, -cnn, -transformer, word-lstm and gpt2 of
 * up to 124 million parameters; unrolled recurrent layers and recomputed blocks take more, the others less. To measure
 * again, and compare with the figure that it prints: `/usr/bin/time -f %M punchline train --steps 3 --out DIR ...`.
 * @param alternatives what to suggest where they fit and this does not
 * @param machine default: as Node says it
 * @throws UsageError where not even a pool without gaps would fit, with what would
 */
export function estimateMemory(
  { total, trainable }: ParameterCounts,
  optimizer: Pick<Optimizer, "moments" | "memory">,
  step: Pick<TrainingStep, "memory">,
  { batchSize, seqLen, accumulate, packing, maskShare }: TrainOptions,
  alternatives: readonly Alternative[] = [],
  machine: Machine = { held: process.memoryUsage.rss(), available: process.availableMemory() },
): number {
  const { held, available } = machine;
  const copies = 1 + optimizer.moments + (accumulate > 1 ? 1 : 0);
  const fixedFor = (trained: number) =>
    4 * (total + copies * trained) + (optimizer.memory?.() ?? 0) + BESIDES;
  const fixed = fixedFor(trainable);
  const alive = step.memory(batchSize, seqLen, packing === "blocks", maskShare);
  if (fixed + alive > available) {
    const fitting = Math.floor((batchSize * (available - fixed)) / (POOL_FACTOR * alive));
    const others = alternatives
      .filter((other) => fixedFor(other.trainable) + POOL_FACTOR * other.memory() <= available)
      .map(({ choice }) => choice);
    if (fitting >= 1) others.unshift(`a ${option("batchSize")} of ${fitting}`);
    const advice =
      others.length > 0
        ? `${others.join(" or ")} would fit, or a shorter ${option("seqLen")}, or a smaller model`
        : `take a shorter ${option("seqLen")} or a smaller model, such as a lower ${option("width")}`;
    throw new UsageError(
      `This training needs at least ${gigabytes(fixed + alive)} of memory and ${gigabytes(available)} are free: ${advice}.`,
      { needed: fixed + alive, available },
    );
  }
  return held + fixed + POOL_FACTOR * alive;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
