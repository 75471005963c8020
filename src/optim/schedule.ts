/** Learning rates over the course of a training, as factors of the peak. */
import { didYouMean } from "../core/did-you-mean.ts";
import { UsageError } from "../core/errors.ts";
import { checkOptions, checkText, invalidOption, optionNames } from "../core/options.ts";

/** How the factor goes from 1 after the warmup, or after the stable part of `wsd`, to its end. */
const shapes = {
  constant: () => 1,
  linear: (done: number) => 1 - done,
  cosine: (done: number) => 0.5 * (1 + Math.cos(Math.PI * done)),
  // Warmup, stable, decay. The decay is that of Hagele et al. 2024 (arXiv 2405.18392), section 4.
  wsd: (done: number) => 1 - Math.sqrt(done),
} as const;

/** Share of a `wsd` training in which the rate falls, where none is given. */
export const COOLDOWN = 0.2;

export type ScheduleKind = keyof typeof shapes;
export const scheduleKinds = Object.keys(shapes) as readonly ScheduleKind[];

export interface ScheduleOptions {
  readonly kind: ScheduleKind;
  /** Steps over which the factor rises linearly to 1. */
  readonly warmup: number;
  /** Steps in all; the decay would end with the step after the last, so that no step goes to waste. */
  readonly steps: number;
  /** Where the decay ends, as a share of the peak. Default 0. */
  readonly floor?: number | undefined;
  /** Of `wsd`: the share of all steps in which the factor falls. Default 0.2. */
  readonly cooldown?: number | undefined;
}

const scheduleNames = optionNames<keyof ScheduleOptions>()("kind warmup steps floor cooldown");

/**
 * The factor of each step, counted from 1: without warmup the first has the peak.
 * @throws UsageError for an unknown kind or a number out of range
 */
export function schedule(options: ScheduleOptions): (step: number) => number {
  const { kind, warmup, steps, floor = 0, cooldown = COOLDOWN } = checkOptions(options, scheduleNames);
  checkText(kind, "kind");
  if (!scheduleKinds.includes(kind))
    throw new UsageError(`There is no schedule "${kind}"; ${didYouMean(kind, scheduleKinds)}`, {
      option: "kind",
      value: kind,
      expected: scheduleKinds,
    });
  if (!(warmup >= 0 && warmup <= steps))
    throw invalidOption("warmup", warmup, `from 0 to the ${steps} steps of the training`);
  if (!(floor >= 0 && floor <= 1)) throw invalidOption("floor", floor, "from 0 to 1");
  if (!(cooldown > 0 && cooldown <= 1)) throw invalidOption("cooldown", cooldown, "above 0 and at most 1");
  const shape = shapes[kind];
  // Whole steps, so that a resumed training with another limit goes the same way up to there.
  const start = kind === "wsd" ? Math.max(warmup, Math.round(steps * (1 - cooldown))) : warmup;
  return (step) => {
    if (step <= warmup) return step / Math.max(1, warmup);
    if (step <= start) return 1;
    const done = Math.min(1, (step - 1 - start) / Math.max(1, steps - start));
    return floor + (1 - floor) * shape(done);
  };
}
