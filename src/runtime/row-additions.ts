/**
 * Results that are a table with rows added, such as the gradient of a token embedding that is also the
 * head's matrix: the graph computes the table, straight into its memory, and the few rows; the host adds
 * them there. In the graph the sum would take another table of that size.
 */
import { type HostArray, sizeOf } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";

export interface RowAddition {
  /** Which results these are, by their place in `roots`. */
  readonly table: number;
  readonly rows: number;
  readonly index: number;
}

export interface SplitOutputs {
  /** What the graph is to compute. */
  readonly roots: readonly Tensor[];
  /** The index in `roots` of each output. */
  readonly places: readonly number[];
  readonly additions: readonly RowAddition[];
}

/** Every output made by the graph itself. */
export const wholeOutputs = (outputs: readonly Tensor[]): SplitOutputs => ({
  roots: outputs,
  places: outputs.map((_, i) => i),
  additions: [],
});

/**
 * Takes such sums out of the outputs. The tables come just before the last output: ONNX Runtime works
 * through a graph from its end, so the last output's needs come first, then the tables', and what they
 * alone were made of (a language model's logits) is free for the rest. The rows come before everything else,
 * since they need the whole backward pass: before the other gradients, it would hold all that these need.
 */
export function splitRowAdditions(outputs: readonly Tensor[]): SplitOutputs {
  const isSum = ({ node }: Tensor) => node.op === "add_rows" && node.inputs[0]!.node.op !== "input";
  const sums = outputs.filter(isSum);
  if (sums.length === 0) return wholeOutputs(outputs);
  const rest = outputs.filter((output) => !isSum(output));
  const last = rest.splice(-1);
  const parts = sums.flatMap(({ node }) => node.inputs.slice(1));
  const tables = sums.map(({ node }) => node.inputs[0]!);
  const firstTable = rest.length + parts.length;
  const firstLast = firstTable + tables.length;
  let sum = 0;
  let other = 0;
  const places = outputs.map((output) => {
    if (isSum(output)) return firstTable + sum++;
    const place = other++;
    return place < rest.length ? parts.length + place : firstLast;
  });
  const additions = sums.map((_, k) => ({ table: firstTable + k, rows: 2 * k, index: 2 * k + 1 }));
  return { roots: [...parts, ...rest, ...tables, ...last], places, additions };
}

/** Adds row `i` of `rows` to row `index[i]` of `table`, in place. */
export function addRowsInPlace(table: HostArray, rows: HostArray, index: HostArray): void {
  const width = sizeOf(table.shape.slice(1));
  const [sum, terms] = [table.data as Float32Array, rows.data as Float32Array];
  for (let i = 0; i < index.data.length; i++) {
    const at = Number(index.data[i]) * width;
    for (let k = 0; k < width; k++) sum[at + k]! += terms[i * width + k]!;
  }
}
