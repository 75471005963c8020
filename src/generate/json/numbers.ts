/** Which beginnings of a number can become one that a schema allows. */
import type { NumberShape } from "./shapes.ts";

/** Digits before and behind the point, at most: a double has no more than these. */
const WHOLE_DIGITS = 15;
const MOST_DIGITS = 15;

const digits = [..."0123456789"];

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
  if (text === "" && beginsNumber(shape, "-")) return true;
  if (whole === undefined) return digits.some((digit) => beginsNumber(shape, text + digit));
  if (whole.length > WHOLE_DIGITS || (whole.length > 1 && whole.startsWith("0"))) return false;
  if (isWhole(shape) && (point !== undefined || (sign === "-" && whole === "0"))) return false;
  const negative = sign === "-";
  if (point !== undefined) {
    const written = point.length - 1;
    const left = MOST_DIGITS - whole.length - written;
    if (left < 0 || (written === 0 && left === 0)) return false;
    const value = Math.abs(Number(text));
    // One of the last place can be written in full; anything between needs another digit.
    if (written > 0 && isNumber(shape, text)) return true;
    return left > 0 && reaches(shape, negative, [value, value + 10 ** -written], written + left);
  }
  if (isNumber(shape, text)) return true;
  const value = Number(whole);
  for (let more = 0; more <= (whole === "0" ? 0 : WHOLE_DIGITS - whole.length); more++) {
    const places = isWhole(shape) ? 0 : MOST_DIGITS - whole.length - more;
    if (reaches(shape, negative, [value * 10 ** more, (value + 1) * 10 ** more], places)) return true;
  }
  return false;
}

/**
 * Whether the shape allows a number with a size from the first up to, but without, the second of two.
 * @param places digits behind the point, at most
 */
function reaches(
  { min, max, openMin, openMax, step }: NumberShape,
  negative: boolean,
  [from, to]: readonly [number, number],
  places: number,
): boolean {
  // Sizes: of negative numbers the bounds change places.
  const [low, high] = negative ? [-max, -min] : [min, max];
  const [openLow, openHigh] = negative ? [openMax, openMin] : [openMin, openMax];
  const least = Math.max(low, from);
  const distance = step === 0 ? 10 ** -places : step;
  const first = step === 0 ? Number(least.toFixed(places)) : Math.ceil(least / step) * step;
  // Rounding may have gone below the least, and an open bound may be the next.
  return [0, 1, 2].some((k) => {
    const size = Number((first + k * distance).toFixed(places));
    if (size < from || size >= to) return false;
    return (openLow ? size > low : size >= low) && (openHigh ? size < high : size <= high);
  });
}
