/** The state of a training between two steps, without its tensors: what a resume needs to go on exactly. */
import type { LogRow } from "./events.ts";
import type { LossScale } from "./loss-scale.ts";

export interface TrainState {
  readonly format: "punchline-train-state";
  readonly version: 1;
  /** Steps done. */
  readonly step: number;
  /** Steps planned; null before the first step of a training with a time limit. */
  readonly plannedSteps: number | null;
  /** Target tokens trained on. */
  readonly tokens: number;
  /** Of training, pauses between sessions not counted. */
  readonly seconds: number;
  /** The position of the batches. */
  readonly batches: unknown;
  /** Nats per token of the best validation; null before the first. */
  readonly bestLoss: number | null;
  readonly bestStep: number;
  /** Validations since the best one. */
  readonly sinceBest: number;
  readonly lastValidation: number | null;
  /** The step of the last validation, 0 before the first. */
  readonly lastValidationStep: number;
  /** Nats per token of the first and of the last row of the log; null before there is one. */
  readonly firstLoss: number | null;
  readonly lastLoss: number | null;
  /** The factor on the loss of a training whose products are in 16 bits; absent in others. */
  readonly lossScale?: LossScale | undefined;
  /** The log's row under way. */
  readonly interval: Interval;
  /** What is left to do after the last step, where the training was stopped before that. The name is that of the files. */
  readonly owed: Pending | null;
}

/** Sums over the steps since the log's last row, and the last step's learning rate and gradient norm. */
interface Interval {
  readonly nats: number;
  readonly tokens: number;
  readonly seconds: number;
  readonly lr: number;
  /** Null where the step was left out. */
  readonly norm: number | null;
}

/** What is due after a step. */
export interface Pending {
  /** The log's row of the step, without its validation loss. */
  readonly row: LogRow | null;
  readonly validation: boolean;
  readonly sample: boolean;
}

export const freshState: TrainState = {
  format: "punchline-train-state",
  version: 1,
  step: 0,
  plannedSteps: null,
  tokens: 0,
  seconds: 0,
  batches: null,
  bestLoss: null,
  bestStep: 0,
  sinceBest: 0,
  lastValidation: null,
  lastValidationStep: 0,
  firstLoss: null,
  lastLoss: null,
  interval: { nats: 0, tokens: 0, seconds: 0, lr: 0, norm: 0 },
  owed: null,
};
