/** Tokens per second against the length of the text or the size of the batch. */
import type { SweepPoint } from "../../compare/results.ts";
import { compact, rate } from "../format.ts";
import type { Html } from "../html.ts";
import { linesChart } from "./lines.ts";

export interface ThroughputChart {
  readonly id: string;
  readonly points: readonly SweepPoint[];
  /** What `size` counts, such as `tokens in the text`. */
  readonly sizeLabel: string;
}

const tones = ["lead", "ink", "quiet"] as const;

export function throughputChart({ id, points, sizeLabel }: ThroughputChart): Html {
  const models = [...new Set(points.map((p) => p.model))];
  const sizes = [...new Set(points.map((p) => p.size))].sort((a, b) => a - b);
  return linesChart({
    id,
    title: `Tokens per second against ${sizeLabel}`,
    description: `${points.map((p) => `${p.model}, ${p.size}: ${rate(p.tokens_per_s)}`).join("; ")}.`,
    lines: models.map((model, i) => ({
      label: model,
      points: points.filter((p) => p.model === model).map((p) => ({ x: p.size, y: p.tokens_per_s })),
      tone: tones[i],
    })),
    x: { type: "log", label: sizeLabel, ticks: sizes, tickFormat: (n: number) => String(n) },
    y: {
      label: "tokens per second",
      domain: [0, Math.max(...points.map((p) => p.tokens_per_s)) * 1.08],
      tickFormat: compact,
    },
    height: [280, 220],
    // Names of models are long.
    nameRoom: [128, 118],
  });
}
