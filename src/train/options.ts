/** How a model is trained: every choice, its default, and what is refused. */
import { UsageError } from "../core/errors.ts";
import type { Architecture } from "../models/model.ts";

export interface TrainOptions {
  /** Updates of the weights. Default: as many as the time or the epochs allow; 2,000 where neither is given. */
  readonly steps?: number;
  /** Passes over the training split. */
  readonly epochs?: number;
  /** Wall-clock limit of what `clock` counts. */
  readonly maxMinutes?: number;
  /** What time counts: the whole training, or its steps alone, without set-up, validation and samples. Default `all`. */
  readonly clock: "all" | "steps";
  /** Texts or windows side by side in one step. Default 32. */
  readonly batchSize: number;
  /** Tokens of a window. Default 64. */
  readonly seqLen: number;
  /** Tokens between the beginnings of shuffled windows. Default: the window's length. */
  readonly stride?: number;
  /**
   * `stream`: lanes through the text with the state carried from window to window (truncated
   * back-propagation through time); `shuffled`: independent windows in random order. Default: `stream`
   * where the model carries a state of fixed size.
   */
  readonly windows?: "stream" | "shuffled";
  /** Batches whose gradients are added up for one step. Default 1. */
  readonly accumulate: number;
  readonly optimizer: "adamw" | "sgd";
  /** Peak learning rate. Default 2e-3. */
  readonly learningRate: number;
  readonly schedule: "constant" | "linear" | "cosine";
  /** Where a linear or cosine schedule ends, as a share of the peak. Default 0. */
  readonly finalRate: number;
  /** Steps over which the learning rate rises from zero. Default 100, at most a tenth of all. */
  readonly warmup?: number;
  /** Decay of matrices: AdamW's, decoupled, or SGD's, added to the gradient. Default 0.01. */
  readonly weightDecay: number;
  /** SGD's momentum. Default 0.9. */
  readonly momentum: number;
  /** Decay of AdamW's second moment. Default 0.999. */
  readonly beta2: number;
  /** Largest global norm of a step's gradient; 0 for no clipping. Default 1. */
  readonly clip: number;
  /** Steps between validations. Default: a twentieth of all, at least 25. */
  readonly validateEvery?: number;
  /** Most tokens of the validation split that each validation scores. Default 100,000. */
  readonly validationTokens: number;
  /** Stop after this many validations without a better loss. Default: never. */
  readonly patience?: number;
  /** Steps between samples; 0 for none. Default: after the first step and at each validation. */
  readonly sampleEvery?: number;
  /** What samples along the way begin with. */
  readonly samplePrompt: string;
  /** Steps between lines of the log. Default 10. */
  readonly logEvery: number;
  /** Seconds between checkpoints for resuming, besides those at validations. Default 60. */
  readonly checkpointSeconds: number;
  /** Which weights the finished run offers: those of the best validation, or the last. Default `best`. */
  readonly keep: "best" | "last";
  /** Steps between copies of the weights kept under checkpoints/; 0 for none. Default 0. */
  readonly snapshotEvery: number;
  readonly seed: number;
}

/** What a resumed training may change: when it ends, and how often it is saved. */
export type ResumeOptions = Partial<
  Pick<TrainOptions, "steps" | "epochs" | "maxMinutes" | "patience" | "checkpointSeconds">
>;

export const trainDefaults: TrainOptions = {
  batchSize: 32,
  seqLen: 64,
  accumulate: 1,
  optimizer: "adamw",
  learningRate: 2e-3,
  clock: "all",
  schedule: "cosine",
  finalRate: 0,
  weightDecay: 0.01,
  momentum: 0.9,
  beta2: 0.999,
  clip: 1,
  validationTokens: 100_000,
  samplePrompt: "",
  logEvery: 10,
  checkpointSeconds: 60,
  keep: "best",
  snapshotEvery: 0,
  seed: 42,
};

/**
 * All options: those given, then those that suit the architecture, then the defaults. A limit that is given
 * takes the place of the architecture's.
 * @throws UsageError
 */
export function resolveTrainOptions(
  given: Partial<TrainOptions>,
  architecture: Pick<Architecture, "training">,
): TrainOptions {
  const { steps: usual, ...suiting } = (architecture.training ?? {}) as Partial<TrainOptions>;
  const options: TrainOptions = {
    ...trainDefaults,
    ...suiting,
    ...(usual === undefined || isLimited(given) ? {} : { steps: usual }),
    ...given,
  };
  checkRanges(options);
  const { warmup = 0, steps = Infinity } = options;
  if (warmup > steps)
    throw new UsageError(`--warmup ${warmup} is beyond the ${steps} steps of the training.`);
  if (given.momentum !== undefined && options.optimizer !== "sgd")
    throw new UsageError(
      `--momentum is an option of --optimizer sgd; ${options.optimizer} has its own moments.`,
    );
  if (given.beta2 !== undefined && options.optimizer !== "adamw")
    throw new UsageError(`--beta2 is an option of --optimizer adamw; ${options.optimizer} has one moment.`);
  if (given.finalRate !== undefined && options.schedule === "constant")
    throw new UsageError(
      "--final-rate is an option of --schedule linear and cosine; constant stays as it is.",
    );
  return options;
}

/**
 * The options of a resumed training. A limit that is given takes the place of all limits of the run:
 * `--steps`, `--epochs` and `--max-minutes`.
 */
export function resumeTrainOptions(run: TrainOptions, given: ResumeOptions): TrainOptions {
  const { steps, epochs, maxMinutes, ...rest } = run;
  const options = isLimited(given) ? { ...rest, ...given } : { ...run, ...given };
  checkRanges(options);
  return options;
}

/** Whether the end of a training is given. */
const isLimited = ({ steps, epochs, maxMinutes }: Partial<TrainOptions>): boolean =>
  [steps, epochs, maxMinutes].some((limit) => limit !== undefined);

const whole = {
  steps: 1,
  batchSize: 1,
  seqLen: 1,
  stride: 1,
  accumulate: 1,
  validateEvery: 1,
  validationTokens: 1,
  patience: 1,
  logEvery: 1,
  warmup: 0,
  sampleEvery: 0,
  snapshotEvery: 0,
  seed: 0,
} as const;
const aboveZero = ["epochs", "maxMinutes", "learningRate"] as const;
const notNegative = ["weightDecay", "clip", "checkpointSeconds"] as const;

function checkRanges(options: TrainOptions): void {
  const refuse = (name: keyof TrainOptions, wanted: string): never => {
    throw new UsageError(`${flag(name)} must be ${wanted}, not ${options[name]}.`, {
      option: name,
      value: options[name],
    });
  };
  for (const name of Object.keys(whole) as (keyof typeof whole)[]) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= whole[name]))
      refuse(name, `a whole number of ${whole[name]} or more`);
  }
  for (const name of aboveZero) {
    const value = options[name];
    if (value !== undefined && !(value > 0 && Number.isFinite(value))) refuse(name, "a number above 0");
  }
  for (const name of notNegative) {
    if (!(options[name] >= 0 && Number.isFinite(options[name]))) refuse(name, "a number of 0 or more");
  }
  for (const name of ["momentum", "beta2"] as const) {
    // Runs of earlier versions have no beta2.
    const value = options[name] ?? 0;
    if (!(value >= 0 && value < 1)) refuse(name, "from 0 to below 1");
  }
  const { finalRate = 0 } = options;
  if (!(finalRate >= 0 && finalRate <= 1)) refuse("finalRate", "from 0 to 1");
}

/** An option as it is written on the command line: `batchSize` is `--batch-size`. */
const flag = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
