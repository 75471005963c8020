/** A curve in one line of block characters, for a terminal. */
const eighths = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/**
 * One line of blocks, lowest value lowest: `█▅▃▂▁▁`. At most `width` characters, each the mean of its part of
 * `values`; values that are not finite leave a gap.
 */
export function sparkline(values: readonly number[], width = 40): string {
  const columns = resample(values, Math.min(width, values.length));
  const [low, high] = extent(columns);
  return columns
    .map((v) =>
      v === undefined ? " " : eighths[high > low ? 1 + Math.round(((v - low) / (high - low)) * 7) : 4]!,
    )
    .join("");
}

/** `n` columns: means of equal parts where there are more values, the nearest value where there are fewer. */
function resample(values: readonly number[], n: number): readonly (number | undefined)[] {
  return Array.from({ length: n }, (_, i) => {
    const from = Math.floor((i * values.length) / n);
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / n));
    const part = values.slice(from, to).filter(Number.isFinite);
    return part.length === 0 ? undefined : part.reduce((a, b) => a + b, 0) / part.length;
  });
}

function extent(values: readonly (number | undefined)[]): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const v of values) {
    if (v === undefined || !Number.isFinite(v)) continue;
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  return low <= high ? [low, high] : [0, 0];
}
