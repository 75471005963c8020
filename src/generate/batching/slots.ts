/**
 * Texts that grow in one model independently of each other: each has a slot, and those that are written by one token
 * at the same time share a run.
 */
import type { HostArray } from "../../core/array.ts";

/** Slots count from 0. What a call returns is good until the next call; it may be no numbers, for any of the slots. */
export interface Slots {
  /** How many texts can grow. */
  readonly count: number;
  /** Tokens that a slot holds. */
  held(slot: number): number;
  /**
   * Appends one token to each of some texts, in one run.
   * @param ids one for each slot
   * @returns the logits of what comes next, [vocabulary] for each slot
   */
  step(slots: readonly number[], ids: Int32Array): Promise<Float32Array[]>;
  /**
   * Appends tokens to one text.
   * @param each whether the logits after each token are wanted; otherwise only those after the last
   * @returns [vocabulary] for each token, or for the last
   */
  read(slot: number, ids: Int32Array, each: boolean): Promise<Float32Array[]>;
  /** Makes a slot hold the first `tokens` of what `from`, which may be itself, holds; false where that is not remembered. */
  copy(from: number, to: number, tokens: number): boolean;
  /** Makes a slot empty, whatever it holds: what is no number would not stay with the text that it is of. */
  clear(slot: number): void;
  /** Bytes that the slots take. */
  readonly bytes: number;
  /** Gives back memory that what the slots hold does not need. */
  shrink(): void;
  release(): Promise<void>;
}

/** Of the memory of some states; what they share counts once. */
export function bytesOf(states: readonly Readonly<Record<string, HostArray>>[]): number {
  const buffers = new Set(states.flatMap((state) => Object.values(state).map(({ data }) => data.buffer)));
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Rows of width `width`, as views. */
export function rowsOf(values: Float32Array, count: number): Float32Array[] {
  const width = values.length / count;
  return Array.from({ length: count }, (_, row) => values.subarray(row * width, (row + 1) * width));
}
