/**
 * Which of two is faster, and whether their times are enough to say so. JSON, terminal and page take the answer from here.
 *
 * The ratio is that of the medians. Its 95 % interval is a bootstrap over the runs, in which both were timed in turn.
 * Blocks of neighbouring runs are drawn together, since what slows a machine down lasts for more than one run (the
 * circular block bootstrap: Politis and Romano 1992).
 */
import { quantile } from "../core/quantile.ts";
import { Random } from "../core/random.ts";
import { intervalDigits } from "../evaluate/intervals.ts";

/** The milliseconds of every timed piece of work, by run. */
export interface Times {
  readonly name: string;
  readonly runs: readonly (readonly number[])[];
}

export type Doubt = "few-runs" | "spans-1" | "scatter";

export interface Ratio {
  readonly case: string;
  /** The one with the smaller median, and the other. */
  readonly faster: string;
  readonly slower: string;
  /** Median of the slower divided by that of the faster, 1 or more. */
  readonly ratio: number;
  /** 95 % interval of the ratio; its low end is below 1 where the other may be the faster. */
  readonly interval: readonly [low: number, high: number];
  /** Whether the times show which is faster, and by about how much. */
  readonly conclusive: boolean;
  /** Why not; absent where it can. */
  readonly doubt?: Doubt | undefined;
  /** The 95th percentile divided by the median, of the one that scatters more. */
  readonly scatter: number;
}

const RESAMPLES = 1000;
/** Fewer runs than this give no useful interval. */
const FEW_RUNS = 5;
/** Times scatter too much where the 95th percentile is more than so many times the median, and than the ratio. */
const SCATTER = 3;
/** A ratio is not known either where its interval spans more than this factor. */
const WIDE = 2;

/** @returns undefined where one of them has no times */
export function ratioOf(name: string, a: Times, b: Times): Ratio | undefined {
  const n = Math.min(a.runs.length, b.runs.length);
  const [one, other] = [a, b].map(({ runs }) => runs.slice(0, n));
  const [p, q] = [medianOf(one!), medianOf(other!)];
  if (!(p > 0 && q > 0)) return undefined;
  const [fast, slow] = p <= q ? [one!, other!] : [other!, one!];
  const ratio = Math.max(p, q) / Math.min(p, q);
  const [drawnLow, drawnHigh] = interval(fast, slow);
  // Of few or uneven times the bootstrap may leave the ratio itself out.
  const [low, high] = [Math.min(drawnLow, ratio), Math.max(drawnHigh, ratio)];
  const [first, second] = [fast, slow].map(sorted);
  const scatter = Math.max(quantile(first!, 0.95) / Math.min(p, q), quantile(second!, 0.95) / Math.max(p, q));
  const doubt: Doubt | undefined =
    n < FEW_RUNS
      ? "few-runs"
      : !(low > 1)
        ? "spans-1"
        : heavyTailed({ interval: [low, high], scatter }) || high > WIDE * low
          ? "scatter"
          : undefined;
  return {
    case: name,
    faster: p <= q ? a.name : b.name,
    slower: p <= q ? b.name : a.name,
    ratio,
    interval: [low, high],
    conclusive: doubt === undefined,
    doubt,
    scatter,
  };
}

/** The fastest against each of the others, the nearest first; empty for fewer than two. */
export function ratiosOf(name: string, all: readonly Times[]): readonly Ratio[] {
  const [first, ...others] = all
    .map((times) => ({ times, median: medianOf(times.runs) }))
    .filter(({ median }) => median > 0)
    .sort((x, y) => x.median - y.median)
    .map(({ times }) => times);
  return others.flatMap((other) => ratioOf(name, first!, other) ?? []);
}

/** Whether runs that took far longer than the others may hide which is faster. */
const heavyTailed = ({ interval: [low], scatter }: Pick<Ratio, "interval" | "scatter">): boolean =>
  scatter > SCATTER && low < scatter;

function interval(fast: Times["runs"], slow: Times["runs"]): readonly [number, number] {
  const n = fast.length;
  const block = Math.max(1, Math.round(Math.cbrt(n)));
  const random = new Random(0, "bootstrap");
  const ratios = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i++) {
    const drawn = Array.from(
      { length: n },
      (_, k) => (random.below(n, i * n + Math.floor(k / block)) + (k % block)) % n,
    );
    ratios[i] = medianOf(drawn.map((k) => slow[k]!)) / medianOf(drawn.map((k) => fast[k]!));
  }
  ratios.sort();
  return [quantile(ratios, 0.025), quantile(ratios, 0.975)];
}

const sorted = (runs: Times["runs"]): Float64Array => Float64Array.from(runs.flat()).sort();
const medianOf = (runs: Times["runs"]): number => quantile(sorted(runs), 0.5);

/** The ratio in words, such as "bert is 1.4 times as fast (95 % interval 1.2 to 1.6)". */
export function ratioSentence({ faster, slower, ratio, interval, doubt, scatter }: Ratio, of = 2): string {
  if (doubt === undefined) {
    const digits = intervalDigits(interval, factorDigits(ratio));
    const [value, from, to] = [ratio, ...interval].map((number) => number.toFixed(digits));
    return `${faster} is ${value} times as fast${of > 2 ? ` as ${slower}` : ""} (95 % interval ${from} to ${to})`;
  }
  const [low, high] = interval.map(factor);
  const which = `whether ${faster} or ${slower} is faster cannot be said here`;
  if (doubt === "few-runs") return `${which}: these are too few runs`;
  if (doubt === "spans-1")
    return interval[0] > 1 / ALIKE && interval[1] < ALIKE
      ? `${faster} and ${slower} are equally fast, to within ${Math.ceil(100 * Math.max(interval[1] - 1, 1 / interval[0] - 1))} %`
      : `${which}: by these runs ${faster} may be anything from ${low} to ${high} times as fast`;
  const why = "as the times scatter too much";
  if (heavyTailed({ interval, scatter }))
    return `${which}, ${why}: one run in twenty takes ${factor(scatter)} times as long as the median, or longer`;
  return `${faster} is faster${of > 2 ? ` than ${slower}` : ""}, but by how much cannot be said here, ${why}: by these runs it may be ${low} or ${high} times as fast`;
}

/** Ratios closer to 1 than this do not matter in practice. */
const ALIKE = 1.05;

const factorDigits = (value: number): number => (value < 1.95 ? 2 : value < 9.95 ? 1 : 0);
const factor = (value: number): string => value.toFixed(factorDigits(value));

/** In three digits. */
export const milliseconds = (ms: number): string => `${Number(ms.toPrecision(3))} ms`;
