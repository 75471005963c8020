/**
 * Two marks by which the backward pass recomputes the values between kept ones (Chen et al. 2016, arXiv
 * 1604.06174): which values are kept, and that a computation waits until another one is done.
 */
import { hostArray } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";
import { defineOp, real } from "./define.ts";

export const keepOp = defineOp({
  name: "keep",
  inputs: ["x"],
  outputs: ["y"],
  infer: ({ x }) => ({ y: x }),
  vjp: ({ y: g }) => ({ x: g }),
  lower: (_, { x }) => ({ y: x }),
  reference: ({ x }, _, { y }) => y.data.set(x.data),
  samples: [{ title: "matrix", inputs: { x: real(2, 3) } }],
});

/** The same value, marked as one to keep: `gradients` recomputes those between it and the next one. Costs nothing. */
export const keep = (x: Tensor): Tensor => keepOp.apply({ x }).y;

export const afterOp = defineOp({
  name: "after",
  inputs: ["x", "other"],
  outputs: ["y"],
  infer: ({ x }) => ({ y: x }),
  vjp: ({ y: g }) => ({ x: g }),
  // Nothing that a runtime could optimise away: it may know that 0 · y is 0 only for finite numbers.
  lower(emit, { x, other }) {
    const flat = emit.node("Reshape", [other, emit.ints([-1])]);
    const first = emit.node("Gather", [flat, emit.constant(hostArray("int64", [], BigInt64Array.of(0n)))]);
    return { y: emit.node("Add", [x, emit.node("Mul", [first, emit.scalar(0)])]) };
  },
  reference: ({ x }, _, { y }) => y.data.set(x.data),
  samples: [{ title: "matrix after a vector", inputs: { x: real(2, 3), other: real(4) } }],
});

/** x, but not before `other` has been computed, which must be finite: what is made of it runs late. x [...] → [...]. */
export const after = (x: Tensor, other: Tensor): Tensor => afterOp.apply({ x, other }).y;
