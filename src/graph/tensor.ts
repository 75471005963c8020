/**
 * The symbolic tensor: a value that a graph will compute, known by its shape, its dtype and the node
 * that makes it. Graphs are built by calling functions on tensors and are never changed afterwards.
 */
import type { DType, HostArray } from "../core/array.ts";
import type { Shape } from "../core/shape.ts";
import { checkTensors } from "./operands.ts";

/** What is known of a tensor before it is computed. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: DType;
}

export type AttributeValue = number | string | boolean | HostArray | readonly (number | string)[];
/** Static arguments of a node. Plain data, so that equal nodes can be found and printed. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** What a node applies. A graph knows it by its name; src/ops/define.ts adds the rules. */
export interface Operation {
  readonly name: string;
}

/** How many tensors each declared name has: 1, 0 for an optional one that is absent, any number for a list. */
export interface Counts {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** One application of an operation. */
export interface GraphNode {
  /** The operation's name, or what kind of leaf it is. */
  readonly op: string;
  /** Absent for leaves, as are the two below. */
  readonly operation?: Operation | undefined;
  readonly counts?: Counts | undefined;
  /** The stack on which it was made; `callerIn` finds the caller's line in it. */
  readonly made?: Error | undefined;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
}

export class Tensor implements Aval {
  readonly node: GraphNode;
  /** Which of the node's outputs this is. */
  readonly index: number;
  readonly shape: Shape;
  readonly dtype: DType;

  constructor(node: GraphNode, index: number, aval: Aval) {
    this.node = node;
    this.index = index;
    this.shape = aval.shape;
    this.dtype = aval.dtype;
  }

  toString(): string {
    return `${this.node.op}:${this.dtype}[${this.shape.join(", ")}]`;
  }
}

/** Makes a node and its output tensors. Called by `defineOp`; models call the operations instead. */
export function makeNode(
  { op, operation, counts, made, inputs, attributes }: Omit<GraphNode, "outputs">,
  avals: readonly Aval[],
): GraphNode {
  const outputs: Tensor[] = [];
  const node: GraphNode = { op, operation, counts, made, inputs, attributes, outputs };
  for (let i = 0; i < avals.length; i++) outputs.push(new Tensor(node, i, avals[i]!));
  return node;
}

/** Nodes that `roots` need, each after its inputs. Iterative, so that long unrolled graphs do not overflow the stack. */
export function topologicalOrder(roots: readonly Tensor[]): GraphNode[] {
  checkTensors(roots, "topologicalOrder");
  const order: GraphNode[] = [];
  const seen = new Set<GraphNode>();
  const stack: { node: GraphNode; next: number }[] = [];
  for (const root of roots) {
    if (seen.has(root.node)) continue;
    seen.add(root.node);
    stack.push({ node: root.node, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const input = top.node.inputs[top.next++];
      if (input === undefined) {
        order.push(top.node);
        stack.pop();
      } else if (!seen.has(input.node)) {
        seen.add(input.node);
        stack.push({ node: input.node, next: 0 });
      }
    }
  }
  return order;
}
