/**
 * A factor on the loss that keeps gradients in 16 bits: small ones would become 0 there, large ones infinite. It is halved where
 * a gradient was infinite, and that step is left out; it is doubled after many steps without one. Micikevicius et al.,
 * "Mixed Precision Training" (ICLR 2018), section 3.2.
 */

export interface LossScale {
  readonly factor: number;
  /** Steps since it last changed. */
  readonly steps: number;
}

/** The loss is a sum over the tokens of a batch, thousands of them, so that this is some ten thousand on their mean. */
export const firstLossScale: LossScale = { factor: 16, steps: 0 };

const STEPS_TO_DOUBLE = 500;
/** Below it a gradient is infinite whatever the factor. */
const SMALLEST = 2 ** -16;
const LARGEST = 2 ** 16;

/** Whether what a file holds is a scale that a training can have. */
export function isLossScale(value: unknown): value is LossScale {
  if (typeof value !== "object" || value === null) return false;
  const { factor, steps } = value as Readonly<Record<keyof LossScale, unknown>>;
  return (
    typeof factor === "number" &&
    factor >= SMALLEST &&
    factor <= LARGEST &&
    Number.isInteger(steps) &&
    (steps as number) >= 0
  );
}

/** The scale after a step whose gradient was finite. */
export const afterStep = ({ factor, steps }: LossScale): LossScale =>
  steps + 1 < STEPS_TO_DOUBLE || factor >= LARGEST
    ? { factor, steps: steps + 1 }
    : { factor: 2 * factor, steps: 0 };

/** The scale after a gradient that was not; undefined where a smaller one would not help. */
export const afterOverflow = ({ factor }: LossScale): LossScale | undefined =>
  factor > SMALLEST ? { factor: factor / 2, steps: 0 } : undefined;
