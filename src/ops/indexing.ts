/** Rows of a table by number, and the adjoint: adding rows into a table. */
import { type DType, float32, int32, sizeOf } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { normaliseAxis, type Shape, sameShape, staticShape } from "../core/shape.ts";
import type { Aval, Tensor } from "../graph/tensor.ts";
import { defineOp, indices, none, type ReferenceArray, real, typed } from "./define.ts";
import { type Emitter, elementNumber, type Operand, type Value } from "./emitter.ts";

/** Up to this many rows a product with a one-hot matrix beats ScatterND on the CPU. */
const ONE_HOT_LIMIT = 1024;

export const gatherOp = defineOp({
  name: "gather",
  inputs: ["table", "index"],
  outputs: ["rows"],
  infer({ table, index }) {
    if (index.dtype !== "int32" && index.dtype !== "int64")
      throw new ShapeError("gather", "indices must be whole numbers", [index.shape]);
    return { rows: { dtype: table.dtype, shape: [...index.shape, ...table.shape.slice(1)] } };
  },
  vjp: ({ rows: g }, { table, index }, _, needs) => ({
    table: needs.table ? scatterAdd(g, index, table.shape) : undefined,
  }),
  lower: (emit, { table, index }) => ({
    rows: emit.node("Gather", [table, index], { attributes: { axis: 0 } }),
  }),
  reference({ table, index }, _, { rows }) {
    const width = rowWidth(table);
    index.data.forEach((id, i) => {
      rows.data.set(table.data.subarray(id * width, (id + 1) * width), i * width);
    });
  },
  samples: [
    { title: "embedding", inputs: { table: real(5, 3), index: indices(5, 2, 4) } },
    { title: "repeated rows", inputs: { table: real(2, 3), index: indices(2, 6) } },
  ],
});

/** Rows `index` of the first axis of `table`. table [v, ...], index [...i] → [...i, ...]. */
export function gather(table: Tensor, index: Tensor): Tensor {
  return gatherOp.apply({ table, index }).rows;
}

export const scatterAddOp = defineOp({
  name: "scatter_add",
  inputs: ["rows", "index"],
  outputs: ["table"],
  attributes: typed<{ readonly shape: Shape }>(),
  infer({ rows, index }, { shape }) {
    checkRows("scatter_add", rows, index, shape);
    staticShape("scatter_add", shape);
    return { table: { dtype: "float32", shape } };
  },
  vjp: ({ table: g }, { index }) => ({ rows: gather(g, index) }),
  lower: (emit, { rows, index }, { shape }) => ({
    table: lowerAddRows(emit, undefined, rows, index, shape),
  }),
  reference: ({ rows, index }, _, { table }) => addRowsReference(table, rows, index),
  samples: [
    {
      title: "small table",
      inputs: { rows: real(2, 4, 3), index: indices(5, 2, 4) },
      attributes: { shape: [5, 3] },
    },
    {
      title: "large table",
      inputs: { rows: real(6, 2), index: indices(3, 6) },
      attributes: { shape: [ONE_HOT_LIMIT + 1, 2] },
    },
    {
      title: "higher rank",
      inputs: { rows: real(4, 2, 3), index: indices(3, 4) },
      attributes: { shape: [3, 2, 3] },
    },
  ],
});

/** A table of `shape` with each row of `rows` added at its index. The adjoint of {@link gather}. */
export function scatterAdd(rows: Tensor, index: Tensor, shape: Shape): Tensor {
  return scatterAddOp.apply({ rows, index }, { shape }).table;
}

export const addRowsOp = defineOp({
  name: "add_rows",
  inputs: ["table", "rows", "index"],
  outputs: ["sum"],
  infer({ table, rows, index }) {
    checkRows("add_rows", rows, index, table.shape);
    return { sum: { dtype: "float32", shape: table.shape } };
  },
  vjp: ({ sum: g }, { index }) => ({ table: g, rows: gather(g, index) }),
  lower: (emit, { table, rows, index }) => ({ sum: lowerAddRows(emit, table, rows, index, table.shape) }),
  reference({ table, rows, index }, _, { sum }) {
    sum.data.set(table.data);
    addRowsReference(sum, rows, index);
  },
  samples: [
    { title: "small table", inputs: { table: real(5, 3), rows: real(2, 4, 3), index: indices(5, 2, 4) } },
    {
      title: "large table",
      inputs: { table: real(ONE_HOT_LIMIT + 1, 1), rows: real(3, 1), index: indices(3, 3) },
    },
  ],
});

/** `table` with each row of `rows` added at its index. table [v, ...], rows [...i, ...], index [...i] → [v, ...]. */
export function addRows(table: Tensor, rows: Tensor, index: Tensor): Tensor {
  return addRowsOp.apply({ table, rows, index }).sum;
}

function checkRows(op: string, { shape: rows }: Aval, { shape: index }: Aval, table: Shape): void {
  if (!sameShape(rows, [...index, ...table.slice(1)]))
    throw new ShapeError(op, "rows do not match the indices and the table", [rows, index, table]);
}

function lowerAddRows(
  emit: Emitter,
  table: Operand | undefined,
  rows: Operand,
  index: Operand,
  shape: Shape,
): string {
  const [size, width] = shape;
  const cast = (x: Value, to: DType) => emit.node("Cast", [x], { attributes: { to: elementNumber[to] } });
  const add = (hot: string, n: number) =>
    emit.node("Gemm", [hot, emit.node("Reshape", [rows, emit.ints([-1, n])]), ...(table ? [table] : [])], {
      attributes: { transA: 1 },
    });
  const small = shape.length === 2 && typeof size === "number" && size <= ONE_HOT_LIMIT;
  if (small && typeof width === "number" && emit.kernels.missing.has("OneHot")) {
    // GPUs compute with 32-bit integers.
    const column = emit.node("Reshape", [index, emit.ints([-1, 1])]);
    const all = emit.constant(
      int32(
        [1, size],
        Int32Array.from({ length: size }, (_, i) => i),
      ),
    );
    const narrow = index.dtype === "int32" ? column : cast(column, "int32");
    return add(cast(emit.node("Equal", [narrow, all]), "float32"), width);
  }
  if (small && typeof width === "number") {
    const flat = emit.node("Reshape", [cast(index, "int64"), emit.ints([-1])]);
    return add(emit.node("OneHot", [flat, emit.ints([size]), emit.constant(float32([2], [0, 1]))]), width);
  }
  const column = cast(emit.node("Unsqueeze", [index, emit.ints([index.shape.length])]), "int64");
  const onto = table ?? emit.node("Expand", [emit.scalar(0), emit.ints(staticShape("scatter_add", shape))]);
  return emit.node("ScatterND", [onto, column, rows], { attributes: { reduction: "add" } });
}

function addRowsReference(table: ReferenceArray, rows: ReferenceArray, index: ReferenceArray): void {
  const width = rowWidth(table);
  index.data.forEach((id, i) => {
    for (let k = 0; k < width; k++) table.data[id * width + k]! += rows.data[i * width + k]!;
  });
}

/** Numbers of one row along the first axis. */
const rowWidth = ({ shape }: ReferenceArray): number => sizeOf(shape.slice(1));

export const argmaxOp = defineOp({
  name: "argmax",
  inputs: ["x"],
  outputs: ["index"],
  infer: ({ x }) => ({ index: { dtype: "int64", shape: x.shape.slice(0, -1) } }),
  vjp: none("indices are whole numbers"),
  lower: (emit, { x }) => ({ index: emit.node("ArgMax", [x], { attributes: { axis: -1, keepdims: 0 } }) }),
  reference({ x }, _, { index }) {
    const n = x.data.length / index.data.length;
    for (let row = 0; row < index.data.length; row++) {
      const numbers = x.data.subarray(row * n, (row + 1) * n);
      index.data[row] = numbers.indexOf(Math.max(...numbers));
    }
  },
  samples: [{ title: "rows", inputs: { x: real(4, 7) } }],
});

/** Position of the largest element along the last axis, the first where several are. */
export const argmax = (x: Tensor): Tensor => argmaxOp.apply({ x }).index;

export const indexAlongOp = defineOp({
  name: "index_along",
  inputs: ["x"],
  outputs: ["index"],
  attributes: typed<{ readonly axis: number }>(),
  infer: ({ x }) => ({ index: { dtype: "int32", shape: x.shape } }),
  vjp: none("indices are whole numbers"),
  lower(emit, { x }, { axis }) {
    const ones = emit.node("Expand", [emit.constant(int32([], [1])), emit.node("Shape", [x])]);
    const along = emit.constant(int32([], [axis]));
    return { index: emit.node("CumSum", [ones, along], { attributes: { exclusive: 1 } }) };
  },
  reference({ x }, { axis }, { index }) {
    const [size = 1, ...inner] = x.shape.slice(axis);
    const stride = sizeOf(inner);
    for (let i = 0; i < index.data.length; i++) index.data[i] = Math.floor(i / stride) % size;
  },
  samples: [
    { title: "columns", inputs: { x: indices(9, 2, 3) }, attributes: { axis: 1 } },
    { title: "rows", inputs: { x: real(3, 2) }, attributes: { axis: 0 } },
  ],
});

/** For each element of `x` its index along one axis, as int32: positions where a size is dynamic. */
export const indexAlong = (x: Tensor, axis: number): Tensor =>
  indexAlongOp.apply({ x }, { axis: normaliseAxis("index_along", axis, x.shape) }).index;
