/** Lines on a common scale, with their names at their ends instead of in a legend. */
import {
  dot,
  lineY,
  type Markish,
  type PlotOptions,
  ruleY,
  type ScaleOptions,
  text,
} from "@observablehq/plot";
import type { Html } from "../html.ts";
import { type ChartOptions, centred, chart, colour, halo, type Place } from "./draw.ts";
import { separate } from "./labels.ts";
import { lineValues } from "./values.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly label: string;
  readonly points: readonly Point[];
  /** `lead` is the line to look at, `ink` its counterpart, `quiet` (the default) the rest. */
  readonly tone?: "lead" | "ink" | "quiet" | undefined;
}

/** A level to compare with: a horizontal line, with its name above. */
export interface Level {
  readonly label: string;
  readonly y: number;
}

export interface LinesOptions {
  readonly lines: readonly Line[];
  readonly levels?: readonly Level[] | undefined;
  readonly x: ScaleOptions;
  readonly y: ScaleOptions;
  /** In pixels, wide and narrow. Default 340 and 260. */
  readonly height?: readonly [number, number] | undefined;
  /** Room for the names at the right, in pixels, wide and narrow. Default 110 and 86. */
  readonly nameRoom?: readonly [number, number] | undefined;
  /** Marks every point. Default: where lines have at most 12. */
  readonly dots?: boolean | undefined;
}

/** A chart of lines, whose values can be read. */
export function linesChart({
  id,
  title,
  description,
  ...options
}: LinesOptions & Pick<ChartOptions, "id" | "title" | "description">): Html {
  const { across, table } = lineValues(title, options);
  return chart({ id, title, description, draw: (place) => lines(options, place), across, values: table });
}

const tones = { lead: colour.accent, ink: colour.ink, quiet: colour.faint } as const;
const order = ["quiet", "ink", "lead"];
const widths = { lead: 2.5, ink: 1.75, quiet: 1.5 } as const;

function lines(options: LinesOptions, place: Place): PlotOptions {
  const { levels = [], x, y, nameRoom = [110, 86] } = options;
  const height = (options.height ?? [340, 260])[Number(place.narrow)]!;
  const shown = options.lines.filter((l) => l.points.length > 0).map(thinned);
  const margin = { top: 28, left: 44, right: nameRoom[Number(place.narrow)]!, bottom: 38 };
  const dots = options.dots ?? shown.every((l) => l.points.length <= 12);
  const quietFirst = shown.toSorted((a, b) => order.indexOf(a.tone) - order.indexOf(b.tone));
  const marks: Markish[] = [
    ruleY(levels, { y: "y", stroke: colour.muted, strokeDasharray: "2,3", strokeOpacity: 0.8 }),
    ...quietFirst.map(({ points, tone }) =>
      lineY(points, { x: "x", y: "y", stroke: tones[tone], strokeWidth: widths[tone] }),
    ),
    ...(dots
      ? quietFirst.map(({ points, tone }) => dot(points, { x: "x", y: "y", r: 2.5, fill: tones[tone] }))
      : []),
    text(levels, {
      y: "y",
      text: "label",
      frameAnchor: "right",
      textAnchor: "end",
      dy: -8,
      fill: colour.muted,
      ...halo,
    }),
    ...names(
      shown,
      [place.width - margin.left - margin.right, height - margin.top - margin.bottom],
      options,
      place,
    ),
  ];
  return {
    height,
    marginTop: margin.top,
    marginLeft: margin.left,
    marginRight: margin.right,
    marginBottom: margin.bottom,
    x: { ticks: place.narrow ? 4 : 7, ...centred, ...x },
    y: { ticks: 5, grid: true, labelArrow: "none", tickSize: 0, ...y },
    marks,
  };
}

interface DrawnLine extends Line {
  readonly tone: keyof typeof tones;
}

/** At most about 300 points per line, each the mean of a block, and the last as it is. */
function thinned({ label, points, tone = "quiet" }: Line): DrawnLine {
  const most = 300;
  if (points.length <= most) return { label, points, tone };
  const block = Math.ceil(points.length / most);
  const kept: Point[] = [];
  for (let i = 0; i < points.length; i += block) {
    const part = points.slice(i, i + block);
    kept.push({ x: mean(pick("x", part)), y: mean(pick("y", part)) });
  }
  kept.push(points[points.length - 1]!);
  return { label, points: kept, tone };
}

const pick = <K extends string>(key: K, of: readonly Readonly<Record<K, number>>[]): number[] =>
  of.map((one) => one[key]);

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The names at the ends of the lines, moved apart where they would overlap. */
function names(
  shown: readonly DrawnLine[],
  [innerWidth, innerHeight]: readonly [number, number],
  { x, y, levels = [] }: LinesOptions,
  place: Place,
): Markish[] {
  const points = shown.flatMap((l) => l.points);
  const across = scale(x, pick("x", points), innerWidth);
  const down = scale(y, pick("y", [...points, ...levels]), -innerHeight);
  const fontSize = place.narrow ? 11 : 12;
  const labels = shown.map((l) => {
    const end = l.points[l.points.length - 1]!;
    return { x: across(end.x), width: l.label.length * fontSize * 0.6, y: innerHeight + down(end.y) };
  });
  const moved = separate(labels, 13, 0, innerHeight);
  return shown.map((line, i) =>
    text([line.points[line.points.length - 1]!], {
      x: "x",
      y: "y",
      text: () => line.label,
      textAnchor: "start",
      dx: 8,
      dy: moved[i]! - labels[i]!.y,
      fill: line.tone === "quiet" ? colour.muted : tones[line.tone],
      fontWeight: line.tone === "lead" ? 700 : 400,
      fontSize,
      ...halo,
    }),
  );
}

/** Pixels of a value on Plot's linear or logarithmic scale of these options and data. */
function scale(
  { type, domain }: ScaleOptions,
  values: readonly number[],
  pixels: number,
): (v: number) => number {
  const along = type === "log" ? Math.log : (v: number) => v;
  const [low, high] = (domain as readonly [number, number] | undefined) ?? [
    Math.min(...values),
    Math.max(...values),
  ];
  return (v) => ((along(v) - along(low)) / (along(high) - along(low) || 1)) * pixels;
}
