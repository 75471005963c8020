/** A model's graph as an ONNX file keeps it: weights inside, inputs and outputs under chosen names. */
import type { HostArray } from "../core/array.ts";
import { input } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import type { Parameters } from "../nn/parameters.ts";
import { lower } from "../onnx/lower.ts";
import type { OnnxModel } from "../onnx/proto.ts";

/**
 * Traces `compute` over `weights` and inputs of these specs.
 * @returns a graph whose inputs are called by the keys of `specs`, and its outputs by those of the result.
 */
export function traceGraph(
  weights: ReadonlyMap<string, HostArray>,
  specs: Readonly<Record<string, Spec>>,
  compute: (
    parameters: Parameters,
    given: Readonly<Record<string, Tensor>>,
  ) => Readonly<Record<string, Tensor>>,
): OnnxModel {
  const leaves = (of: Iterable<readonly [string, Spec]>) =>
    Object.fromEntries([...of].map(([name, { dtype, shape }]) => [name, input(name, dtype, shape)]));
  const results = compute(leaves(weights), leaves(Object.entries(specs)));
  const lowered = lower(Object.values(results), (leaf) => String(leaf.node.attributes.name));
  const stays = lowered.inputs.filter(({ name }) => weights.has(name));
  const graph = {
    nodes: lowered.nodes,
    inputs: lowered.inputs.filter(({ name }) => !weights.has(name)),
    outputs: lowered.outputs,
    constants: new Map([
      ...lowered.constants,
      ...stays.map(({ name }) => [name, weights.get(name)!] as const),
    ]),
  };
  const names = Object.keys(results);
  return renameValues(graph, new Map(lowered.outputs.map(({ name }, i) => [name, names[i]!])));
}

/** The same graph with the values of `names` called otherwise wherever they stand. */
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
