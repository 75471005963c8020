/** Names for people in an ONNX graph that was named by a counter. */
import type { OnnxModel } from "../onnx/proto.ts";

/** The same graph with the values of `names` called otherwise wherever they stand. */
export function renameValues(model: OnnxModel, names: ReadonlyMap<string, string>): OnnxModel {
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
