/**
 * Training steps whose weights, gradients and moments stay in the memory of a device. Batches, dropout masks and a few
 * numbers go there before a step; the loss, the gradient's norm and a carried state come back after it. The arena has
 * what the device has only after a download: for a checkpoint, a validation or a sample.
 */
import { type DeviceArray, float32, type HostArray } from "../core/array.ts";
import { PunchlineError, UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Model, TrainingInput } from "../models/model.ts";
import { add } from "../ops/elementwise.ts";
import { clipped, clipScalars, type GraphOptimizer, type Named, scalarArrays } from "../optim/in-graph.ts";
import { clipGlobalNorm, type Optimizer } from "../optim/optimizer.ts";
import type { Arena } from "../runtime/arena.ts";
import type { Backend } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";
import { discardArrays, Transfer } from "../runtime/transfer.ts";
import { deviceError } from "./device-errors.ts";
import { afterOverflow, afterStep, firstLossScale, type LossScale } from "./loss-scale.ts";
import {
  type Carried,
  lossAndGradients,
  type PassInput,
  type PassRandom,
  TrainingStep,
  type Update,
  type UpdatePlace,
} from "./step.ts";

/**
 * How far the loss and the gradient of the first batch may be from the CPU's, relative to their size: far above the
 * rounding of float32, far below what a wrong kernel gives.
 */
const TOLERANCE = 0.01;
/** The same of a gradient whose products are in 16 bits: eleven bits of each number, and sums of such. */
const HALF_TOLERANCE = 0.1;

type Arrays = Readonly<Record<string, DeviceArray>>;

/** What the device holds between steps. */
interface Resident {
  readonly frozen: Arrays;
  readonly parameters: Arrays;
  readonly moment1: Arrays;
  readonly moment2: Arrays;
}

interface Weights {
  readonly parameters: Named;
  readonly frozen: Named;
  /** Gradients of the batches before, which those of this one are added to. */
  readonly sums?: Named;
  /** The factor on the loss. Default 1. */
  readonly scale?: Tensor;
}

/** What a step on a device is made of. */
export interface DeviceStepParts {
  readonly model: Model;
  readonly backend: Backend;
  /** Names of the parameters that are trained. */
  readonly trainable: readonly string[];
  /** Which of them weight decay applies to. */
  readonly decays: ReadonlySet<string>;
  readonly graph: GraphOptimizer;
  readonly recompute?: boolean | undefined;
  /** Whether products of matrices are in 16 bits; weights, sums and the update stay in 32. Default false. */
  readonly half?: boolean | undefined;
  /** A step on the CPU that the first batch is held to. Default: one on the backend's `reference`. */
  readonly reference?: TrainingStep | undefined;
}

export class DeviceStep extends TrainingStep {
  readonly #parts: DeviceStepParts;
  readonly #pass;
  readonly #update;
  readonly #transfer: Transfer;
  #resident: Resident | undefined;
  #gradients: Arrays | undefined;
  /** Whether the gradients of the batch under way are added to those before. */
  #adding = false;
  /** The factor on the loss of products in 16 bits. */
  #scale: LossScale | undefined;
  /** Whether the first batch was held to the CPU's. */
  #checked = false;
  /** What the arena does not have yet. */
  readonly #changed = { weights: false, moments: false };

  /** @throws UsageError for a model without blocks whose insides are to be computed again */
  constructor(parts: DeviceStepParts) {
    const { model, backend, trainable, decays, graph, recompute = false, half = false } = parts;
    super(model, backend, trainable, recompute, half);
    this.#parts = parts;
    this.#scale = half ? firstLossScale : undefined;
    const compute = lossAndGradients(model, trainable, recompute);
    this.#pass = compile(
      ({ parameters, frozen, sums, scale }: Weights, input: TrainingInput) => {
        const { gradients, ...rest } = compute({ ...frozen, ...parameters }, input, scale);
        return { gradients: sums ? added(gradients, sums) : gradients, ...rest };
      },
      { backend, keep: (path) => path.startsWith("gradients."), whole: true, halfProducts: half },
    );
    this.#update = compile(
      (
        state: Readonly<Record<"parameters" | "moment1" | "moment2", Named>>,
        gradients: Named,
        scalars: Readonly<Record<string, Tensor>> & Readonly<Record<"scale" | "maxNorm", Tensor>>,
      ) => {
        const { gradients: scaled, norm } = clipped(gradients, scalars);
        return { ...graph.update(state, scaled, scalars, decays), norm };
      },
      { backend, keep: (path) => path !== "norm", whole: true },
    );
    this.#transfer = new Transfer(backend);
  }

  override async propose(arena: Arena, _: Optimizer, place: UpdatePlace): Promise<Update> {
    const { frozen, ...state } = await this.#load(arena);
    const { norm: found, ...after } = await this.#updated(arena, place);
    const norm = Number(found.data[0]);
    const scale = this.#scale;
    if (scale && !Number.isFinite(norm)) {
      const smaller = afterOverflow(scale);
      discardArrays(after as never);
      return {
        norm: smaller ? null : norm,
        finite: smaller !== undefined,
        // The step is left out: the weights stay.
        apply: async () => {
          this.#discardGradients();
          this.#scale = smaller;
        },
      };
    }
    return {
      norm,
      finite: Number.isFinite(norm),
      apply: async () => {
        this.#discardGradients();
        discardArrays(state);
        if (scale) this.#scale = afterStep(scale);
        this.#resident = { frozen, ...(after as unknown as Omit<Resident, "frozen">) };
        this.#changed.weights = true;
        this.#changed.moments = true;
      },
    };
  }

  override get lossScale(): LossScale | undefined {
    return this.#scale;
  }

  override set lossScale(scale: LossScale | undefined) {
    if (this.#scale && scale) this.#scale = scale;
  }

  override async download(arena: Arena, what: "weights" | "all"): Promise<void> {
    const resident = this.#resident;
    if (!resident) return;
    const { parameters, moment1, moment2 } = resident;
    try {
      if (this.#changed.weights) await this.#transfer.download({ parameters }, { parameters: arena.trained });
      this.#changed.weights = false;
      if (what === "weights" || !this.#changed.moments) return;
      await this.#transfer.download({ moment1, moment2 }, { moment1: arena.moment1, moment2: arena.moment2 });
      this.#changed.moments = false;
    } catch (error) {
      throw deviceError(error, this.#parts.backend.device, this.#parts.half);
    }
  }

  override async release(): Promise<void> {
    this.#discardGradients();
    if (this.#resident) discardArrays(this.#resident as never);
    this.#resident = undefined;
    await super.release();
    await this.#pass.release();
    await this.#update.release();
    await this.#transfer.release();
  }

  /**
   * Loads the graphs, tries what takes the most memory, and holds the first batch to the CPU.
   * @throws PunchlineError `device-memory`, `device-wrong`
   */
  protected override async prepare(
    arena: Arena,
    input: PassInput,
    random: PassRandom,
    targets: number,
  ): Promise<void> {
    const { backend, model, trainable, recompute, reference: given } = this.#parts;
    const { loss } = await this.pass(arena, input, random);
    if (this.#checked) return;
    this.#checked = true;
    while (!(await this.#tryUpdate(arena, targets))) {
      const smaller = this.#scale && afterOverflow(this.#scale);
      if (!smaller) break;
      this.#scale = smaller;
      await this.pass(arena, input, random);
    }
    const reference = given ? undefined : backend.reference?.();
    const onCpu = given ?? (reference && new TrainingStep(model, reference, trainable, recompute));
    if (!onCpu) return;
    const gradients: Readonly<Record<string, HostArray>> = Object.fromEntries(
      Object.entries(arena.gradients).map(([name, { shape, dtype, data }]) => [
        name,
        { shape, dtype, data: new Float32Array(data.length) },
      ]),
    );
    try {
      await this.#transfer.download({ gradients: this.#gradients ?? {} }, { gradients });
      const expected = await onCpu.pass(arena, input, random);
      const wanted = Number(expected.loss.data[0]);
      const found = Number(loss.data[0]);
      const off = distance(gradients, arena.gradients, 1 / (this.#scale?.factor ?? 1));
      const most = this.#scale ? HALF_TOLERANCE : TOLERANCE;
      if (Math.abs(found - wanted) <= TOLERANCE * Math.abs(wanted) && off <= most) return;
      const { norm } = clipGlobalNorm(arena, Number.POSITIVE_INFINITY, 1 / targets);
      const gradient = Number.isFinite(off) ? `${(100 * off).toFixed(1)} % off` : "not finite";
      const advice = this.#scale
        ? `This model's numbers may be too large for 16 bits: train with ${option("precision", "f32")}.`
        : `Update the driver of the graphics card, or train with ${option("device", "cpu")}.`;
      throw new PunchlineError(
        "device-wrong",
        `"${backend.device}" computes this model otherwise than the CPU: the first loss is ${(found / targets).toFixed(4)} in place of ${(wanted / targets).toFixed(4)} nats per token, and its gradient is ${gradient}. ${advice}`,
        { details: { loss: found / targets, expected: wanted / targets, gradient: off, norm } },
      );
    } finally {
      if (!given) await onCpu.release();
    }
  }

  override async pass(
    arena: Arena,
    input: PassInput,
    random: PassRandom,
  ): Promise<{ readonly loss: HostArray; readonly state: Carried }> {
    const { parameters, frozen } = await this.#load(arena);
    const sums = this.#adding ? this.#gradients : undefined;
    const scale = this.#scale && float32([], [this.#scale.factor]);
    const weights = { parameters, frozen, ...(sums ? { sums } : {}), ...(scale ? { scale } : {}) };
    try {
      const { gradients, loss, state } = await this.#pass.run([weights, input], { random });
      this.#discardGradients();
      this.#gradients = gradients as unknown as Arrays;
      return { loss, state: state as Carried };
    } catch (error) {
      throw deviceError(error, this.#parts.backend.device, this.#parts.half);
    }
  }

  protected override accumulate(): void {
    this.#adding = true;
  }

  protected override addAccumulated(): void {
    this.#adding = false;
  }

  /** Weights and moments after the gradients that are there, next to those before. */
  async #updated(arena: Arena, place: UpdatePlace) {
    const { graph, backend } = this.#parts;
    const { frozen: _, ...state } = await this.#load(arena);
    const divisor = place.targets * (this.#scale?.factor ?? 1);
    const scalars = { ...graph.scalars(place), ...clipScalars(divisor, place.clip) };
    return this.#update(state, this.#gradients ?? {}, scalarArrays(scalars) as never).catch(
      (error: unknown) => {
        throw deviceError(error, backend.device, this.#parts.half);
      },
    );
  }

  /** Takes the memory of an update and gives it back. @returns whether the gradient is finite */
  async #tryUpdate(arena: Arena, targets: number): Promise<boolean> {
    const { norm, ...after } = await this.#updated(arena, { step: 1, lr: 0, clip: 1, targets });
    discardArrays(after as never);
    return Number.isFinite(Number(norm.data[0]));
  }

  /** What the device holds, from the arena at first. */
  async #load(arena: Arena): Promise<Resident> {
    if (this.#resident) return this.#resident;
    const { parameters, trained, moment1, moment2 } = arena;
    const frozen = Object.fromEntries(Object.entries(parameters).filter(([name]) => !(name in trained)));
    try {
      this.#resident = await this.#transfer.upload({ frozen, parameters: trained, moment1, moment2 });
    } catch (error) {
      throw deviceError(error, this.#parts.backend.device, this.#parts.half);
    }
    return this.#resident;
  }

  #discardGradients(): void {
    discardArrays({ gradients: this.#gradients ?? {} });
    this.#gradients = undefined;
  }
}

const added = (gradients: Named, sums: Named): Named =>
  Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, add(g, sums[name]!)]));

/** ‖factor · a - b‖ / ‖b‖ over all arrays together. */
function distance(
  a: Readonly<Record<string, HostArray>>,
  b: Readonly<Record<string, HostArray>>,
  factor: number,
): number {
  let off = 0;
  let size = 0;
  for (const [name, { data }] of Object.entries(b)) {
    const found = a[name]!.data;
    for (let i = 0; i < data.length; i++) {
      const wanted = Number(data[i]);
      off += (factor * Number(found[i]) - wanted) ** 2;
      size += wanted ** 2;
    }
  }
  return Math.sqrt(off / Math.max(size, Number.MIN_VALUE));
}

/** The optimiser over graphs. @throws UsageError where it has none */
export function graphOf({ graph }: Optimizer, name: string, device: string): GraphOptimizer {
  if (graph) return graph;
  throw new UsageError(
    `${option("optimizer", name)} does not run on "${device}"; choose another, or ${option("device", "cpu")}.`,
    { option: "optimizer", value: name },
  );
}
