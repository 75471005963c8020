/** The events of a training, and the lines of a run's `log.jsonl`. */

import type { RowLayout } from "../data/batches/batch.ts";
import type { DeviceChoice } from "../runtime/measured-in-words.ts";

/** One line of `log.jsonl`. Losses in nats per token. */
export interface LogRow {
  readonly step: number;
  /** Passes over the training split so far, fractional. */
  readonly epoch: number;
  /** Seconds of training so far, pauses between resumes not counted. */
  readonly seconds: number;
  /** Target tokens trained on so far. */
  readonly tokens: number;
  /** Mean over the steps since the row before. */
  readonly loss: number;
  readonly lr: number;
  /** Global L2 norm of the step's gradient before clipping; null where that was too large for 16 bits and the step left out. */
  readonly grad_norm: number | null;
  /** Target tokens a second since the row before: of a model that fills masks, the hidden ones alone. */
  readonly tokens_per_s: number;
  /** Of the validation after this step; absent where there was none. */
  readonly val_loss?: number;
}

export interface SampleRow {
  readonly step: number;
  readonly text: string;
}

export type StopReason = "steps" | "time" | "early" | "interrupt";

/** What a token is called, in the plural. */
export type TokenUnit = "characters" | "words" | "tokens";

export type TrainEvent =
  /** Devices were measured, and the fastest computes the training. Before `start`; only where there was a choice. */
  | ({ readonly type: "device" } & DeviceChoice)
  /** Before the first step, when everything is known that can be. */
  | {
      readonly type: "start";
      /** Planned steps; under a time limit as many as the measured speed allows. */
      readonly steps: number;
      /** Passes over the training split that these steps are, fractional. */
      readonly epochs: number;
      readonly parameters: number;
      /** How many of them are trained. */
      readonly trainable: number;
      /** Most tokens that a prediction depends on; null where the model has no bound. */
      readonly context: number | null;
      readonly unit: TokenUnit;
      /** Estimated bytes of the whole process at its peak. */
      readonly bytes: number;
      /** Estimated seconds of one step, measured without an update. */
      readonly secondsPerStep: number;
      /** How texts are laid out in rows, where each has its own. */
      readonly layout?: RowLayout | undefined;
      /** Conversations of the validation split that are longer than a row, and not scored; absent where none is. */
      readonly validationLeftOut?: number | undefined;
      readonly resumedFrom?: number | undefined;
    }
  /** A time limit has been converted to steps again. */
  | { readonly type: "planned"; readonly steps: number }
  | { readonly type: "log"; readonly row: LogRow; readonly secondsLeft: number }
  | { readonly type: "validation"; readonly step: number; readonly loss: number; readonly best: boolean }
  | { readonly type: "sample"; readonly row: SampleRow }
  | { readonly type: "checkpoint"; readonly step: number; readonly kind: "best" | "last" }
  | {
      readonly type: "end";
      readonly stopped: StopReason;
      readonly step: number;
      /** Of training, those before a resume included: as in the summary. */
      readonly seconds: number;
    };
