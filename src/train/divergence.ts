/** When a training has failed for good: numbers that are no longer finite, or a loss beyond hope. */
import { PunchlineError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import type { Arena } from "../runtime/arena.ts";
import type { LogRow } from "./events.ts";
import type { Precision } from "./options.ts";

/**
 * A loss this many times that of guessing evenly, and that of the first step, is beyond hope. A training
 * that recovers from a bad beginning stays below: it begins near the even guess.
 */
const BEYOND_HOPE = 4;

export interface StepNumbers {
  readonly step: number;
  /** Nats per token. */
  readonly loss: number;
  readonly finite: boolean;
  readonly norm?: number | null | undefined;
  readonly lr?: number | undefined;
}

/**
 * @param precision of the products; those of 16 bits may be what fails
 * @throws PunchlineError `diverged` where a step's loss or gradient is NaN or infinite.
 */
export function checkFinite(
  { step, loss, norm, finite, lr }: StepNumbers,
  checkpoint: number,
  precision?: Precision,
): void {
  if (Number.isFinite(loss) && finite) return;
  const cause = Number.isFinite(loss)
    ? `the gradient's norm became ${spoken(norm ?? undefined)}`
    : `the loss became ${spoken(loss)}`;
  throw diverged(step, cause, checkpoint, { loss, norm, lr }, precision);
}

/**
 * An error raised while the weights of a step were scored or sampled: `diverged` where the model no longer gives
 * numbers, else the error itself.
 */
export function asDivergence(error: unknown, step: number, checkpoint: number): unknown {
  if (!(error instanceof PunchlineError) || error.code !== "not-finite") return error;
  return diverged(step, "the model no longer computes finite numbers", checkpoint, {});
}

/** @throws PunchlineError `diverged` where a weight is NaN or infinite: such weights are never saved. */
export function checkWeights({ ranges }: Arena, step: number, checkpoint: number): void {
  for (const { kernels, parameters, length } of ranges) {
    if (!Number.isFinite(kernels.sumOfSquares(parameters, length)))
      throw diverged(step, "a weight is no longer a finite number", checkpoint, {});
  }
}

/**
 * @param firstLoss of the log's first row; null for that row itself
 * @throws PunchlineError `diverged` where a row's loss is beyond hope
 */
export function checkLoss(
  row: LogRow,
  firstLoss: number | null,
  vocabulary: number,
  checkpoint: number,
): void {
  const even = Math.log(vocabulary);
  if (firstLoss === null || row.loss <= BEYOND_HOPE * Math.max(even, firstLoss)) return;
  const cause = `the loss rose to ${row.loss.toPrecision(3)} nats per token, where guessing evenly has ${even.toFixed(2)}`;
  throw diverged(row.step, cause, checkpoint, { loss: row.loss, lr: row.lr });
}

function diverged(
  step: number,
  cause: string,
  checkpoint: number,
  details: object,
  precision?: Precision,
): PunchlineError {
  const wider = precision === "f16" ? `${option("precision", "f32")}, ` : "";
  const kept = checkpoint < 0 ? "" : ` The checkpoint of step ${checkpoint} is kept.`;
  return new PunchlineError(
    "diverged",
    `Training stopped at step ${step}: ${cause}.${kept} Train again with ${wider}a lower ${option("learningRate")} or a longer ${option("warmup")}.`,
    { details: { step, checkpoint, ...details } },
  );
}

const spoken = (value = Number.NaN): string => (Number.isNaN(value) ? "NaN (not a number)" : "infinite");
