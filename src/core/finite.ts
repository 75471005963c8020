/** The one check that what a model computes are numbers: no figure and no text is made of anything else. */
import { PunchlineError } from "./errors.ts";
import { option } from "./options.ts";

/**
 * @param name of the model
 * @throws PunchlineError `not-finite` where a value is NaN or infinite
 */
export function requireFinite(values: Float32Array, name: string): void {
  if (sumOfZeros(values) === 0) return;
  const found = values.find((value) => !Number.isFinite(value))!;
  throw notFinite(Number.isNaN(found) ? "NaN (not a number)" : "an infinite number", name);
}

/** 0 times a number is 0, and NaN of anything else. In four sums, since each addition waits for the one before it. */
function sumOfZeros(values: Float32Array): number {
  const whole = values.length - (values.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += values[i]! * 0;
    b += values[i + 1]! * 0;
    c += values[i + 2]! * 0;
    d += values[i + 3]! * 0;
  }
  for (let i = whole; i < values.length; i++) a += values[i]! * 0;
  return a + b + c + d;
}

/** @param found what was computed in place of a usable number */
export const notFinite = (found: string, name = "The model"): PunchlineError =>
  new PunchlineError(
    "not-finite",
    `${name} computes ${found}, with which nothing can be written or measured: its weights are damaged or too large. Use another checkpoint, or train again with a lower ${option("learningRate")}.`,
  );
