/** A model's graph for an ONNX file: weights inside, inputs and outputs under chosen names. */
import type { HostArray } from "../core/array.ts";
import { input } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import type { Parameters } from "../nn/parameters.ts";
import { lower } from "../onnx/lower.ts";
import type { OnnxModel } from "../onnx/proto.ts";

/**
 * Traces `compute` with `weights` and with inputs of `specs`.
 * @returns a graph; its inputs are named as in `specs`, and its outputs as in the result.
 */
export function traceGraph(
  weights: ReadonlyMap<string, HostArray>,
  specs: Readonly<Record<string, Spec>>,
  compute: (
    parameters: Parameters,
    inputs: Readonly<Record<string, Tensor>>,
  ) => Readonly<Record<string, Tensor>>,
): OnnxModel {
  const leaves = (of: Iterable<readonly [string, Spec]>) =>
    Object.fromEntries([...of].map(([name, { dtype, shape }]) => [name, input(name, dtype, shape)]));
  const results = compute(leaves(weights), leaves(Object.entries(specs)));
  const lowered = lower(Object.values(results), (leaf) => String(leaf.node.attributes.name));
  const graph = {
    nodes: lowered.nodes,
    inputs: lowered.inputs.filter(({ name }) => !weights.has(name)),
    outputs: lowered.outputs,
    constants: new Map([
      ...lowered.constants,
      ...lowered.inputs.flatMap(({ name }) => {
        const weight = weights.get(name);
        return weight ? [[name, weight] as const] : [];
      }),
    ]),
  };
  const names = Object.keys(results);
  return renameValues(graph, new Map(lowered.outputs.map(({ name }, i) => [name, names[i]!])));
}

/** The same graph with its values renamed by `names`. */
function renameValues(model: OnnxModel, names: ReadonlyMap<string, string>): OnnxModel {
  const renamed = (name: string) => names.get(name) ?? name;
  return {
    ...model,
    nodes: model.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(renamed),
      outputs: node.outputs.map(renamed),
    })),
    outputs: model.outputs.map((value) => ({ ...value, name: renamed(value.name) })),
  };
}
