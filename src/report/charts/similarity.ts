/** How similar the nearest training joke is: the share of texts above each similarity. */
import { percent } from "../format.ts";
import type { Html } from "../html.ts";
import { chart } from "./draw.ts";
import { type Line, lines } from "./lines.ts";

export interface SimilaritySet {
  readonly label: string;
  /** For each text, the similarity of its nearest training joke, 0 to 1. */
  readonly nearest: readonly number[];
}

export interface SimilarityChart {
  readonly id: string;
  readonly model: SimilaritySet;
  readonly heldout?: SimilaritySet | undefined;
}

/** Share of `values` that are at least `x`. */
export function shareAtLeast(values: readonly number[], x: number): number {
  return values.length === 0 ? 0 : values.filter((v) => v >= x - 1e-9).length / values.length;
}

export function similarityChart({ id, model, heldout }: SimilarityChart): Html {
  const sets = heldout === undefined ? [model] : [model, heldout];
  const steps = Array.from({ length: 41 }, (_, i) => i / 40);
  const all: readonly Line[] = sets.map((s) => ({
    label: s.label,
    points: steps.map((x) => ({ x: x * 100, y: shareAtLeast(s.nearest, x) * 100 })),
    tone: s === model ? "lead" : "ink",
  }));
  return chart({
    id,
    title: "Share of texts whose nearest training joke is at least so similar",
    description: `${sets
      .map(
        (s) =>
          `${s.label}: ${[0.4, 0.6, 0.8, 1].map((x) => `at least ${percent(x)} alike ${percent(shareAtLeast(s.nearest, x))}`).join(", ")}`,
      )
      .join(". ")}.`,
    draw: (place) =>
      lines(
        {
          lines: all,
          x: { label: "similarity of the nearest training joke, %" },
          y: { label: "% of texts", domain: [0, 100] },
          nameRoom: [118, 96],
          dots: false,
        },
        place,
      ),
  });
}
