/** A curve in one line of a terminal. */
const eighths = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** `values` in at most `width` blocks, lowest value lowest: `█▅▃▂▁▁`. Each block is the mean of its part. */
export function sparkline(values: readonly number[], width: number): string {
  const n = Math.min(width, values.length);
  const parts = Array.from({ length: n }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / n), Math.floor(((i + 1) * values.length) / n));
    return part.reduce((a, b) => a + b, 0) / part.length;
  });
  const [low, high] = [Math.min(...parts), Math.max(...parts)];
  return parts.map((v) => eighths[high > low ? Math.round((7 * (v - low)) / (high - low)) : 0]).join("");
}
