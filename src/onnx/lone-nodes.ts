/** Each kind of node of a graph as a graph of its own: to find out which of them a device cannot compute. */
import { isStatic } from "../core/shape.ts";
import type { Lowered } from "./lower.ts";
import { shapesOf } from "./memory.ts";
import type { OnnxModel, OnnxNode } from "./proto.ts";

export interface LoneNode {
  readonly node: OnnxNode;
  /** The node alone; what it reads of others is an input, and constants are its own. */
  readonly model: OnnxModel;
}

/** The first of the nodes that differ in operator, attributes, or types of their inputs. Sizes that are names count as 1. */
export function loneNodes(lowered: Lowered): readonly LoneNode[] {
  const described = shapesOf(lowered);
  const found = new Map<string, LoneNode>();
  for (const node of lowered.nodes) {
    const read = [...new Set(node.inputs.filter((name) => name !== ""))];
    const value = (name: string) => {
      const { dtype, shape } = described(name);
      return {
        name,
        dtype,
        shape: isStatic(shape) ? shape : shape.map((d) => (typeof d === "number" ? d : 1)),
      };
    };
    const types = node.inputs.map((name) => name && `${described(name).dtype}${lowered.constants.has(name)}`);
    const key = `${node.domain}.${node.opType}(${types})${JSON.stringify(node.attributes)}`;
    if (found.has(key)) continue;
    found.set(key, {
      node,
      model: {
        nodes: [node],
        inputs: read.filter((name) => !lowered.constants.has(name)).map(value),
        outputs: node.outputs.map(value),
        constants: new Map(
          read.flatMap((name) => {
            const constant = lowered.constants.get(name);
            return constant ? [[name, constant] as const] : [];
          }),
        ),
      },
    });
  }
  return [...found.values()];
}
