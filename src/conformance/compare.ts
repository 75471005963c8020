/** How far two arrays are apart, and where. */
import type { HostArray } from "../core/array.ts";
import { stridesOf } from "../core/shape.ts";

/** Largest difference relative to the larger magnitude, with an absolute floor of 1. */
export function worstError(actual: HostArray["data"] | Float64Array, expected: Float64Array): number {
  return worst(actual, expected).error;
}

/** What is wrong where two arrays differ by more than `tolerance`; undefined where they agree. */
export function difference(
  name: string,
  actual: { readonly shape: readonly number[]; readonly data: HostArray["data"] | Float64Array },
  expected: { readonly shape: readonly number[]; readonly data: Float64Array },
  tolerance: number,
): string | undefined {
  if (actual.shape.join() !== expected.shape.join())
    return `${name} has the shape [${actual.shape.join(", ")}], expected [${expected.shape.join(", ")}]`;
  const { error, at } = worst(actual.data, expected.data);
  if (error < tolerance || expected.data.length === 0) return undefined;
  const place = stridesOf(expected.shape).map(
    (stride, i) => Math.floor(at / stride) % (expected.shape[i] ?? 1),
  );
  return `${name}[${place.join(", ")}] is ${Number(actual.data[at])}, expected ${expected.data[at]} (tolerance ${tolerance})`;
}

function worst(
  actual: HostArray["data"] | Float64Array,
  expected: Float64Array,
): { readonly error: number; readonly at: number } {
  let found = { error: 0, at: 0 };
  for (const [at, y] of expected.entries()) {
    const x = Number(actual[at]);
    const relative = Math.abs(x - y) / Math.max(1, Math.abs(x), Math.abs(y));
    const error = Number.isFinite(relative) ? relative : Infinity;
    if (error > found.error) found = { error, at };
  }
  return found;
}
