/** The memory of a model's state between calls. */
import { type HostArray, hostArray, sizeOf } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import { cacheAppend } from "../ops/cache-append.ts";
import { seesUsedAlone } from "../ops/growing-attention.ts";
import { type State, zeroState } from "./model.ts";

type Specs = Readonly<Record<string, Spec>>;
type Arrays = Readonly<Record<string, HostArray>>;

/** The same state with zeros in some rows. */
export function withoutRows(state: Arrays, rows: readonly number[]): Arrays {
  return Object.fromEntries(
    Object.entries(state).map(([name, array]) => {
      const copy = { ...array, data: array.data.slice() } as HostArray;
      for (const row of rows) (rowOf(copy, row).data as Float32Array).fill(0);
      return [name, copy];
    }),
  );
}

/**
 * A state for `rows.length` texts: text `i` is text `rows[i]` of `state`.
 * @param specs of the new state; the first axis of every tensor is the batch
 * @param used tokens kept of tensors of a size that the caller chooses
 */
export function selectRows(
  state: Arrays,
  specs: Specs,
  rows: ArrayLike<number>,
  capacity = 0,
  used = 0,
): Record<string, HostArray> {
  const chosen = zeroState(specs, capacity);
  for (const [name, { shape }] of Object.entries(specs)) {
    const axis = capacityAxis(shape);
    for (let i = 0; i < rows.length; i++) {
      const from = rowOf(state[name]!, rows[i]!);
      const to = rowOf(chosen[name]!, i);
      if (axis < 0) (to.data as Float32Array).set(from.data as Float32Array);
      else copyAlong(from, to, axis, used);
    }
  }
  return chosen;
}

/**
 * The state after a call: what it added is behind the tokens that each row had, in the same memory.
 * @param added as {@link Model.state} says
 * @param used tokens that each row had
 */
export function appendTo(
  state: Arrays,
  specs: Specs,
  added: Arrays,
  used: readonly number[],
): Record<string, HostArray> {
  const next: Record<string, HostArray> = {};
  for (const [name, { shape }] of Object.entries(specs)) {
    const axis = capacityAxis(shape);
    if (axis < 0) next[name] = added[name]!;
    else {
      next[name] = state[name]!;
      for (const [row, at] of used.entries()) {
        const from = rowOf(added[name]!, row);
        copyAlong(from, rowOf(state[name]!, row), axis, from.shape[axis]!, at);
      }
    }
  }
  return next;
}

/**
 * The caches of a state after a call, as a graph: what it added is behind what was in use, of those that grow.
 * @param specs of the state of some number of rows; tokens are the third of four axes
 * @param index int32 [room]: for each token of the new state, which one of those in the state and of those added, which
 *   come after the state's whole room
 */
export function appendedInGraph(state: State, added: State, specs: Specs, index: Tensor): State {
  const caches = Object.entries(specs).filter(([, { dtype }]) => dtype === "float32");
  return Object.fromEntries(
    caches.map(([name, { shape }]) => [
      name,
      capacityAxis(shape) < 0 ? added[name]! : cacheAppend(state[name]!, added[name]!, index),
    ]),
  );
}

/** A state with no tokens in use, with room for one alone: a first call then does not pass over more. */
export function withoutRoom(state: Arrays, specs: Specs): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => {
      if (capacityAxis(shape) < 0) return [name, state[name]!];
      const sizes = shape.map((d) => (typeof d === "string" ? 1 : d));
      return [name, hostArray(dtype, sizes, state[name]!.data.subarray(0, sizeOf(sizes)) as never)];
    }),
  );
}

/** Whether attention to caches that grow in place reads what is in use of them alone. */
export const readsUsedAlone = (specs: Specs): boolean =>
  Object.values(specs).every(({ shape }) => capacityAxis(shape) < 0 || seesUsedAlone(shape.at(-1) as number));

export const capacityAxis = (shape: Spec["shape"]): number => shape.findIndex((d) => typeof d === "string");

/** Row `i` of the first axis, as a view with that axis kept. */
export function rowOf({ dtype, shape, data }: HostArray, i: number): HostArray {
  const size = sizeOf(shape.slice(1));
  return { dtype, shape: [1, ...shape.slice(1)], data: data.subarray(i * size, (i + 1) * size) };
}

/** Copies the first `count` places of an axis to the places from `at` on. */
function copyAlong(from: HostArray, to: HostArray, axis: number, count: number, at = 0): void {
  const inner = sizeOf(from.shape.slice(axis + 1));
  const outer = sizeOf(from.shape.slice(0, axis));
  for (let o = 0; o < outer; o++) {
    const start = o * from.shape[axis]! * inner;
    (to.data as Float32Array).set(
      (from.data as Float32Array).subarray(start, start + count * inner),
      (o * to.shape[axis]! + at) * inner,
    );
  }
}
