/** How a model is trained: every choice, its default, and what is refused. */
import { UsageError } from "../core/errors.ts";
import type { Architecture } from "../models/model.ts";

export interface TrainOptions {
  /** Updates of the weights. Default: as many as the time or the epochs allow; 2,000 where neither is given. */
  readonly steps?: number;
  /** Passes over the training split. */
  readonly epochs?: number;
  /** Wall-clock limit for the whole training, validation included. */
  readonly maxMinutes?: number;
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
  /** Peak learning rate. Default 2e-3 for adamw. */
  readonly learningRate: number;
  readonly schedule: "constant" | "linear" | "cosine";
  /** Steps over which the learning rate rises from zero. Default 100, at most a tenth of all. */
  readonly warmup: number;
  /** AdamW's decoupled decay of matrices. Default 0.01. */
  readonly weightDecay: number;
  /** SGD's momentum. Default 0.9. */
  readonly momentum: number;
  /** Largest global norm of a step's gradient; 0 for no clipping. Default 1. */
  readonly clip: number;
  /** Steps between validations. Default: a twentieth of all, at least 25. */
  readonly validateEvery?: number;
  /** Most tokens of the validation split that each validation scores. Default 100,000. */
  readonly validationTokens: number;
  /** Stop after this many validations without a better loss. Default: never. */
  readonly patience?: number;
  /** Steps between samples; 0 for none. Default: at each validation. */
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

export const trainDefaults: TrainOptions = {
  batchSize: 32,
  seqLen: 64,
  accumulate: 1,
  optimizer: "adamw",
  learningRate: 2e-3,
  schedule: "cosine",
  warmup: 100,
  weightDecay: 0.01,
  momentum: 0.9,
  clip: 1,
  validationTokens: 100_000,
  samplePrompt: "",
  logEvery: 10,
  checkpointSeconds: 60,
  keep: "best",
  snapshotEvery: 0,
  seed: 42,
};

/** All options: those given, then those that suit the architecture, then the defaults. @throws UsageError */
export function resolveTrainOptions(
  given: Partial<TrainOptions>,
  architecture: Pick<Architecture, "training">,
): TrainOptions {
  const options: TrainOptions = {
    ...trainDefaults,
    ...(architecture.training as Partial<TrainOptions>),
    ...given,
  };
  const whole = [
    "steps",
    "batchSize",
    "seqLen",
    "stride",
    "accumulate",
    "validateEvery",
    "patience",
    "logEvery",
    "validationTokens",
  ] as const;
  for (const name of whole) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new UsageError(`${name} must be a whole number of 1 or more, not ${value}.`, {
        option: name,
        value,
      });
    }
  }
  const positive = ["epochs", "maxMinutes", "learningRate"] as const;
  for (const name of positive) {
    const value = options[name];
    if (value !== undefined && !(value > 0 && Number.isFinite(value))) {
      throw new UsageError(`${name} must be above 0, not ${value}.`, { option: name, value });
    }
  }
  return options;
}
