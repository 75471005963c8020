/**
 * The steps of a training as all ranks take them together; of one process, all that there is to do.
 *
 * Each rank computes the gradient of its rows of the batch, the gradients are added up in the arena, and every rank makes the
 * same update of the same weights. Rank 0 gives the orders, {@link Team.update} and the others; the other ranks
 * {@link Team.obey} them.
 */
import { PunchlineError } from "../core/errors.ts";
import type { BatchSource } from "../data/batches/batch.ts";
import { shareOfBatches } from "../data/batches/share.ts";
import type { Model } from "../models/model.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { agreed, attempt, Lead, type Order, partOf, type Ranks } from "../ranks/ranks.ts";
import type { Arena } from "../runtime/arena.ts";
import type { Backend } from "../runtime/backend.ts";
import type { BatchRows } from "../runtime/compile.ts";
import { checkFinite } from "./divergence.ts";
import type { TrainOptions } from "./options.ts";
import { OuterStep } from "./outer.ts";
import { learningRateAt } from "./plan.ts";
import { Validation, type ValidationSplit } from "./scoring.ts";
import type { Carried, TrainingStep, UpdatePlace } from "./step.ts";

export interface TeamParts {
  readonly model: Model;
  readonly arena: Arena;
  readonly backend: Backend;
  readonly optimizer: Optimizer;
  /** Whole batches. */
  readonly batches: BatchSource;
  readonly step: TrainingStep;
  readonly options: TrainOptions;
  readonly validation: ValidationSplit;
  readonly signal?: AbortSignal | undefined;
  readonly lead?: Lead | undefined;
  /** Of an earlier session: what whole batches carry, and the momentum of outer steps. */
  readonly carried?: Carried | undefined;
  readonly outer?: readonly Float32Array[] | undefined;
}

/** Which steps to take. */
export interface Stretch {
  /** The first one, counted from 1. */
  readonly step: number;
  /** How many; more than one only where ranks average seldom. */
  readonly count: number;
  /** Steps of the whole training; null where they are not known yet. */
  readonly planned: number | null;
}

/** Sums over the stretch, of all ranks, and the last step's learning rate and gradient norm. */
export interface StretchSums {
  readonly nats: number;
  readonly targets: number;
  readonly lr: number;
  /** Null where the step is left out. */
  readonly norm: number | null;
}

/** What a step has come to before the weights change. */
export interface StepCheck {
  readonly step: number;
  readonly loss: number;
  /** Null where the step is left out. */
  readonly norm: number | null;
  readonly finite: boolean;
  readonly lr: number;
}

/** Only rank 0 knows of checkpoints. */
const NO_CHECKPOINT = -1;

/** Orders of rank 0. */
export const orders = { job: 1, update: 2, validate: 3, gather: 4 } as const;

/** The rows of a batch that a rank reads. */
export const rowsOf = (ranks: Pick<Ranks, "rank" | "size">, of: number): BatchRows => ({
  ...partOf(of, ranks),
  of,
});

export class Team {
  readonly #parts: TeamParts;
  readonly #lead: Lead;
  readonly #ranks: Ranks;
  readonly #rows: BatchRows;
  /** This rank's rows of the batches. */
  readonly batches: BatchSource;
  readonly #validation: Validation;
  readonly #outer: OuterStep | undefined;
  #carried: Carried;

  constructor(parts: TeamParts) {
    const { model, backend, validation, options, signal, lead = new Lead(), step, arena, carried } = parts;
    this.#parts = parts;
    this.#lead = lead;
    this.#ranks = lead.ranks;
    this.#rows = rowsOf(this.#ranks, options.batchSize);
    this.batches = shareOfBatches(parts.batches, this.#rows);
    this.#carried = carried ? ownRows(carried, this.#rows) : step.freshCarry(this.#rows.to - this.#rows.from);
    this.#validation = new Validation(model, backend, validation, {
      length: options.seqLen,
      signal,
      ranks: this.#ranks,
    });
    this.#outer = options.syncEvery === undefined ? undefined : new OuterStep(arena, parts.outer);
  }

  /** The momentum of outer steps, for a checkpoint. */
  get outer(): readonly Float32Array[] | undefined {
    return this.#outer?.velocities;
  }

  /**
   * Takes steps, on all ranks.
   * @param check throws before the weights change, where they should not
   */
  async update(stretch: Stretch, check: (now: StepCheck) => void): Promise<StretchSums> {
    const { step, count, planned } = stretch;
    await this.#lead.order(orders.update, step, count, planned ?? -1);
    return this.#outer ? this.#alone(this.#outer, stretch, check) : this.#together(stretch, check);
  }

  /** The loss on the validation split; null without one. */
  async validate(): Promise<number | null | "interrupted"> {
    if (this.#validation.isDivided) await this.#lead.order(orders.validate);
    return this.#validation.score(this.#parts.arena.parameters);
  }

  /** What all rows of the batch carry. */
  async gather(): Promise<Carried> {
    if (this.#ranks.size === 1) return this.#carried;
    await this.#lead.order(orders.gather);
    return this.#gathered();
  }

  async release(): Promise<void> {
    await this.#validation.release();
  }

  /** What a rank other than 0 does when it is ordered to. */
  get obey(): Readonly<Record<number, (order: Order) => Promise<void>>> {
    return {
      [orders.update]: async (order) => {
        const [, step, count, planned] = order as unknown as [number, number, number, number];
        const stretch = { step, count, planned: planned < 0 ? null : planned };
        const sound = (now: StepCheck) => checkFinite(now, NO_CHECKPOINT);
        try {
          await (this.#outer ? this.#alone(this.#outer, stretch, sound) : this.#together(stretch, sound));
        } catch (error) {
          // Rank 0 has seen the same numbers, or was sent the error, and gives no other order of this training.
          if (!(error instanceof PunchlineError && error.code === "diverged")) throw error;
        }
      },
      [orders.validate]: async () => {
        await this.#validation.score(this.#parts.arena.parameters);
      },
      [orders.gather]: async () => {
        await this.#gathered();
      },
    };
  }

  /** One step with the gradient of all ranks. */
  async #together({ step, planned }: Stretch, check: (now: StepCheck) => void): Promise<StretchSums> {
    const { nats, targets } = await this.#summed(() => this.#pass(step, planned));
    if (this.#ranks.size > 1)
      for (const shard of this.#parts.arena.flat("gradients")) await this.#ranks.sum(shard);
    const lr = learningRateAt(this.#parts.options, planned, step);
    const norm = await this.#apply({ step, lr, targets }, nats / targets, check);
    return { nats, targets, lr, norm };
  }

  /** Several steps with the gradients of this rank, and then one of all. */
  async #alone(
    outer: OuterStep,
    { step: first, count, planned }: Stretch,
    check: (now: StepCheck) => void,
  ): Promise<StretchSums> {
    let norm: number | null = 0;
    let lr = 0;
    const sums = await this.#summed(async () => {
      const own = { nats: 0, targets: 0 };
      for (let step = first; step < first + count; step++) {
        const { nats, targets } = await this.#pass(step, planned);
        // Of masked models, a few rows may have nothing hidden.
        const counted = Math.max(1, targets);
        lr = learningRateAt(this.#parts.options, planned, step);
        norm = await this.#apply({ step, lr, targets: counted }, nats / counted, check);
        own.nats += nats;
        own.targets += targets;
      }
      return own;
    });
    await outer.take(this.#ranks, (this.#rows.to - this.#rows.from) / this.#rows.of);
    return { ...sums, lr, norm };
  }

  /** Changes the weights by the gradient that is there. @returns its norm; null where the step was left out */
  async #apply(
    place: Omit<UpdatePlace, "clip">,
    loss: number,
    check: (now: StepCheck) => void,
  ): Promise<number | null> {
    const { arena, optimizer, options, step: pass } = this.#parts;
    const clip = options.clip > 0 ? options.clip : Infinity;
    const { norm, finite, apply } = await pass.propose(arena, optimizer, { ...place, clip });
    check({ step: place.step, loss, norm, finite, lr: place.lr });
    await apply();
    return norm;
  }

  /** The gradient of this rank's rows, in the arena. */
  async #pass(step: number, planned: number | null): Promise<{ nats: number; targets: number }> {
    const { arena, options } = this.#parts;
    const { seed, accumulate } = options;
    const { nats, targets, carried } = await this.#parts.step.run(arena, this.batches, this.#carried, {
      seed,
      step,
      accumulate,
      progress: planned ? Math.min(1, (step - 1) / planned) : 0,
      rows: this.#rows,
    });
    this.#carried = carried;
    return { nats, targets };
  }

  /** The sums of all ranks. @throws on all of them, where the work has failed on one */
  async #summed(
    work: () => Promise<{ nats: number; targets: number }>,
  ): Promise<{ nats: number; targets: number }> {
    if (this.#ranks.size === 1) return work();
    const outcome = await attempt(work);
    const { nats, targets } = "value" in outcome ? outcome.value : { nats: 0, targets: 0 };
    const sums = Float64Array.of(nats, targets, "error" in outcome ? 1 : 0);
    await this.#ranks.sum(sums);
    if (sums[2]! > 0) await agreed(this.#ranks, outcome);
    return { nats: sums[0]!, targets: sums[1]! };
  }

  async #gathered(): Promise<Carried> {
    const { from, to, of } = this.#rows;
    const whole: Record<string, Carried[string]> = {};
    for (const [name, { shape, data }] of Object.entries(this.#carried)) {
      const size = data.length / (to - from);
      const all = new Float32Array(size * of);
      all.set(data as Float32Array, from * size);
      await this.#ranks.sum(all);
      whole[name] = { dtype: "float32", shape: [of, ...shape.slice(1)], data: all };
    }
    return whole;
  }
}

/** Some rows of what whole batches carry. */
function ownRows(carried: Carried, { from, to, of }: BatchRows): Carried {
  if (to - from === of) return carried;
  return Object.fromEntries(
    Object.entries(carried).map(([name, { shape, data }]) => {
      const size = data.length / of;
      const own = data.slice(from * size, to * size) as Float32Array<ArrayBuffer>;
      return [name, { dtype: "float32" as const, shape: [to - from, ...shape.slice(1)], data: own }];
    }),
  );
}
