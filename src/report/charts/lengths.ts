/** Lengths of the model's texts and of real jokes. */
import { areaY, lineY, text } from "@observablehq/plot";
import { median } from "../../core/quantile.ts";
import { count } from "../format.ts";
import type { Html } from "../html.ts";
import { centred, chart, colour, halo } from "./draw.ts";

export interface LengthsChart {
  readonly id: string;
  /** Lengths of the model's jokes. */
  readonly model: readonly number[];
  /** Lengths of held-out real jokes. */
  readonly real: readonly number[];
  /** What a length counts: `characters`, `words`. */
  readonly unit: string;
}

const bins = 30;

/** Share of `values` in each of the equal bins between 0 and `limit`; larger ones are left out. */
export function shares(values: readonly number[], limit: number): readonly number[] {
  const tally = new Array<number>(bins).fill(0);
  for (const v of values) {
    const at = Math.floor((v / limit) * bins);
    if (at >= 0 && at < bins) tally[at]! += 1;
  }
  return tally.map((n) => n / Math.max(1, values.length));
}

export function lengthsChart({ id, model, real, unit }: LengthsChart): Html {
  const sorted = [...real, ...model].sort((a, b) => a - b);
  const limit = Math.ceil((sorted[Math.floor(sorted.length * 0.99)] ?? 1) / 10) * 10 || 10;
  const steps = (values: readonly number[]) =>
    shares(values, limit).map((share, i) => ({ x: ((i + 0.5) * limit) / bins, share: share * 100 }));
  const own = steps(model);
  const theirs = steps(real);
  const peak = (set: typeof own) => set.reduce((best, s) => (s.share > best.share ? s : best));
  const ownRight = peak(own).x >= peak(theirs).x;
  /** The name of a curve at its peak, to the right of it or to the left. */
  const name = (label: string, set: typeof own, right: boolean, style: object) =>
    text([peak(set)], {
      x: "x",
      y: "share",
      text: () => label,
      dy: -10,
      dx: right ? 6 : -6,
      textAnchor: right ? "start" : "end",
      ...style,
      ...halo,
    });
  return chart({
    id,
    title: `Lengths in ${unit} of the model's jokes and of real ones`,
    description: `The median length is ${count(median(model))} ${unit} for the model, ${count(median(real))} for real jokes.`,
    draw: ({ narrow }) => ({
      height: narrow ? 210 : 260,
      marginLeft: 44,
      marginBottom: 38,
      x: { label: `length in ${unit}`, ...centred, domain: [0, limit], ticks: narrow ? 4 : 7 },
      y: { label: "% of jokes", labelArrow: "none", grid: true, ticks: 4, tickSize: 0 },
      marks: [
        areaY(theirs, { x: "x", y: "share", curve: "step", fill: colour.faint, fillOpacity: 0.4 }),
        lineY(own, { x: "x", y: "share", curve: "step", stroke: colour.accent, strokeWidth: 2.5 }),
        name("real jokes", theirs, !ownRight, { fill: colour.muted }),
        name("the model", own, ownRight, { fill: colour.accent, fontWeight: 700 }),
      ],
    }),
  });
}
