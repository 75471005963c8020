import { expect, it } from "vitest";
import { compile } from "../../test/node-compile.ts";
import { gradients } from "../autodiff/grad.ts";
import { worstError } from "../conformance/compare.ts";
import { float32, type HostArray } from "../core/array.ts";
import { input } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { attention } from "./attention.ts";
import { sum } from "./broadcast.ts";
import { multiply } from "./elementwise.ts";
import { interpret, toReference } from "./interpret.ts";

const [batch, length, heads, kvHeads, d] = [2, 3, 4, 2, 2];
const numbers = (seed: number, ...shape: number[]): HostArray =>
  float32(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(seed + 3 * i)),
  );

/** Heads 0, 0, 1, 1 of the two heads 0, 1. */
const repeated = ({ data }: HostArray): HostArray =>
  float32(
    [batch, length, heads * d],
    Float32Array.from({ length: batch * length * heads * d }, (_, i) => {
      const [row, head, k] = [Math.floor(i / (heads * d)), Math.floor(i / d) % heads, i % d];
      return Number(data[row * kvHeads * d + Math.floor(head / 2) * d + k]);
    }),
  );

/** Attention, and the gradients of its weighted sum. */
const withGradients = (q: Tensor, k: Tensor, v: Tensor, w: Tensor, groups: number | undefined) => {
  const y = attention(q, k, v, { heads, kvHeads: groups, causal: true });
  return [y, ...gradients(sum(multiply(y, w)), [q, k, v])];
};

function byReference(arrays: readonly HostArray[], groups?: number) {
  const [q, k, v, w] = arrays.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
  const feeds = new Map([q!, k!, v!, w!].map((tensor, i) => [tensor, toReference(arrays[i]!)]));
  return interpret(withGradients(q!, k!, v!, w!, groups), feeds);
}

it("fewer heads of keys and values serve several heads of queries each", async () => {
  const q = numbers(1, batch, length, heads * d);
  const [k, v] = [numbers(2, batch, length, kvHeads * d), numbers(3, batch, length, kvHeads * d)];
  const w = numbers(4, batch, length, heads * d);
  const [y, dq, dk] = byReference([q, k, v, w], kvHeads);
  const [fullY, fullDq, fullDk] = byReference([q, repeated(k), repeated(v), w]);
  expect(worstError(y!.data, fullY!.data)).toBeLessThan(1e-12);
  expect(worstError(dq!.data, fullDq!.data)).toBeLessThan(1e-12);
  // The gradient of a head is the sum over those that it serves.
  const summed = dk!.data.map((_, i) => {
    const [row, head, at] = [Math.floor(i / (kvHeads * d)), Math.floor(i / d) % kvHeads, i % d];
    const first = row * heads * d + 2 * head * d + at;
    return fullDk!.data[first]! + fullDk!.data[first + d]!;
  });
  expect(worstError(dk!.data, summed)).toBeLessThan(1e-12);

  const named = (width: number) => ({ dtype: "float32" as const, shape: ["batch", "length", width] });
  const forward = compile(
    (q: Tensor, k: Tensor, v: Tensor) => attention(q, k, v, { heads, kvHeads, causal: true }),
    { specs: [named(heads * d), named(kvHeads * d), named(kvHeads * d)] },
  );
  const actual = await forward(q, k, v);
  expect(worstError(actual.data, fullY!.data)).toBeLessThan(1e-5);
  await forward.release();
});

it("heads that the others do not divide are refused", () => {
  const x = input("x", "float32", [1, 2, 6]);
  expect(() => attention(x, x, x, { heads: 3, kvHeads: 2 })).toThrow(/3 heads are not a multiple of 2/);
});
