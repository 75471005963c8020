/** Where each parameter, gradient and moment lies: tensors to places in as few shards as hold them. */
import { sizeOf } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";

export interface ArenaEntry {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether weight decay applies. */
  readonly decay: boolean;
  /** Default true. A frozen parameter has neither gradient nor moments. */
  readonly trainable?: boolean | undefined;
  /** Whether Muon updates it, a matrix that decays: it has one moment, whatever the arena has. Default false. */
  readonly orthogonal?: boolean | undefined;
}

/** A tensor's place, in elements from the shard's first parameter. */
export interface Place {
  readonly entry: ArenaEntry;
  readonly offset: number;
}

/**
 * One shard: the parameters, then as many copies of the trainable part as the plan asks for. Those that Muon updates
 * come first, then other trainable parameters with decay, then those without, then the frozen ones; each part is
 * contiguous.
 */
export interface ShardPlan {
  readonly places: readonly Place[];
  /** Elements of each part, padding included. */
  readonly orthogonal: number;
  readonly decayed: number;
  readonly undecayed: number;
  readonly frozen: number;
}

/** Elements of a cache line: every tensor is padded to whole ones. */
const line = 16;

const parts = ["orthogonal", "decayed", "undecayed", "frozen"] as const;
type Part = (typeof parts)[number];

/** How many arrays each trained parameter needs besides itself: gradient and moments. */
export type Copies = Readonly<Record<"orthogonal" | "others", number>>;

/**
 * @param capacity elements of one shard
 * @throws {UsageError} for a name used twice, or a tensor that no shard holds
 */
export function planArena(layout: readonly ArenaEntry[], copies: Copies, capacity: number): ShardPlan[] {
  const twice = layout.find(({ name }, i) => layout.findIndex((other) => other.name === name) < i)?.name;
  if (twice !== undefined)
    throw new UsageError(`Two parameters are named "${twice}"; names must differ.`, { name: twice });
  const shards: {
    -readonly [K in keyof ShardPlan]: ShardPlan[K] & (K extends "places" ? Place[] : number);
  }[] = [];
  let left = 0;
  for (const part of parts) {
    const copied = part === "frozen" ? 0 : part === "orthogonal" ? copies.orthogonal : copies.others;
    for (const entry of layout) {
      if (partOf(entry) !== part) continue;
      const size = Math.ceil(sizeOf(entry.shape) / line) * line;
      const needed = size * (1 + copied);
      if (needed > capacity) refuseTooLarge(entry, needed, capacity);
      if (shards.length === 0 || needed > left) {
        shards.push({ places: [], orthogonal: 0, decayed: 0, undecayed: 0, frozen: 0 });
        left = capacity;
      }
      const shard = shards.at(-1)!;
      shard.places.push({ entry, offset: parts.reduce((sum, name) => sum + shard[name], 0) });
      shard[part] += size;
      left -= needed;
    }
  }
  return shards;
}

function partOf({ decay, trainable = true, orthogonal = false }: ArenaEntry): Part {
  if (!trainable) return "frozen";
  if (orthogonal) return "orthogonal";
  return decay ? "decayed" : "undecayed";
}

function refuseTooLarge({ name, shape }: ArenaEntry, needed: number, capacity: number): never {
  throw new UsageError(
    `Parameter "${name}" [${shape.join(", ")}] needs ${needed * 4} bytes with its gradient and moments, ` +
      `and one memory holds ${capacity * 4}: split the tensor, freeze it, or take an optimiser with fewer moments.`,
    { name, shape },
  );
}
