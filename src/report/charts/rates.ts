/** Shares with their 95 % intervals, one per row: the model and what it is compared with. */
import { dot, link, text } from "@observablehq/plot";
import { percent, percentInterval } from "../format.ts";
import type { Html } from "../html.ts";
import { centred, chart, colour, halo } from "./draw.ts";

export interface RateRow {
  readonly label: string;
  readonly rate: number;
  readonly interval: readonly [low: number, high: number];
  readonly lead?: boolean | undefined;
}

export interface RatesChart {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly RateRow[];
  /** What the share counts, such as `% that are copies`. */
  readonly unit: string;
}

/** Room for the labels of the rows, in pixels. */
const left = 190;

export function ratesChart({ id, title, rows, unit }: RatesChart): Html {
  const high = Math.max(0.02, ...rows.map((r) => r.interval[1]));
  return chart({
    id,
    title,
    description: `${rows.map((r) => `${r.label}: ${percentInterval(r.rate, r.interval)}`).join("; ")}.`,
    draw: ({ narrow }) => ({
      height: rows.length * 48 + 48,
      marginTop: 16,
      marginLeft: narrow ? 14 : left,
      marginRight: 54,
      marginBottom: 38,
      x: {
        label: unit,
        ...centred,
        domain: [0, Math.min(100, high * 100)],
        nice: true,
        grid: true,
        ticks: 5,
      },
      y: { domain: rows.map((r) => r.label), axis: null },
      marks: [
        text(rows, {
          y: "label",
          text: "label",
          frameAnchor: "left",
          textAnchor: "start",
          dx: narrow ? 0 : -left,
          dy: narrow ? -15 : 0,
          fill: (r: RateRow) => (r.lead ? colour.accent : colour.ink),
          ...halo,
        }),
        ...rows.flatMap((row) => {
          const stroke = row.lead ? colour.accent : colour.ink;
          return [
            link([row], {
              x1: (r: RateRow) => r.interval[0] * 100,
              x2: (r: RateRow) => r.interval[1] * 100,
              y1: "label",
              y2: "label",
              stroke,
              strokeWidth: 2,
            }),
            dot([row], { x: (r: RateRow) => r.rate * 100, y: "label", r: 5, fill: stroke }),
            text([row], {
              x: (r: RateRow) => r.interval[1] * 100,
              y: "label",
              dx: 9,
              textAnchor: "start",
              text: (r: RateRow) => percent(r.rate),
              fill: stroke,
              fontWeight: 700,
              ...halo,
            }),
          ];
        }),
      ],
    }),
  });
}
