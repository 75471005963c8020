/** The novelty of a model's texts, and of real texts that it never saw, as two curves. */
import { percent } from "../format.ts";
import type { Html } from "../html.ts";
import { type Line, type LinesOptions, linesChart } from "./lines.ts";

export interface NoveltyChart {
  readonly id: string;
  /** Shares, 0 to 1. */
  readonly model: readonly number[];
  readonly heldout: readonly number[];
}

interface Curves extends Pick<LinesOptions, "x" | "y" | "dots"> {
  readonly title: string;
  describe(shares: readonly number[]): string;
  points(shares: readonly number[]): Line["points"];
}

function curvesChart({ id, model, heldout }: NoveltyChart, curves: Curves): Html {
  const { title, describe, points, ...options } = curves;
  return linesChart({
    id,
    title,
    description: `the model: ${describe(model)}. real, unseen: ${describe(heldout)}.`,
    lines: [
      { label: "the model", points: points(model), tone: "lead" },
      { label: "real, unseen", points: points(heldout), tone: "ink" },
    ],
    nameRoom: [118, 96],
    ...options,
  });
}

/**
 * How much of a text is new, by the length of the pieces looked at (n-novelty, arXiv 2406.13069). Element i of both lists
 * is the share of the runs of i + 1 words that do not occur in the training data.
 */
export const noveltyCurveChart = (chart: NoveltyChart): Html =>
  curvesChart(chart, {
    title: "Share of word sequences that do not occur in the training data, by their length",
    describe: (shares) => shares.map((s, i) => `${i + 1} words ${percent(s)}`).join(", "),
    points: (shares) => shares.map((y, i) => ({ x: i + 1, y: y * 100 })),
    x: {
      label: "words in a row",
      ticks: Math.max(chart.model.length, chart.heldout.length),
      tickFormat: (n: number) => String(n),
    },
    y: { label: "% new", domain: [0, 100] },
    dots: true,
  });

/** Share of `values` that are at least `x`. */
export function shareAtLeast(values: readonly number[], x: number): number {
  return values.length === 0 ? 0 : values.filter((v) => v >= x - 1e-9).length / values.length;
}

/** The share of texts above each similarity, by the similarity of the nearest training joke of each text. */
export const similarityChart = (chart: NoveltyChart): Html =>
  curvesChart(chart, {
    title: "Share of texts with a nearest training joke that is at least so similar",
    describe: (nearest) =>
      [0.4, 0.6, 0.8, 1]
        .map((x) => `at least ${percent(x)} alike ${percent(shareAtLeast(nearest, x))}`)
        .join(", "),
    points: (nearest) =>
      Array.from({ length: 41 }, (_, i) => ({ x: i * 2.5, y: shareAtLeast(nearest, i / 40) * 100 })),
    x: { label: "similarity of the nearest training joke, %" },
    y: { label: "% of texts", domain: [0, 100] },
    dots: false,
  });
