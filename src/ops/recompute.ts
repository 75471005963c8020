/**
 * Two marks by which the backward pass computes the values between kept ones anew (Chen et al. 2016, arXiv
 * 1604.06174): which values are kept, and that a computation is to wait until another one is done.
 */
import { hostArray } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";
import { defineOp, real } from "./define.ts";

export const keepOp = defineOp({
  name: "keep",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  vjp: ({ cotangents: [g] }) => [g!],
  lower: (_, [x]) => x!.name,
  reference: ([x]) => [{ shape: x!.shape, data: x!.data.slice() }],
  samples: [{ title: "matrix", inputs: [real(2, 3)], attributes: {} }],
});

/** The same value, marked as one to keep: `gradients` computes those between it and the next one anew. Costs nothing. */
export const keep = (x: Tensor): Tensor => keepOp.apply([x], {})[0]!;

export const afterOp = defineOp({
  name: "after",
  infer: ([x]) => [{ dtype: "float32", shape: x!.shape }],
  vjp: ({ cotangents: [g] }) => [g!],
  // Nothing that a runtime could optimise away: it may know that 0 · y is 0 only for finite numbers.
  lower(emit, [x, other]) {
    const flat = emit.node("Reshape", [other!.name, emit.ints([-1])]);
    const first = emit.node("Gather", [flat, emit.constant(hostArray("int64", [], BigInt64Array.of(0n)))]);
    return emit.node("Add", [x!.name, emit.node("Mul", [first, emit.scalar(0)])]);
  },
  reference: ([x]) => [{ shape: x!.shape, data: x!.data.slice() }],
  samples: [{ title: "matrix after a vector", inputs: [real(2, 3), real(4)], attributes: {} }],
});

/** x, but not before `other` has been computed, which must be finite: what is made of it runs late. x [...] → [...]. */
export const after = (x: Tensor, other: Tensor): Tensor => afterOp.apply([x, other], {})[0]!;
