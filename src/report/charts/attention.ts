/** One head's attention as a picture: a full square where a model reads both ways, else a triangle. */
import { cell, frame, text } from "@observablehq/plot";
import { percent } from "../format.ts";
import type { Html } from "../html.ts";
import { chart, colour } from "./draw.ts";

export interface AttentionChart {
  readonly id: string;
  readonly model: string;
  readonly layer: number;
  readonly head: number;
  readonly tokens: readonly string[];
  /** [T, T]: how much the row attends to the column; a row sums to 1. */
  readonly weights: readonly (readonly number[])[];
}

const width = 340;
const shown = 8;

export function attentionChart({ id, model, layer, head, tokens, weights }: AttentionChart): Html {
  const cells = weights.flatMap((row, y) => row.map((weight, x) => ({ x, y, weight })));
  const future = cells.filter((c) => c.x > c.y);
  const ahead = future.reduce((sum, c) => sum + c.weight, 0) / Math.max(1, weights.length);
  const left = 66;
  const top = 62;
  const size = Math.min(9, Math.max(6, ((width - left) / tokens.length) * 0.8));
  const band = { domain: [...tokens.keys()], axis: null, paddingOuter: 0, round: false } as const;
  const label = { text: short, fontSize: size, fill: colour.ink };
  return chart({
    id,
    title: `Attention of ${model}, layer ${layer}, head ${head}`,
    description: `Of each token's attention, ${percent(ahead)} on average goes to tokens after it.`,
    widths: width,
    draw: () => ({
      width,
      height: top + (width - left) + 4,
      marginLeft: left,
      marginTop: top,
      marginRight: 4,
      marginBottom: 4,
      padding: 0.06,
      x: band,
      y: band,
      marks: [
        frame({ fill: colour.wash, stroke: "none" }),
        cell(
          cells.filter((c) => c.weight >= 0.004),
          // The square root makes small weights visible; the caption says so.
          {
            x: "x",
            y: "y",
            fill: colour.accent,
            fillOpacity: (c: { weight: number }) => Math.sqrt(c.weight),
          },
        ),
        text(tokens, {
          ...label,
          x: (_, i) => i,
          frameAnchor: "top",
          rotate: -90,
          textAnchor: "start",
          dy: -6,
        }),
        text(tokens, { ...label, y: (_, i) => i, frameAnchor: "left", textAnchor: "end", dx: -6 }),
      ],
    }),
  });
}

/** A token, shortened for the margin and without a leading space mark. */
function short(token: string): string {
  const bare = token.replace(/^[ĠĊ\s]+/u, "").replace(/\p{Cc}/gu, "·") || "·";
  return bare.length > shown + 1 ? `${bare.slice(0, shown)}…` : bare;
}
