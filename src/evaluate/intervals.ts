/** Confidence intervals of rates, and how an interval is printed. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Two-sided 95 % of the normal distribution. */
const Z95 = 1.959963984540054;

/**
 * Wilson's score interval of a proportion (Wilson 1927): honest for few trials and rates near 0 and 1.
 * Without trials nothing is known: 0 to 1.
 */
export function wilsonInterval(successes: number, trials: number, z = Z95): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const rate = successes / trials;
  const scale = 1 + (z * z) / trials;
  const centre = rate + (z * z) / (2 * trials);
  const spread = z * Math.sqrt((rate * (1 - rate)) / trials + (z * z) / (4 * trials * trials));
  return {
    low: successes === 0 ? 0 : Math.max(0, (centre - spread) / scale),
    high: successes === trials ? 1 : Math.min(1, (centre + spread) / scale),
  };
}

/** The share of `n` texts that are copies. */
export interface Rate {
  readonly copies: number;
  readonly n: number;
  /** copies / n; null where n is 0. */
  readonly rate: number | null;
  /** Wilson's 95 % interval of the rate. */
  readonly interval: readonly [low: number, high: number];
}

export function rateOf(copies: number, n: number): Rate {
  const { low, high } = wilsonInterval(copies, n);
  return { copies, n, rate: n === 0 ? null : copies / n, interval: [low, high] };
}

type Counts = Pick<Rate, "copies" | "n">;

/**
 * Interval of the difference of two independent proportions, first minus second, from their Wilson
 * intervals (Newcombe 1998, method 10).
 */
export function differenceInterval(first: Counts, second: Counts): Interval {
  const a = wilsonInterval(first.copies, first.n);
  const b = wilsonInterval(second.copies, second.n);
  if (first.n === 0 || second.n === 0) return { low: -1, high: 1 };
  const p = first.copies / first.n;
  const q = second.copies / second.n;
  return {
    low: p - q - Math.hypot(p - a.low, b.high - q),
    high: p - q + Math.hypot(a.high - p, q - b.low),
  };
}

/**
 * Digits after the point, `least` or more, of which the last is no coarser than the interval is wide: its ends are
 * printed differently, and a value between them, printed with as many, stays between them.
 */
export function intervalDigits([low, high]: readonly [low: number, high: number], least: number): number {
  let digits = least;
  while (low < high && digits < 20 && (high - low) * 10 ** digits < 1 - 1e-9) digits++;
  return digits;
}
