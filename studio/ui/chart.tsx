/** A chart of a training: lines over its steps. It is drawn again with every logged step, so it is plain SVG of few parts. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { number } from "./parts.tsx";

export type Point = readonly [step: number, value: number];

export interface Line {
  readonly points: readonly Point[];
  readonly kind: "lead" | "quiet";
  /** What is written where it ends. */
  readonly name?: string | undefined;
  /** Whether each point has a dot. */
  readonly dots?: boolean | undefined;
}

interface ChartProps {
  /** What the chart shows, for who does not see it. */
  readonly inWords: string;
  readonly height: number;
  readonly lines: readonly Line[];
  /** The last step that has a place. */
  readonly end: number;
  /** What the values are, how high they go, and how they are written. */
  readonly values: {
    readonly name: string;
    readonly top: number;
    readonly format: (value: number) => string;
  };
  /** A value to compare with, as a dotted line. */
  readonly level?: { readonly value: number; readonly name: string } | undefined;
  /** Between which values a point may lie. */
  readonly band?: readonly (readonly [step: number, low: number, high: number])[];
}

/** Most points that are drawn of a line. */
const MOST = 300;
const TOP = 22;
const BOTTOM = 38;
const LEFT = 44;
/** Room for the names of the lines at the right. */
const NAMES = 82;
const NARROW = 480;

export function Chart({ inWords, height, lines, end, values, level, band = [] }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  /** As wide as its place, also after a telephone was turned. */
  const width = useSignal(0);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      width.value = place.current?.clientWidth ?? 0;
    });
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  const right = width.value - (lines.some(({ name }) => name) ? NAMES : 12);
  const x = (step: number) => Number((LEFT + ((right - LEFT) * step) / end).toFixed(1));
  const y = (value: number) =>
    Number(
      (height - BOTTOM - ((height - BOTTOM - TOP) * Math.min(value, values.top)) / values.top).toFixed(1),
    );
  const path = (points: readonly Point[]) =>
    points.map(([step, value], i) => `${i === 0 ? "M" : "L"}${x(step)},${y(value)}`).join("");
  const around = [
    ...band.map(([step, low]): Point => [step, low]),
    ...band.toReversed().map(([step, , high]): Point => [step, high]),
  ];
  return (
    <div class="chart" ref={place} role="img" aria-label={inWords} style={{ minHeight: `${height}px` }}>
      {width.value > 0 && (
        <svg width={width.value} height={height} aria-hidden="true">
          {ticks(values.top, 5).map((value) => (
            <g key={`value ${value}`}>
              <line class="grid" x1={LEFT} x2={right} y1={y(value)} y2={y(value)} />
              <text x={LEFT - 8} y={y(value)} dy="0.32em" text-anchor="end">
                {values.format(value)}
              </text>
            </g>
          ))}
          {ticks(end, width.value < NARROW ? 4 : 8).map((step) => (
            <text key={`step ${step}`} x={x(step)} y={height - BOTTOM + 16} text-anchor="middle">
              {number(step)}
            </text>
          ))}
          <text x={0} y={10}>
            ↑ {values.name}
          </text>
          <text x={right} y={height - 4} text-anchor="end">
            step →
          </text>
          {band.length > 0 && <path class="band" d={`${path(around)}Z`} />}
          {level && (
            <>
              <line class="level" x1={LEFT} x2={right} y1={y(level.value)} y2={y(level.value)} />
              <text x={LEFT + 6} y={y(level.value) - 6}>
                {level.name}
              </text>
            </>
          )}
          {lines.map(({ points, kind, name, dots }) => {
            const shown = thinned(points);
            const last = shown.at(-1);
            return (
              <g key={kind} class={kind}>
                <path d={path(shown)} />
                {dots && shown.map(([step, value]) => <circle key={step} cx={x(step)} cy={y(value)} r={3} />)}
                {name && last && (
                  <text x={x(last[0]) + 6} y={y(last[1])} dy="0.32em">
                    {name}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

function thinned(points: readonly Point[]): readonly Point[] {
  const every = Math.ceil(points.length / MOST);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

/** Round numbers from 0 to `top`, about `n` of them. */
function ticks(top: number, n: number): number[] {
  const power = 10 ** Math.floor(Math.log10(top / n));
  const step = [1, 2, 5, 10].map((times) => times * power).find((wide) => top / wide <= n) ?? top;
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) =>
    Number((i * step).toPrecision(12)),
  );
}
