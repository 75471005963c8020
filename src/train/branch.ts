/**
 * A branch: a new run that goes on from the weights of another with other settings. The other stays as it is; moments of
 * the optimiser, the learning rate's schedule and the order of the data start again.
 */
import { UsageError } from "../core/errors.ts";
import { invalidOption, option } from "../core/options.ts";
import { idleOptions, isLimited, type TrainOptions } from "./options.ts";
import { DEFAULT_STEPS } from "./plan.ts";

/**
 * The folder of weights that were kept along a training, in that of its run.
 * @throws UsageError for what is no step
 */
export function snapshotFolder(step: number): string {
  if (!(Number.isSafeInteger(step) && step >= 0))
    throw invalidOption("step", step, "a whole number of 0 or more");
  return `checkpoints/step-${step}`;
}

/** The steps at which weights were kept, from the paths of a run's files. */
export function snapshotSteps(paths: Iterable<string>): number[] {
  const steps: number[] = [];
  for (const path of paths) {
    const step = /^checkpoints\/step-(\d+)\/model\.safetensors$/.exec(path)?.[1];
    if (step !== undefined) steps.push(Number(step));
  }
  return steps.sort((a, b) => a - b);
}

/**
 * The options of a branch: those of the run, with the given ones in their place. A limit that is given takes the place of
 * all of the run's, and what has no meaning beside the given ones is left out.
 * @param name of the run, for errors
 * @throws UsageError for a run whose weights are those of an adapter
 */
export function branchOptions(
  run: TrainOptions,
  asked: Partial<TrainOptions>,
  name: string,
): Partial<TrainOptions> {
  const { lora, steps, epochs, maxMinutes, ...kept } = run;
  if (lora !== undefined)
    throw new UsageError(
      `${name} is an adapter, which lacks weights of a whole model; go on with it by ${option("resume")}, or merge it first.`,
      { name },
    );
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const limits = isLimited(run) ? { steps, epochs, maxMinutes } : { steps: DEFAULT_STEPS };
  const options = { ...kept, ...(isLimited(given) ? {} : limits), ...given };
  const idle: Readonly<Record<string, boolean>> = idleOptions(options);
  return Object.fromEntries(Object.entries(options).filter(([option]) => !idle[option] || option in given));
}
