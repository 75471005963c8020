/**
 * Time per case of two or more models on one logarithmic scale: a dot at the median, a line to the 95th
 * percentile. No bars, since a logarithmic scale has no zero where they could start.
 */
import { dot, gridX, link, type Markish, ruleY, text } from "@observablehq/plot";
import type { Timing } from "../../compare/speed.ts";
import { milliseconds, significant } from "../format.ts";
import { type Html, html } from "../html.ts";
import { centred, chart, colour, halo, type Place } from "./draw.ts";

type SpeedPoint = Pick<Timing, "case" | "model" | "p50_ms" | "p95_ms">;

export interface SpeedChart {
  readonly id: string;
  readonly points: readonly SpeedPoint[];
}

const colours = [colour.accent, colour.ink, colour.muted] as const;
/** Least height of a case and room for its name, in pixels. */
const least = 52;
const left = 190;
/** Pixels from one model's line to the next. */
const step = 14;
/** Shorter times are drawn as this, in milliseconds: a logarithmic scale has no zero. */
const shortest = 1e-4;

export function speedChart({ id, points: timed }: SpeedChart): Html {
  const drawn = (ms: number) => Math.max(shortest, ms);
  const points = timed.map((p) => ({ ...p, p50_ms: drawn(p.p50_ms), p95_ms: drawn(p.p95_ms) }));
  const cases = [...new Set(points.map((p) => p.case))];
  const models = [...new Set(points.map((p) => p.model))];
  const row = Math.max(least, step * (models.length + 1));
  const ticks = decades(Math.min(...points.map((p) => p.p50_ms)), Math.max(...points.map((p) => p.p95_ms)));
  const picture = chart({
    id,
    title: "Time for each case, in milliseconds, on a logarithmic scale",
    description: `${points
      .map(
        (p) =>
          `${p.case}, ${p.model}: median ${milliseconds(p.p50_ms)}, 95th percentile ${milliseconds(p.p95_ms)}`,
      )
      .join("; ")}.`,
    draw: (place) => ({
      height: cases.length * row + 44,
      marginTop: 6,
      marginLeft: place.narrow ? 10 : left,
      marginRight: place.narrow ? 60 : 76,
      marginBottom: 38,
      x: {
        type: "log",
        domain: [ticks[0]!, ticks.at(-1)!],
        label: "milliseconds, logarithmic",
        ...centred,
        ticks,
        tickFormat: (ms: number) => significant(ms, 2),
      },
      y: { domain: cases, axis: null, padding: 0.5 },
      marks: [
        gridX(ticks),
        ruleY(cases, {
          y: (c: string) => c,
          stroke: colour.faint,
          strokeOpacity: 0.5,
          dy: row / 2,
          insetLeft: place.narrow ? -10 : -left,
        }),
        text(cases, {
          y: (c: string) => c,
          text: (c: string) => c,
          frameAnchor: "left",
          textAnchor: "start",
          dx: place.narrow ? -10 : -left,
          dy: place.narrow ? -16 : 0,
          lineWidth: place.narrow ? 30 : 14,
          lineHeight: 1.2,
          fontWeight: place.narrow ? 600 : 400,
          fill: colour.ink,
          ...halo,
        }),
        ...points.flatMap((p) => timing(p, models, place)),
      ],
    }),
  });
  return html`<p class="legend" aria-hidden="true">${models.map((m, i) => html`<span${hollow(i) && html` class="hollow"`} style="--own:${colours[i % colours.length]}">${m}</span>`)}</p>${picture}`;
}

function timing(point: SpeedPoint, models: readonly string[], { narrow }: Place): readonly Markish[] {
  const at = models.indexOf(point.model);
  const own = colours[at % colours.length]!;
  const dy = (at - (models.length - 1) / 2) * step + (narrow ? 6 : 0);
  return [
    link([point], {
      x1: "p50_ms",
      x2: "p95_ms",
      y1: "case",
      y2: "case",
      dy,
      stroke: own,
      strokeWidth: 2,
      strokeOpacity: 0.55,
    }),
    dot([point], {
      x: "p50_ms",
      y: "case",
      dy,
      r: hollow(at) ? 4 : 4.5,
      fill: hollow(at) ? colour.paper : own,
      stroke: own,
      strokeWidth: hollow(at) ? 2 : 0,
    }),
    text([point], {
      x: "p95_ms",
      y: "case",
      dy,
      dx: 8,
      textAnchor: "start",
      fill: own,
      fontSize: narrow ? 11 : 12,
      text: () => milliseconds(point.p50_ms),
      ...halo,
    }),
  ];
}

/** With more models than colours, the later ones have rings as dots. */
const hollow = (at: number): boolean => Math.floor(at / colours.length) % 2 === 1;

/**
 * The numbers 1, 2 and 5 times powers of ten (1 alone past three decades) from just below `low` to just above
 * `high`; at least two.
 */
export function decades(low: number, high: number): readonly number[] {
  const from = Math.floor(Math.log10(Math.max(low, shortest)));
  const to = Math.ceil(Math.log10(Math.max(high, shortest))) + 1;
  const factors = to - from > 4 ? [1] : [1, 2, 5];
  const all: number[] = [];
  for (let e = from; e <= to; e++) for (const f of factors) all.push(f * 10 ** e);
  const first = Math.max(
    0,
    all.findLastIndex((v) => v <= low),
  );
  const last = all.findIndex((v, i) => v >= high && i > first);
  return all.slice(first, last + 1);
}
