/**
 * Values of the forward pass for the backward pass: as they were computed, or, between two values that are marked
 * with `keep`, computed again from the earlier one, once the gradient of the later one is there. The first ones need
 * not live from the forward to the backward pass then (Chen et al. 2016, arXiv 1604.06174).
 *
 * A graph falls into segments: what comes before the first mark, between one and the next, and after the last. Only
 * those between marks are computed again; of the others nothing would be gained.
 */
import { isLeaf } from "../graph/leaves.ts";
import { type GraphNode, makeNode, type Tensor } from "../graph/tensor.ts";
import { after } from "../ops/recompute.ts";

export class Replay {
  /** By node: the number of the segment that its outputs belong to. Leaves and what is made of them alone are of segment 0. */
  readonly #segments = new Map<GraphNode, number>();
  /** By segment: a gradient of its end, for which its replay waits. */
  readonly #triggers = new Map<number, Tensor>();
  readonly #replayed = new Map<Tensor, Tensor>();

  /** @param order nodes of the forward pass, each after its inputs */
  constructor(order: readonly GraphNode[]) {
    for (const node of order) {
      const before = Math.max(0, ...node.inputs.map((t) => this.#segments.get(t.node)!));
      this.#segments.set(node, node.op === "keep" ? before + 1 : before);
    }
  }

  /** Notes that the gradient of a node's result is there. */
  arrived(node: GraphNode, gradient: Tensor): void {
    const segment = this.#segments.get(node)!;
    if (node.op === "keep" && segment > 1) this.#triggers.set(segment - 1, gradient);
  }

  /** What the gradient of `node` is to read in place of `t`, one of its inputs or outputs. */
  value(t: Tensor, node: GraphNode): Tensor {
    const segment = this.#segments.get(node)!;
    const trigger = this.#triggers.get(segment);
    return trigger && node.op !== "keep" ? this.#replay(t, segment, trigger) : t;
  }

  #replay(t: Tensor, segment: number, trigger: Tensor): Tensor {
    if (isLeaf(t.node.op) || this.#segments.get(t.node) !== segment) return t;
    // Iterative, as a segment may be longer than the stack is deep.
    const stack = [t];
    while (stack.length > 0) {
      const { node } = stack.at(-1)!;
      const missing = node.op === "keep" ? [] : node.inputs.filter((input) => this.#isOpen(input, segment));
      if (missing.length > 0) {
        stack.push(...missing);
        continue;
      }
      stack.pop();
      if (this.#replayed.has(node.outputs[0]!)) continue;
      if (node.op === "keep") this.#replayed.set(node.outputs[0]!, after(node.outputs[0]!, trigger));
      else {
        const inputs = node.inputs.map((input) => this.#replayed.get(input) ?? input);
        const copy = makeNode({ ...node, inputs }, node.outputs);
        node.outputs.forEach((output, i) => {
          this.#replayed.set(output, copy.outputs[i]!);
        });
      }
    }
    return this.#replayed.get(t)!;
  }

  /** Whether a tensor is to be replayed and has not been. */
  #isOpen(t: Tensor, segment: number): boolean {
    return !isLeaf(t.node.op) && this.#segments.get(t.node) === segment && !this.#replayed.has(t);
  }
}
