/** Curves in block characters, for a terminal. */
import { significant } from "./format.ts";

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

export interface TerminalChartOptions {
  /** Columns of the terminal, axis and all. Default 80. */
  readonly width?: number;
  /** Lines of the picture, without the axis below. Default 8. */
  readonly height?: number;
  /** Named under the picture, with the first and the last x. */
  readonly xLabel: string;
  readonly yLabel: string;
  /** Lowest value of the picture. Default: the least of the values. */
  readonly floor?: number;
}

/** A filled curve of `points` (x ascending), eight steps to a line, with its scale at the left. */
export function terminalChart(
  points: readonly { readonly x: number; readonly y: number }[],
  { width = 80, height = 8, xLabel, yLabel, floor }: TerminalChartOptions,
): string {
  const finite = points.filter((p) => Number.isFinite(p.y));
  if (finite.length === 0) return `${yLabel}: nothing to draw yet`;
  const [least, high] = extent(finite.map((p) => p.y));
  const low = floor ?? least;
  const labels = [high, (high + low) / 2, low].map((v) => significant(v, 3));
  const margin = Math.max(...labels.map((l) => l.length));
  const inner = Math.max(1, width - margin - 3);
  const columns = resample(
    finite.map((p) => p.y),
    inner,
  );
  // A line's worth is never quite empty at the bottom, so that the lowest value is still seen.
  const levels = columns.map((v) =>
    v === undefined ? 0 : Math.max(1, Math.round(((v - low) / (high - low || 1)) * height * 8)),
  );
  const rows = Array.from({ length: height }, (_, r) => {
    const below = (height - 1 - r) * 8;
    const label = r === 0 ? labels[0]! : r === height - 1 ? labels[2]! : r === height >> 1 ? labels[1]! : "";
    const blocks = levels.map((l) => eighths[Math.min(8, Math.max(0, l - below))]!).join("");
    return `${label.padStart(margin)} ┤${blocks}`.trimEnd();
  });
  const from = significant(finite[0]!.x, 4);
  const to = `${significant(finite.at(-1)!.x, 4)} ${xLabel}`;
  const space = Math.max(1, inner - from.length - to.length);
  return [
    yLabel.slice(0, width),
    ...rows,
    `${" ".repeat(margin)} └${"─".repeat(inner)}`,
    `${" ".repeat(margin + 2)}${from}${" ".repeat(space)}${to}`.slice(0, width),
  ].join("\n");
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
