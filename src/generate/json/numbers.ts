/** Which beginnings of a number can become one that a schema allows. */
import type { NumberShape } from "./shapes.ts";

/** Digits before and behind the point, at most: a double has no more than these. */
const WHOLE_DIGITS = 15;
const MOST_DIGITS = 15;

const isWhole = ({ step }: NumberShape): boolean => step !== 0;

/** Whether digits make no difference to what may follow, but for their number and a 0 at the beginning. */
export const isUnbounded = ({ min, max, step }: NumberShape): boolean =>
  min === -Infinity && max === Infinity && step <= 1;

/** The beginning of a number of such a shape with other digits, so that there are few. */
export const withoutDigits = (text: string): string => text.replace(/[1-9]|(?<=[\d.])0/g, "1");

function allows(shape: NumberShape, value: number): boolean {
  const { min, max, openMin, openMax, step } = shape;
  return (
    (openMin ? value > min : value >= min) &&
    (openMax ? value < max : value <= max) &&
    (step === 0 || value % step === 0)
  );
}

/** Whether `text` is a number that the shape allows. */
export const isNumber = (shape: NumberShape, text: string): boolean =>
  /^-?\d+(\.\d+)?$/.test(text) && allows(shape, Number(text));

/** Whether `text`, which may be empty, can become one. */
export function beginsNumber(shape: NumberShape, text: string): boolean {
  const parts = /^(-?)(?:(\d+)(\.\d*)?)?$/.exec(text);
  if (!parts) return false;
  const [, sign, whole, point] = parts;
  if (text === "") return beginsNumber(shape, "-") || reaches(shape, false, 0, 10 ** WHOLE_DIGITS);
  if (whole === undefined) return reaches(shape, true, isWhole(shape) ? 1 : 0, 10 ** WHOLE_DIGITS);
  if (whole.length > WHOLE_DIGITS || (whole.length > 1 && whole.startsWith("0"))) return false;
  if (isWhole(shape) && (point !== undefined || (sign === "-" && whole === "0"))) return false;
  const negative = sign === "-";
  if (point !== undefined) {
    const digits = point.length - 1;
    const left = MOST_DIGITS - whole.length - digits;
    if (left < 0 || (digits === 0 && left === 0)) return false;
    const value = Math.abs(Number(text));
    // One of the last place can be written in full; anything between needs another digit.
    if (digits > 0 && isNumber(shape, text)) return true;
    return left > 0 && reaches(shape, negative, value, value + 10 ** -digits);
  }
  if (isNumber(shape, text)) return true;
  const value = Number(whole);
  if (!isWhole(shape) && whole.length < MOST_DIGITS && reaches(shape, negative, value, value + 1))
    return true;
  if (whole === "0") return false;
  for (let scale = 10; whole.length + Math.log10(scale) <= WHOLE_DIGITS + 0.5; scale *= 10)
    if (reaches(shape, negative, value * scale, (value + 1) * scale)) return true;
  return false;
}

/** Whether the shape allows a number with a size from `from` up to, but without, `to`. */
function reaches(shape: NumberShape, negative: boolean, from: number, to: number): boolean {
  const { min, max, openMin, openMax, step } = shape;
  // Sizes: of negative numbers the bounds change places.
  const [low, high] = negative ? [-max, -min] : [min, max];
  const [openLow, openHigh] = negative ? [openMax, openMin] : [openMin, openMax];
  if (step !== 0) {
    let first = Math.ceil(Math.max(low, from) / step) * step;
    if (openLow && first <= low) first += step;
    return first < to && (openHigh ? first < high : first <= high);
  }
  if (!(to > low && (openHigh ? from < high : from <= high))) return false;
  return low < high || !(openLow || openHigh);
}
