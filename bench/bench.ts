/**
 * What every benchmark is made of: rows of our figure, the peer's and their ratio; medians of interleaved
 * runs; and peers that live in a Python process of their own.
 *
 * A benchmark is a file `bench/NAME.ts` that default-exports a function of no arguments which resolves to
 * its rows. It seeds whatever is random.
 */
import { setTimeout } from "node:timers/promises";
import type { Limit } from "./limits/limits.ts";
import { fewest } from "./quick.ts";

export interface BenchRow {
  /** What was measured, with its sizes: `LSTM 1x256, batch 32x64`. */
  readonly case: string;
  /** The unit of both figures: `char/s`, `ms`, `MB`, `nats/char`. */
  readonly unit: string;
  readonly ours: number;
  /** Null where the peer is not installed; `note` then says so. */
  readonly peer: number | null;
  readonly peer_name: string;
  /** Above 1: Punchline is ahead, whether more is better or less. */
  readonly ratio: number | null;
  /** What this machine allows at most, in the same unit, and what sets it; absent where it was not measured. */
  readonly limit?: number;
  readonly limited_by?: Limit["by"];
  /** Our share of the limit: 1 at it. */
  readonly share?: number;
  readonly note?: string;
}

export type Bench = () => Promise<readonly BenchRow[]>;

export interface Measured {
  readonly case: string;
  readonly unit: string;
  /** Whether more of the unit is better (a rate) or less (a time, a loss, memory). */
  readonly better: "more" | "less";
  readonly ours: number;
  readonly peer: number | Absent;
  readonly peerName: string;
  /** Of `measureLimits`, in the same unit. */
  readonly limit?: Limit;
  readonly note?: string;
}

/** Why there is no figure of a peer. */
export interface Absent {
  readonly absent: string;
}

/** A row with its ratio, and its share of the limit. */
export function row({ better, ours, peer, peerName, limit, note, ...what }: Measured): BenchRow {
  const missing = typeof peer === "number" ? undefined : peer.absent;
  const figure = typeof peer === "number" ? peer : null;
  const remark = [note, missing].filter(Boolean).join("; ");
  const ahead = (of: number) => (better === "more" ? ours / of : of / ours);
  return {
    case: what.case,
    unit: what.unit,
    ours,
    peer: figure,
    peer_name: peerName,
    ratio: figure === null ? null : ahead(figure),
    ...(limit ? { limit: limit.figure, limited_by: limit.by, share: ahead(limit.figure) } : {}),
    ...(remark ? { note: remark } : {}),
  };
}

/** A figure of ours that nothing is set against. */
export const plain = (title: string, unit: string, ours: number, note?: string): BenchRow => ({
  case: title,
  unit,
  ours,
  peer: null,
  peer_name: "none",
  ratio: null,
  ...(note ? { note } : {}),
});

/** The middle of some figures. @throws RangeError where there are none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("The median of no values is not defined.");
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Milliseconds that `work` takes. */
export async function time(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/**
 * The second of two runs. The first wakes threads, and brings back memory that has been out of use while others ran: the
 * first pass of a model of 500 MB after three seconds of rest takes half as long again.
 */
export const warm =
  <T>(run: () => Promise<T>) =>
  async (): Promise<T> => {
    await run();
    return await run();
  };

export interface InterleaveOptions {
  /** Measured runs of each; 5 by default, and 1 in a quick run. */
  readonly runs?: number;
  /** Runs of each before the first that counts; 1 by default. */
  readonly warmup?: number;
}

/** ONNX Runtime's threads wait busily for some 30 ms after a run, and so take a core from whoever is next. */
const REST_MS = 60;

/** Waits for so long that the threads of the contestant before are asleep. */
export const rest = (): Promise<void> => setTimeout(REST_MS);

/**
 * Runs the contestants in turn, so that whatever else the machine does meets them alike, and each a while after
 * the one before.
 * @param contestants each resolves to one figure of one run.
 * @returns the median figure of each.
 */
export async function interleave<K extends string>(
  contestants: Readonly<Record<K, () => Promise<number>>>,
  { runs = 5, warmup = 1 }: InterleaveOptions = {},
): Promise<Record<K, number>> {
  const names = Object.keys(contestants) as K[];
  const figures = new Map(names.map((name) => [name, [] as number[]]));
  for (let run = -Math.min(warmup, fewest(warmup)); run < fewest(runs); run++) {
    for (const name of names) {
      await rest();
      const figure = await contestants[name]();
      if (run >= 0) figures.get(name)!.push(figure);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(figures.get(name)!)])) as Record<K, number>;
}
