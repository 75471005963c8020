/** What the process of one benchmark sends: its rows, or why there are none. */
import type { BenchRow } from "../bench.ts";

export interface Outcome {
  readonly rows: readonly BenchRow[];
  /** Why there are no rows, or which of them had no figure. */
  readonly reasons: readonly string[];
}

export const without = (reason: string): Outcome => ({ rows: [], reasons: [reason] });

/** Reads a message; undefined where it is not about the outcome. Rows without a figure of ours are left out. */
export function readOutcome(message: unknown): Outcome | undefined {
  if (!isObject(message)) return undefined;
  if (typeof message.reason === "string") return without(message.reason);
  if (!("rows" in message)) return undefined;
  if (!Array.isArray(message.rows) || !message.rows.every(isRow))
    return without("it gave something else than rows");
  const measured = message.rows.filter(({ ours }) => Number.isFinite(ours));
  return {
    rows: measured.map((row) => ({ ...row, peer: finite(row.peer), ratio: finite(row.ratio) })),
    reasons: message.rows
      .filter(({ ours }) => !Number.isFinite(ours))
      .map((row) => `there is no figure of "${row.case}"`),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const isRow = (value: unknown): value is BenchRow =>
  isObject(value) &&
  [value.case, value.unit, value.peer_name].every((text) => typeof text === "string") &&
  typeof value.ours === "number" &&
  [value.peer, value.ratio].every((figure) => figure === null || typeof figure === "number");

const finite = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;
