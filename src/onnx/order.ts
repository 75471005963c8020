/** In which order ONNX Runtime runs the nodes of a graph: what decides how much memory the graph takes. */
import type { OnnxNode } from "./proto.ts";

/**
 * The nodes as the runtime's default order has them: depth first from those with results that no other node reads, the
 * last of them first, and through the inputs of each, again the last first. So the last output of a graph is
 * computed first.
 */
export function executionOrder(nodes: readonly OnnxNode[]): OnnxNode[] {
  const makers = new Map(nodes.flatMap((node, i) => node.outputs.map((name) => [name, i] as const)));
  const sources = nodes.map(({ inputs }) => {
    const found = new Set(inputs.flatMap((name) => makers.get(name) ?? []));
    return [...found].sort((a, b) => a - b);
  });
  const read = new Set(sources.flat());
  const stack = nodes.flatMap((_, i) => (read.has(i) ? [] : [{ node: i, left: false }]));
  const visited = new Set<number>();
  const order: OnnxNode[] = [];
  while (stack.length > 0) {
    const { node, left } = stack.pop()!;
    if (left) {
      order.push(nodes[node]!);
      continue;
    }
    if (visited.has(node)) continue;
    visited.add(node);
    stack.push({ node, left: true });
    for (const source of sources[node]!) if (!visited.has(source)) stack.push({ node: source, left: false });
  }
  return order;
}
