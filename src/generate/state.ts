/** The memory of a model's state between calls. */
import { allocate, type HostArray, hostArray, sizeOf } from "../core/array.ts";
import type { Spec } from "../graph/tree.ts";

type Specs = Readonly<Record<string, Spec>>;

/** Zeros for every tensor of a state, with room for `capacity` tokens where its size is the caller's to choose. */
export function zeroState(specs: Specs, capacity = 0): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => {
      const sizes = shape.map((d) => (typeof d === "string" ? capacity : d));
      return [name, hostArray(dtype, sizes, allocate(dtype, sizeOf(sizes)))];
    }),
  );
}

/** The same state with more room: `used` tokens of each tensor are kept. */
export function enlarge(
  state: Readonly<Record<string, HostArray>>,
  specs: Specs,
  capacity: number,
  used: number,
): Record<string, HostArray> {
  const larger = zeroState(specs, capacity);
  for (const [name, { shape }] of Object.entries(specs)) {
    const axis = shape.findIndex((d) => typeof d === "string");
    if (axis < 0) larger[name] = state[name]!;
    else copyAlong(state[name]!, larger[name]!, axis, used);
  }
  return larger;
}

function copyAlong(from: HostArray, to: HostArray, axis: number, count: number): void {
  const inner = sizeOf(from.shape.slice(axis + 1));
  const outer = sizeOf(from.shape.slice(0, axis));
  for (let o = 0; o < outer; o++) {
    const start = o * from.shape[axis]! * inner;
    (to.data as Float32Array).set(
      (from.data as Float32Array).subarray(start, start + count * inner),
      o * to.shape[axis]! * inner,
    );
  }
}
