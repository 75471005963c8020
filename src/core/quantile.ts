/** Quantiles of a list of numbers, the same everywhere. */

/** Linear between the two nearest of the sorted values (Hyndman and Fan 1996, definition 7); NaN of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (high - low) * (place - below);
}

/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: ArrayLike<number>): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}
