/**
 * Time per case of two or more models on one logarithmic scale: a dot at the median, a line to the 95th
 * percentile. Bars would lie here, since a logarithmic scale has no zero to start them from.
 */
import { dot, link, ruleY, text } from "@observablehq/plot";
import { milliseconds } from "../format.ts";
import type { Html } from "../html.ts";
import { chart, colour, halo } from "./draw.ts";

export interface SpeedPoint {
  readonly case: string;
  readonly model: string;
  readonly p50_ms: number;
  readonly p95_ms: number;
}

export interface SpeedChart {
  readonly id: string;
  readonly points: readonly SpeedPoint[];
}

const colours = [colour.accent, colour.ink, colour.muted] as const;

export function speedChart({ id, points }: SpeedChart): Html {
  const cases = [...new Set(points.map((p) => p.case))];
  const models = [...new Set(points.map((p) => p.model))];
  const of = (model: string) => colours[models.indexOf(model) % colours.length]!;
  const offset = (p: SpeedPoint) =>
    models.length < 2 ? 0 : (models.indexOf(p.model) / (models.length - 1) - 0.5) * 14;
  const row = 50;
  const top = 26;
  return chart({
    id,
    title: "Time for each case, in milliseconds, on a logarithmic scale",
    description: `${points.map((p) => `${p.case}, ${p.model}: median ${milliseconds(p.p50_ms)}, 95th percentile ${milliseconds(p.p95_ms)}`).join("; ")}.`,
    draw: ({ narrow }) => ({
      height: top + cases.length * row + 40,
      marginTop: top,
      marginLeft: narrow ? 14 : 190,
      marginRight: narrow ? 66 : 130,
      marginBottom: 38,
      x: {
        type: "log",
        label: "milliseconds, logarithmic",
        labelAnchor: "left",
        labelArrow: "none",
        grid: true,
        ticks: narrow ? 3 : 5,
        tickFormat: (ms: number) => ms.toLocaleString("en-US", { maximumSignificantDigits: 2 }),
      },
      y: { domain: cases, axis: null },
      marks: [
        ruleY(cases, { y: (c: string) => c, stroke: colour.faint, strokeOpacity: 0.35, dy: row / 2 }),
        text(cases, {
          y: (c: string) => c,
          text: (c: string) => c,
          frameAnchor: "left",
          textAnchor: narrow ? "start" : "end",
          dx: narrow ? 0 : -14,
          dy: narrow ? -17 : 0,
          lineWidth: narrow ? 30 : 15,
          fontWeight: narrow ? 600 : 400,
          fill: colour.ink,
          ...halo,
        }),
        ...points.flatMap((p) => {
          const dy = offset(p) + (narrow ? 3 : 0);
          const one = [p];
          return [
            link(one, {
              x1: "p50_ms",
              x2: "p95_ms",
              y1: "case",
              y2: "case",
              dy,
              stroke: of(p.model),
              strokeWidth: 2,
              strokeOpacity: 0.5,
            }),
            dot(one, { x: "p50_ms", y: "case", dy, r: 4.5, fill: of(p.model) }),
            text(one, {
              x: "p95_ms",
              y: "case",
              dy,
              dx: 9,
              textAnchor: "start",
              fill: of(p.model),
              fontSize: narrow ? 11 : 12,
              text: (d: SpeedPoint) =>
                narrow ? milliseconds(d.p50_ms) : `${d.model}  ${milliseconds(d.p50_ms)}`,
              ...halo,
            }),
          ];
        }),
      ],
    }),
  });
}
