/** How long a training lasts, how its learning rate goes, what falls due on the way, and the clock that it goes by. */
import type { BatchSource } from "../data/batches/batch.ts";
import { schedule } from "../optim/schedule.ts";
import type { TrainOptions } from "./options.ts";

/** Steps of a training that is given no limit at all. */
export const DEFAULT_STEPS = 2000;
/** Validations of a training, unless it says how often. */
const PARTS = 20;
/** Fewest steps between validations, unless it says how often. */
const FEWEST = 25;

/** Whether the time limit alone ends the training. */
export const isTimed = ({ steps, epochs, maxMinutes }: TrainOptions): boolean =>
  steps === undefined && epochs === undefined && maxMinutes !== undefined;

/** Steps planned by the options alone; null where a time limit has to be measured first. */
export function plannedSteps(options: TrainOptions, batches: BatchSource): number | null {
  const { steps, epochs, maxMinutes, accumulate } = options;
  if (steps !== undefined) return steps;
  if (epochs !== undefined) {
    const perStep = batches.targetsPerBatch * accumulate;
    return Math.max(1, Math.ceil((epochs * batches.targetsPerEpoch) / perStep));
  }
  return maxMinutes === undefined ? DEFAULT_STEPS : null;
}

/** Passes over the training split that so many steps are. */
export const epochsOf = (
  { accumulate }: Pick<TrainOptions, "accumulate">,
  steps: number,
  { targetsPerBatch, targetsPerEpoch }: Pick<BatchSource, "targetsPerBatch" | "targetsPerEpoch">,
): number => (steps * accumulate * targetsPerBatch) / targetsPerEpoch;

/** Steps of rising learning rate: as given, or 100 but at most a tenth of all. */
function warmupSteps({ warmup }: TrainOptions, steps: number | null): number {
  if (steps === null) return warmup ?? 100;
  return Math.min(warmup ?? Math.min(100, Math.ceil(steps / 10)), steps);
}

/** The learning rate of a step, counted from 1. While the number of steps is unknown it stays at its peak. */
export function learningRateAt(options: TrainOptions, steps: number | null, step: number): number {
  const factor = schedule({
    kind: steps === null ? "constant" : options.schedule,
    warmup: warmupSteps(options, steps),
    steps: steps ?? Number.MAX_SAFE_INTEGER,
    floor: options.finalRate ?? 0,
    cooldown: options.cooldown,
  });
  return options.learningRate * factor(step);
}

/** Steps between validations; undefined where they follow the clock instead: {@link timePart}. */
export function validationInterval(options: TrainOptions, steps: number | null): number | undefined {
  if (options.validateEvery !== undefined) return options.validateEvery;
  return isTimed(options) ? undefined : Math.max(FEWEST, Math.round((steps ?? 0) / PARTS));
}

/**
 * Whether a training that the clock ends writes a sample in its beginning, long before the first twentieth of its time: after
 * 25, 50, 100, 200, ... steps, between which most is learned.
 * @param taken steps just taken, of which one may be due
 */
export const isEarly = (step: number, taken: number): boolean =>
  step >= FEWEST && Math.floor(Math.log2(step / FEWEST)) > Math.floor(Math.log2((step - taken) / FEWEST));

/** Twentieths of the time limit that have passed; 0 without one. */
export const timePart = ({ maxMinutes }: TrainOptions, seconds: number): number =>
  maxMinutes === undefined ? 0 : Math.floor((PARTS * seconds) / (maxMinutes * 60));

export class Clock {
  readonly #stops: boolean;
  #counted: number;
  /** When it was last set going; undefined while it is paused. */
  #since: number | undefined;

  /**
   * A clock that goes.
   * @param seconds of earlier sessions
   * @param stops whether {@link aside} stops it
   */
  constructor(seconds: number, stops: boolean) {
    this.#counted = seconds;
    this.#stops = stops;
    this.#since = performance.now();
  }

  /** Counted so far, earlier sessions included. */
  get seconds(): number {
    const running = this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000;
    return this.#counted + running;
  }

  /** Does work that is not a step: a clock that counts steps alone pauses meanwhile. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#stops || this.#since === undefined) return work();
    this.#counted = this.seconds;
    this.#since = undefined;
    try {
      return await work();
    } finally {
      this.#since = performance.now();
    }
  }
}
