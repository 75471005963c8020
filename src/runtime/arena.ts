/**
 * All of a model's parameters, gradients and moments, flat in memory that the optimiser's kernels run
 * over in one call, and that ONNX Runtime reads and writes in place through the views by name.
 *
 * @example
 * const arena = Arena.create(model.parameters, { moments: 2 });
 * await step.run([arena.parameters, batch], { into: { gradients: arena.gradients } });
 * optimizer.step(arena, { step: 1, lr: 1e-3, gradScale: 1 });
 */
import { float32, type HostArray, sizeOf } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import { checkOptions, optionNames } from "../core/options.ts";
import { alignment, KernelMemory, maximumBytes } from "./arena-memory.ts";
import { type ArenaEntry, type Copies, planArena, type ShardPlan } from "./arena-plan.ts";
import type { Kernels } from "./kernels.generated.ts";

export type { ArenaEntry } from "./arena-plan.ts";

export interface ArenaOptions {
  /** Arrays of state a trainable parameter needs: none, SGD's momentum, or Adam's two moments. */
  readonly moments: 0 | 1 | 2;
  /** Whether to keep a running sum of gradients as well. Default false. */
  readonly accumulate?: boolean | undefined;
  /** Bytes of the largest shard, for systems that give no more in one piece. Default: a page less than 4 GiB. */
  readonly shardBytes?: number | undefined;
}

const arenaNames = optionNames<keyof ArenaOptions>()("moments accumulate shardBytes");

/** By name, in the order of the layout. */
export type Views = Readonly<Record<string, HostArray<"float32">>>;

const regionNames = ["parameters", "gradients", "moment1", "moment2", "accumulation"] as const;
export type ArenaRegion = (typeof regionNames)[number];

const byRegion = <T>(of: (region: ArenaRegion) => T): Record<ArenaRegion, T> =>
  Object.fromEntries(regionNames.map((region) => [region, of(region)])) as Record<ArenaRegion, T>;

/**
 * Trainable parameters that lie together and share their weight decay, padding (zeros, which stay zeros)
 * included. By region: where it starts, a pointer for the kernels; 0 for a region that the arena lacks.
 */
export interface ArenaRange extends Readonly<Record<ArenaRegion, number>> {
  readonly kernels: Kernels;
  readonly decay: boolean;
  /** Whether Muon updates them; they have no second moment. */
  readonly orthogonal: boolean;
  /** Elements. */
  readonly length: number;
}

export class Arena {
  readonly moments: 0 | 1 | 2;
  readonly parameters: Views;
  /** Those of the parameters that are trainable. */
  readonly trained: Views;
  /** Of the trainable parameters only, like the moments. */
  readonly gradients: Views;
  /** Empty where the arena was created with fewer moments. */
  readonly moment1: Views;
  readonly moment2: Views;
  readonly ranges: readonly ArenaRange[];
  /** Bytes of all shards. */
  readonly bytes: number;
  readonly #accumulates: boolean;
  readonly #regions: Readonly<Record<ArenaRegion, readonly Float32Array[]>>;

  private constructor(layout: readonly ArenaEntry[], shards: readonly Shard[], options: ArenaOptions) {
    this.moments = options.moments;
    this.#accumulates = options.accumulate === true;
    this.parameters = views(layout, shards, "parameters");
    this.trained = views(
      layout.filter(({ trainable }) => trainable !== false),
      shards,
      "parameters",
    );
    this.gradients = views(layout, shards, "gradients");
    this.moment1 = views(layout, shards, "moment1");
    this.moment2 = views(layout, shards, "moment2");
    this.ranges = shards.flatMap(rangesOf);
    this.bytes = shards.reduce((sum, { memory }) => sum + memory.buffer.byteLength, 0);
    this.#regions = byRegion((name) => shards.flatMap(({ regions }) => regions[name] ?? []));
  }

  /**
   * Reserves everything at once, as zeros.
   *
   * @throws {UsageError} for a name used twice, or a tensor larger than a shard
   * @throws {PunchlineError} `memory` where the system does not give as much
   */
  static create(layout: readonly ArenaEntry[], options: ArenaOptions): Arena {
    checkOptions(options, arenaNames);
    const others = 1 + options.moments + (options.accumulate ? 1 : 0);
    const copies = { others, orthogonal: options.moments > 1 ? others - 1 : others };
    const capacity = Math.floor((options.shardBytes ?? maximumBytes) / 4);
    const shards = planArena(layout, copies, capacity).map((plan) => reserve(plan, copies, options));
    return new Arena(layout, shards, options);
  }

  /**
   * A region as it lies in memory, one array a shard: for an all-reduce, a checksum or a copy.
   * Trainable parameters come first; the parameters' own region ends with the frozen ones.
   */
  flat(region: ArenaRegion): readonly Float32Array[] {
    return this.#regions[region];
  }

  /** Adds the gradients to the running sum: after each micro-batch but the last. Needs `accumulate: true`. */
  accumulate(): void {
    this.#requireAccumulation();
    for (const { kernels, accumulation, gradients, length } of this.ranges) {
      kernels.axpy(accumulation, gradients, length, 1);
    }
  }

  /** Adds the running sum to the gradients, and empties it: after the last micro-batch. */
  addAccumulated(): void {
    this.#requireAccumulation();
    for (const { kernels, accumulation, gradients, length } of this.ranges) {
      kernels.axpy(gradients, accumulation, length, 1);
      kernels.zero(accumulation, length);
    }
  }

  #requireAccumulation(): void {
    if (!this.#accumulates)
      throw new UsageError("To accumulate gradients, create the arena with `accumulate: true`.");
  }
}

interface Shard {
  readonly plan: ShardPlan;
  readonly memory: KernelMemory;
  readonly regions: Readonly<Partial<Record<ArenaRegion, Float32Array>>>;
}

/** The order in which a shard's copies lie: parameters first, frozen ones at their end. */
function reserve(plan: ShardPlan, copies: Copies, options: ArenaOptions): Shard {
  const others = plan.decayed + plan.undecayed;
  const trainable = plan.orthogonal + others;
  const parameters = trainable + plan.frozen;
  const elements = parameters + copies.orthogonal * plan.orthogonal + copies.others * others;
  const memory = new KernelMemory(elements * 4 + alignment);
  const regions: Partial<Record<ArenaRegion, Float32Array>> = { parameters: memory.allocate(parameters) };
  if (trainable > 0) {
    regions.gradients = memory.allocate(trainable);
    if (options.moments > 0) regions.moment1 = memory.allocate(trainable);
    if (options.moments > 1) regions.moment2 = memory.allocate(others);
    if (options.accumulate) regions.accumulation = memory.allocate(trainable);
  }
  return { plan, memory, regions };
}

/** The tensors of one region, in the order of the layout. */
function views(layout: readonly ArenaEntry[], shards: readonly Shard[], region: ArenaRegion): Views {
  const found = new Map<string, HostArray<"float32">>();
  for (const { plan, regions } of shards) {
    const whole = regions[region];
    if (!whole) continue;
    for (const { entry, offset } of plan.places) {
      if (region !== "parameters" && entry.trainable === false) continue;
      const start = offset - before(plan, region);
      if (start < 0) continue;
      const data = whole.subarray(start, start + sizeOf(entry.shape));
      found.set(entry.name, float32(entry.shape, data));
    }
  }
  return Object.fromEntries(
    layout.flatMap(({ name }) => {
      const view = found.get(name);
      return view ? [[name, view] as const] : [];
    }),
  );
}

/** Elements of a shard that come before a region's first: Muon's matrices have no second moment. */
const before = ({ orthogonal }: ShardPlan, region: ArenaRegion): number =>
  region === "moment2" ? orthogonal : 0;

/** The parts of a shard that the optimiser treats alike. */
function rangesOf({ plan, memory, regions }: Shard): ArenaRange[] {
  const part = (start: number, length: number, decay: boolean, orthogonal = false): ArenaRange[] => {
    if (length === 0) return [];
    const at = (region: ArenaRegion) => {
      const place = start - before(plan, region);
      return regions[region] && place >= 0 ? regions[region].byteOffset + place * 4 : 0;
    };
    return [{ kernels: memory.kernels, decay, orthogonal, length, ...byRegion(at) }];
  };
  const { orthogonal, decayed, undecayed } = plan;
  return [
    ...part(0, orthogonal, true, true),
    ...part(orthogonal, decayed, true),
    ...part(orthogonal + decayed, undecayed, false),
  ];
}
