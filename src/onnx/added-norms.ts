/**
 * Sums that are normalised next, as the stream of a transformer is: ONNX Runtime has one operator for both, which is a
 * third of the small nodes that a token of a decoder takes.
 */
import { sameShape } from "../core/shape.ts";
import type { Aval } from "../graph/tensor.ts";
import type { DeviceKernels } from "../ops/emitter.ts";
import type { Lowered } from "./lower.ts";
import type { OnnxNode } from "./proto.ts";

/** The operator that adds two tensors and normalises the sum, by that which normalises. */
const adding: Readonly<Record<string, string>> = {
  LayerNormalization: "SkipLayerNormalization",
  SimplifiedLayerNormalization: "SkipSimplifiedLayerNormalization",
};

/**
 * The graph with each norm of a sum joined with the sum, which the new node gives besides. Norms stay of which the
 * mean or the deviation is read, and sums that spread an operand.
 */
export function joinAddedNorms(lowered: Lowered, kernels: DeviceKernels): Lowered {
  const { nodes, outputs, values } = lowered;
  const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...outputs.map(({ name }) => name)]);
  const sums = new Map(nodes.flatMap((node) => (node.opType === "Add" ? [[node.outputs[0]!, node]] : [])));
  /** What takes the place of a sum. */
  const joined = new Map<OnnxNode, OnnxNode>();
  const gone = new Set<OnnxNode>();
  for (const norm of nodes) {
    const opType = adding[norm.opType];
    const sum = sums.get(norm.inputs[0]!);
    if (!opType || kernels.missing.has(opType) || !sum || joined.has(sum)) continue;
    const [total, ...statistics] = [sum.outputs[0]!, ...norm.outputs.slice(1)];
    const fits = sum.inputs.every((name) => isRows(values.get(name), values.get(total)));
    const ready = norm.inputs.slice(1).every((name) => !values.has(name) || isLeaf(lowered, name));
    if (!fits || !ready || statistics.some((name) => read.has(name))) continue;
    const { axis: _, ...attributes } = norm.attributes;
    joined.set(sum, {
      opType,
      domain: "com.microsoft",
      inputs: [...sum.inputs, ...norm.inputs.slice(1)],
      outputs: [norm.outputs[0]!, "", "", total],
      attributes,
    });
    gone.add(norm);
  }
  if (gone.size === 0) return lowered;
  return {
    ...lowered,
    nodes: nodes.flatMap((node) => (gone.has(node) ? [] : [joined.get(node) ?? node])),
  };
}

/** Whether an operand has the shape of the sum, and one that the operator takes. */
const isRows = (operand: Aval | undefined, sum: Aval | undefined): boolean =>
  Boolean(operand && sum && sameShape(operand.shape, sum.shape) && [2, 3].includes(sum.shape.length));

/** Whether a value is there before the first node. */
const isLeaf = ({ inputs, constants }: Lowered, name: string): boolean =>
  constants.has(name) || inputs.some((input) => input.name === name);
