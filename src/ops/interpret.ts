/** Runs a graph by the float64 references of its operations: slow, exact, and free of any runtime. */
import type { HostArray } from "../core/array.ts";
import { PunchlineError } from "../core/errors.ts";
import { invalidOption } from "../core/options.ts";
import { isLeaf } from "../graph/leaves.ts";
import { checkTensors } from "../graph/operands.ts";
import { type Tensor, topologicalOrder } from "../graph/tensor.ts";
import { type ReferenceArray, rulesOf } from "./define.ts";

/**
 * The values of `outputs` in float64, given those of the graph's inputs and masks. A value inside the graph may be given
 * as well: what is given of all outputs of a node takes the place of computing it.
 *
 * @example
 * const x = input("x", "float32", [2]);
 * const [y] = interpret([tanh(x)], new Map([[x, { shape: [2], data: Float64Array.of(0, 1) }]]));
 * @throws PunchlineError `no-value` where a leaf has none
 */
export function interpret(
  outputs: readonly Tensor[],
  feeds: ReadonlyMap<Tensor, ReferenceArray>,
): readonly ReferenceArray[] {
  checkTensors(outputs, "interpret");
  if (!(feeds instanceof Map))
    throw invalidOption("feeds", feeds, "a Map from tensors to their values, such as new Map([[x, value]])");
  const values = new Map<Tensor, ReferenceArray>(feeds);
  for (const node of topologicalOrder(outputs)) {
    if (node.outputs.every((out) => values.has(out))) continue;
    if (node.op === "constant") {
      values.set(node.outputs[0]!, toReference(node.attributes.value as HostArray));
    } else if (isLeaf(node.op)) {
      const name = node.op === "input" ? `input ${node.attributes.name}` : node.op;
      throw new PunchlineError(
        "no-value",
        `There is no value for the ${name}; give one for every input and mask.`,
      );
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
