/** How much of a text is new, by the length of the pieces looked at (n-novelty, arXiv 2406.13069). */
import { percent } from "../format.ts";
import type { Html } from "../html.ts";
import { chart } from "./draw.ts";
import { lines } from "./lines.ts";

export interface NoveltyCurve {
  readonly label: string;
  /** Element i: share of the runs of i + 1 words that do not occur in the training data. */
  readonly novel: readonly number[];
}

export interface NoveltyCurveChart {
  readonly id: string;
  readonly model: NoveltyCurve;
  /** Real jokes that the model never saw, for comparison. */
  readonly heldout?: NoveltyCurve | undefined;
}

export function noveltyCurveChart({ id, model, heldout }: NoveltyCurveChart): Html {
  const curves = heldout === undefined ? [model] : [model, heldout];
  return chart({
    id,
    title: "Share of word sequences that do not occur in the training data, by their length",
    description: `${curves
      .map((c) => `${c.label}: ${c.novel.map((s, i) => `${i + 1} words ${percent(s)}`).join(", ")}`)
      .join(". ")}.`,
    draw: (place) =>
      lines(
        {
          lines: curves.map((c) => ({
            label: c.label,
            points: c.novel.map((y, i) => ({ x: i + 1, y: y * 100 })),
            tone: c === model ? ("lead" as const) : ("ink" as const),
          })),
          x: {
            label: "words in a row",
            ticks: Math.max(...curves.map((c) => c.novel.length)),
            tickFormat: (n: number) => String(n),
          },
          y: { label: "% new", domain: [0, 100] },
          nameRoom: [118, 96],
          dots: true,
        },
        place,
      ),
  });
}
