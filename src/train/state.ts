/** Where a training stands between two steps, besides its tensors: what a resume needs to go on exactly. */

export interface TrainState {
  readonly format: "punchline-train-state";
  readonly version: 1;
  /** Steps done. */
  readonly step: number;
  /** Steps planned; unknown while a time limit has not been turned into steps. */
  readonly plannedSteps: number | null;
  /** Target tokens trained on. */
  readonly tokens: number;
  readonly seconds: number;
  /** Where the batches stand. */
  readonly batches: unknown;
  readonly bestLoss: number | null;
  readonly bestStep: number;
  /** Validations since the best one. */
  readonly sinceBest: number;
  readonly lastValidation: number | null;
  /** The step of the last validation, 0 before the first. */
  readonly lastValidationStep: number;
  readonly lastLoss: number | null;
  /** Sums of the log row under way. */
  readonly interval: { readonly loss: number; readonly tokens: number; readonly seconds: number };
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
  lastLoss: null,
  interval: { loss: 0, tokens: 0, seconds: 0 },
};
