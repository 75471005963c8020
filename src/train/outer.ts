/**
 * Training that averages seldom, for slow links: every rank takes some steps by itself, and then all take one outer step
 * along the mean of where they have come.
 *
 * Source: Douillard et al., "DiLoCo: Distributed Low-Communication Training of Language Models" (2023, arXiv 2311.08105):
 * the outer optimiser is SGD with Nesterov's momentum, at the rate 0.7 and the momentum 0.9 of section 3. Other than there
 * the moments of the inner optimiser are averaged too, so that after an outer step all ranks are in one state, which a
 * checkpoint can hold and any number of ranks can go on from.
 */
import type { Ranks } from "../ranks/ranks.ts";
import type { Arena } from "../runtime/arena.ts";

const RATE = 0.7;
const MOMENTUM = 0.9;

export class OuterStep {
  readonly #arena: Arena;
  /** Where the inner steps began, a shard each. */
  readonly #anchors: readonly Float32Array[];
  /** The momentum of the outer steps, a shard each. */
  readonly velocities: readonly Float32Array[];

  /** @param velocities of an earlier session. Default: zeros. */
  constructor(arena: Arena, velocities?: readonly Float32Array[]) {
    this.#arena = arena;
    this.#anchors = trained(arena).map((shard) => shard.slice());
    this.velocities = velocities ?? this.#anchors.map(({ length }) => new Float32Array(length));
  }

  /** @param share the part of the batch that this rank's inner steps have read, 0 to 1 */
  async take(ranks: Ranks, share: number): Promise<void> {
    for (const region of ["moment1", "moment2"] as const)
      for (const shard of this.#arena.flat(region)) await mean(ranks, shard, share);
    for (const [i, weights] of trained(this.#arena).entries()) {
      await mean(ranks, weights, share);
      const [anchor, velocity] = [this.#anchors[i]!, this.velocities[i]!];
      for (let k = 0; k < weights.length; k++) {
        const gradient = anchor[k]! - weights[k]!;
        const v = MOMENTUM * velocity[k]! + gradient;
        velocity[k] = v;
        const next = anchor[k]! - RATE * (gradient + MOMENTUM * v);
        anchor[k] = next;
        weights[k] = next;
      }
    }
  }
}

/** The trainable parameters, which lie first in each shard. */
const trained = (arena: Arena): Float32Array[] =>
  arena.flat("gradients").map(({ length }, i) => arena.flat("parameters")[i]!.subarray(0, length));

async function mean(ranks: Ranks, values: Float32Array, share: number): Promise<void> {
  if (ranks.size === 1) return;
  for (let k = 0; k < values.length; k++) values[k]! *= share;
  await ranks.sum(values);
}
