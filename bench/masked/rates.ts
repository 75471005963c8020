/** Two models' rates on the same trials, with the interval of the first and that of the difference. */
import { type Interval, intervalDigits, rateOf } from "../../src/evaluate/intervals.ts";

/** @param ours whether the first model was right in each trial, and `theirs` the second; @returns rates in percent */
export function pairedRates(
  ours: readonly boolean[],
  theirs: readonly boolean[],
): { readonly ours: number; readonly peer: number; readonly note: string } {
  const count = (right: (i: number) => boolean) => ours.filter((_, i) => right(i)).length;
  const [own, peer] = [count((i) => ours[i]!), count((i) => theirs[i]!)];
  const { low, high } = pairedInterval(
    count((i) => ours[i]! && !theirs[i]!),
    count((i) => !ours[i]! && theirs[i]!),
    ours.length,
  );
  const percent = (count: number) => (100 * count) / ours.length;
  return {
    ours: percent(own),
    peer: percent(peer),
    note: `95 % interval of ours ${bounds(rateOf(own, ours.length).interval)}; ahead by ${bounds([low, high])} points on the same words`,
  };
}

/** `22.8 to 28.2`, of shares. */
function bounds(interval: readonly [low: number, high: number]): string {
  const [low, high] = [100 * interval[0], 100 * interval[1]];
  const digits = intervalDigits([low, high], 1);
  return `${low.toFixed(digits)} to ${high.toFixed(digits)}`;
}

/**
 * Interval of a difference of two rates on the same trials, first minus second, from the trials where one alone
 * succeeded (Wald's interval of McNemar's discordant pairs: Fleiss, Levin and Paik 2003, section 13.1).
 */
export function pairedInterval(firstOnly: number, secondOnly: number, trials: number): Interval {
  if (trials === 0) return { low: -1, high: 1 };
  const difference = (firstOnly - secondOnly) / trials;
  const error = Math.sqrt(firstOnly + secondOnly - trials * difference ** 2) / trials;
  return { low: difference - 1.96 * error, high: difference + 1.96 * error };
}
