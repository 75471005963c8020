/** Runs a graph by the float64 references of its operations: slow, exact, and free of any runtime. */
import type { HostArray } from "../core/array.ts";
import { isLeaf } from "../graph/leaves.ts";
import { type Tensor, topologicalOrder } from "../graph/tensor.ts";
import { type ReferenceArray, rulesOf } from "./define.ts";

/** The values of `outputs`, given those of the graph's inputs and masks. Throws where a leaf has none. */
export function interpret(
  outputs: readonly Tensor[],
  feeds: ReadonlyMap<Tensor, ReferenceArray>,
): readonly ReferenceArray[] {
  const values = new Map<Tensor, ReferenceArray>(feeds);
  for (const node of topologicalOrder(outputs)) {
    if (node.op === "constant") {
      values.set(node.outputs[0]!, toReference(node.attributes.value as HostArray));
    } else if (isLeaf(node.op)) {
      if (!values.has(node.outputs[0]!)) throw new Error(`no value was given for ${node.outputs[0]}`);
    } else {
      const inputs = node.inputs.map((t) => values.get(t)!);
      const results = rulesOf(node).reference(node, inputs);
      node.outputs.forEach((out, i) => {
        values.set(out, results[i]!);
      });
    }
  }
  return outputs.map((t) => values.get(t)!);
}

export function toReference(array: HostArray): ReferenceArray {
  return { shape: array.shape, data: Float64Array.from(array.data as ArrayLike<number | bigint>, Number) };
}
