/** Tensors as matrices. */
import type { Dim } from "../core/shape.ts";
import { checkList, checkTensor } from "../graph/operands.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reshape } from "../ops/broadcast.ts";

/** [..., n] → [rows, n]. */
export function flattenRows(x: Tensor): Tensor {
  checkTensor(x, "flattenRows");
  return reshape(x, [mergeDims(x.shape.slice(0, -1)), x.shape[x.shape.length - 1]!]);
}

/** The size of several axes merged into one; a product of names where they are dynamic. */
export function mergeDims(dims: readonly Dim[]): Dim {
  checkList(dims, "mergeDims", "sizes");
  const size = dims.reduce<number>((n, d) => (typeof d === "number" ? n * d : n), 1);
  const names = dims.filter((d) => typeof d === "string").sort();
  if (names.length === 0) return size;
  return size === 1 ? names.join("*") : `${size}*${names.join("*")}`;
}
