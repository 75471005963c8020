/** Rows of a table by number, and the adjoint: adding rows into a table. */
import { float32, int32 } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { type Dim, type Shape, sameShape } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import {
  defineOp,
  type Emitter,
  indices,
  none,
  type Operand,
  type ReferenceArray,
  real,
  zeros,
} from "./define.ts";

/** Up to this many rows a product with a one-hot matrix beats ScatterND on the CPU. */
const ONE_HOT_LIMIT = 1024;

export const gatherOp = defineOp({
  name: "gather",
  infer([table, index]) {
    if (index!.dtype !== "int32" && index!.dtype !== "int64")
      throw new ShapeError("gather", "indices must be whole numbers", [index!.shape]);
    return [{ dtype: table!.dtype, shape: [...index!.shape, ...table!.shape.slice(1)] }];
  },
  vjp: ({ inputs: [table, index], cotangents: [g] }) => [scatterAdd(g!, index!, table!.shape)],
  lower: (emit, [table, index]) =>
    emit.node("Gather", [table!.name, index!.name], { attributes: { axis: 0 } }),
  reference([table, index], _, [out]) {
    const result = zeros(out!.shape);
    const row = table!.data.length / table!.shape[0]!;
    index!.data.forEach((id, i) => {
      result.data.set(table!.data.subarray(id * row, (id + 1) * row), i * row);
    });
    return [result];
  },
  samples: [
    { title: "embedding", inputs: [real(5, 3), indices(5, 2, 4)], attributes: {} },
    { title: "repeated rows", inputs: [real(2, 3), indices(2, 6)], attributes: {} },
  ],
});

/** Rows `index` of the first axis of `table`. table [v, ...], index [...i] → [...i, ...]. */
export function gather(table: Tensor, index: Tensor): Tensor {
  return gatherOp.apply([table, index], {})[0]!;
}

export const scatterAddOp = defineOp<{ readonly shape: readonly Dim[] }>({
  name: "scatter_add",
  infer([rows, index], { shape }) {
    if (!sameShape(rows!.shape, [...index!.shape, ...shape.slice(1)])) {
      throw new ShapeError("scatter_add", "rows do not match the indices and the table", [
        rows!.shape,
        index!.shape,
        shape,
      ]);
    }
    return [{ dtype: "float32", shape }];
  },
  vjp: ({ inputs: [, index], cotangents: [g] }) => [gather(g!, index!)],
  lower: (emit, [rows, index], { shape }) => lowerAddRows(emit, undefined, rows!, index!, shape),
  reference: ([rows, index], { shape }) => [addRowsReference(zeros(shape), rows!, index!)],
  samples: [
    { title: "small table", inputs: [real(2, 4, 3), indices(5, 2, 4)], attributes: { shape: [5, 3] } },
    {
      title: "large table",
      inputs: [real(6, 2), indices(3, 6)],
      attributes: { shape: [ONE_HOT_LIMIT + 1, 2] },
    },
    { title: "higher rank", inputs: [real(4, 2, 3), indices(3, 4)], attributes: { shape: [3, 2, 3] } },
  ],
});

/** A table of `shape` with each row of `rows` added at its index. The adjoint of {@link gather}. */
export function scatterAdd(rows: Tensor, index: Tensor, shape: Shape): Tensor {
  return scatterAddOp.apply([rows, index], { shape })[0]!;
}

export const addRowsOp = defineOp({
  name: "add_rows",
  infer([table, rows, index]) {
    if (!sameShape(rows!.shape, [...index!.shape, ...table!.shape.slice(1)])) {
      throw new ShapeError("add_rows", "rows do not match the table and the indices", [
        table!.shape,
        rows!.shape,
        index!.shape,
      ]);
    }
    return [{ dtype: "float32", shape: table!.shape }];
  },
  vjp: ({ inputs: [, , index], cotangents: [g] }) => [g!, gather(g!, index!)],
  lower: (emit, [table, rows, index]) => lowerAddRows(emit, table!, rows!, index!, table!.shape),
  reference: ([table, rows, index]) => [
    addRowsReference({ shape: table!.shape, data: table!.data.slice() }, rows!, index!),
  ],
  samples: [
    { title: "small table", inputs: [real(5, 3), real(2, 4, 3), indices(5, 2, 4)], attributes: {} },
    { title: "large table", inputs: [real(ONE_HOT_LIMIT + 1, 1), real(3, 1), indices(3, 3)], attributes: {} },
  ],
});

/** `table` with each row of `rows` added at its index. table [v, ...], rows [...i, ...], index [...i] → [v, ...]. */
export function addRows(table: Tensor, rows: Tensor, index: Tensor): Tensor {
  return addRowsOp.apply([table, rows, index], {})[0]!;
}

function lowerAddRows(
  emit: Emitter,
  table: Operand | undefined,
  rows: Operand,
  index: Operand,
  shape: Shape,
): string {
  const [size, width] = shape;
  const wide = emit.node("Cast", [index.name], { attributes: { to: 7 } });
  if (shape.length === 2 && typeof size === "number" && size <= ONE_HOT_LIMIT) {
    const flat = emit.node("Reshape", [wide, emit.ints([-1])]);
    const hot = emit.node("OneHot", [flat, emit.ints([size]), emit.constant(float32([2], [0, 1]))]);
    const matrix = emit.node("Reshape", [rows.name, emit.ints([-1, width as number])]);
    return emit.node("Gemm", table ? [hot, matrix, table.name] : [hot, matrix], {
      attributes: { transA: 1 },
    });
  }
  const column = emit.node("Unsqueeze", [wide, emit.ints([index.shape.length])]);
  const onto = table?.name ?? emit.node("Expand", [emit.scalar(0), emit.ints(shape as readonly number[])]);
  return emit.node("ScatterND", [onto, column, rows.name], { attributes: { reduction: "add" } });
}

function addRowsReference(
  table: ReferenceArray,
  rows: ReferenceArray,
  index: ReferenceArray,
): ReferenceArray {
  const row = table.data.length / table.shape[0]!;
  index.data.forEach((id, i) => {
    for (let k = 0; k < row; k++) table.data[id * row + k]! += rows.data[i * row + k]!;
  });
  return table;
}

export const argmaxOp = defineOp({
  name: "argmax",
  infer: ([x]) => [{ dtype: "int64", shape: x!.shape.slice(0, -1) }],
  vjp: none("indices are whole numbers"),
  lower: (emit, [x]) => emit.node("ArgMax", [x!.name], { attributes: { axis: -1, keepdims: 0 } }),
  reference([x], _, [out]) {
    const result = zeros(out!.shape);
    const n = x!.shape[x!.shape.length - 1]!;
    for (let row = 0; row < result.data.length; row++) {
      let best = 0;
      for (let i = 1; i < n; i++) if (x!.data[row * n + i]! > x!.data[row * n + best]!) best = i;
      result.data[row] = best;
    }
    return [result];
  },
  samples: [{ title: "rows", inputs: [real(4, 7)], attributes: {} }],
});

/** Position of the largest element along the last axis, the first where several are. */
export const argmax = (x: Tensor): Tensor => argmaxOp.apply([x], {})[0]!;

export const indexAlongOp = defineOp<{ readonly axis: number }>({
  name: "index_along",
  infer: ([x]) => [{ dtype: "int32", shape: x!.shape }],
  vjp: none("indices are whole numbers"),
  lower(emit, [x], { axis }) {
    const shape = emit.node("Shape", [x!.name]);
    const ones = emit.node("Expand", [emit.constant(int32([], [1])), shape]);
    return emit.node("CumSum", [ones, emit.constant(int32([], [axis]))], { attributes: { exclusive: 1 } });
  },
  reference([x], { axis }) {
    const result = zeros(x!.shape);
    const stride = x!.shape.slice(axis + 1).reduce((n, d) => n * d, 1);
    for (let i = 0; i < result.data.length; i++) result.data[i] = Math.floor(i / stride) % x!.shape[axis]!;
    return [result];
  },
  samples: [
    { title: "columns", inputs: [indices(9, 2, 3)], attributes: { axis: 1 } },
    { title: "rows", inputs: [real(3, 2)], attributes: { axis: 0 } },
  ],
});

/** For each element of `x` its index along one axis, as int32: positions where a size is dynamic. */
export const indexAlong = (x: Tensor, axis: number): Tensor => indexAlongOp.apply([x], { axis })[0]!;
