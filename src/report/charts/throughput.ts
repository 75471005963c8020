/** Tokens per second against the length of the text or the size of the batch. */
import { compact, rate } from "../format.ts";
import type { Html } from "../html.ts";
import { chart } from "./draw.ts";
import { type Line, lines } from "./lines.ts";

export interface ThroughputPoint {
  readonly model: string;
  /** Tokens in one sequence, or sequences in one batch. */
  readonly size: number;
  readonly tokens_per_s: number;
}

export interface ThroughputChart {
  readonly id: string;
  readonly points: readonly ThroughputPoint[];
  /** What `size` counts, such as `tokens in the text`. */
  readonly sizeLabel: string;
}

const tones = ["lead", "ink", "quiet"] as const;

export function throughputChart({ id, points, sizeLabel }: ThroughputChart): Html {
  const models = [...new Set(points.map((p) => p.model))];
  const all: readonly Line[] = models.map((model, i) => ({
    label: model,
    points: points.filter((p) => p.model === model).map((p) => ({ x: p.size, y: p.tokens_per_s })),
    tone: tones[i] ?? "quiet",
  }));
  const sizes = [...new Set(points.map((p) => p.size))].sort((a, b) => a - b);
  return chart({
    id,
    title: `Tokens per second against ${sizeLabel}`,
    description: `${points.map((p) => `${p.model}, ${p.size}: ${rate(p.tokens_per_s)}`).join("; ")}.`,
    draw: (place) =>
      lines(
        {
          lines: all,
          x: { type: "log", label: sizeLabel, ticks: sizes, tickFormat: (n: number) => String(n) },
          y: {
            label: "tokens per second",
            domain: [0, Math.max(...points.map((p) => p.tokens_per_s)) * 1.08],
            tickFormat: compact,
          },
          height: place.narrow ? 220 : 280,
          // Names of models are long.
          nameRoom: [128, 118],
        },
        place,
      ),
  });
}
