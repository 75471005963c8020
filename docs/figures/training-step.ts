/**
 * The picture of docs/architecture.md: the graph of one real training step, forward and backward.
 * After a change of the graph: `node --import ./bench/register.mjs docs/figures/training-step.ts`.
 */
import { realpathSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { dump } from "../../src/graph/dump.ts";
import { input } from "../../src/graph/leaves.ts";
import { type GraphNode, type Tensor, topologicalOrder } from "../../src/graph/tensor.ts";
import { sum } from "../../src/ops/broadcast.ts";
import { tanh } from "../../src/ops/elementwise.ts";
import { gather } from "../../src/ops/indexing.ts";
import { gemm } from "../../src/ops/matmul.ts";
import { crossEntropy } from "../../src/ops/normalisation.ts";

/** Six characters of an alphabet of five, each embedded in four numbers, squashed, and scored by a head. */
function trainingStep() {
  const parameters = {
    embedding: input("embedding", "float32", [5, 4]),
    weight: input("weight", "float32", [4, 5]),
    bias: input("bias", "float32", [5]),
  };
  const x = input("x", "int32", [6]);
  const y = input("y", "int32", [6]);
  const lossOf = (p: typeof parameters): Tensor => {
    const hidden = tanh(gather(p.embedding, x));
    return sum(crossEntropy(gemm(hidden, p.weight, p.bias), y));
  };
  const [loss, gradients] = valueAndGrad(lossOf)(parameters);
  return { loss, ...prefixed("gradients.", gradients) };
}

const prefixed = (prefix: string, tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));

/** The same graph as text. */
export const trainingStepText = (): string => dump(trainingStep());

const box = { width: 164, height: 34, gapX: 58, gapY: 22, margin: 24 };

interface Place {
  readonly column: number;
  readonly row: number;
}

/** The drawing: inputs at the left, forward in the middle going down, backward at the right going on down. */
export function trainingStepPicture(): string {
  const outputs: Record<string, Tensor> = trainingStep();
  const order = topologicalOrder(Object.values(outputs)).filter(({ op }) => op !== "constant");
  const forward = new Set(topologicalOrder([outputs.loss!]));
  const places = placesOf(order, forward);
  const named = new Map(Object.entries(outputs).map(([name, tensor]) => [tensor.node, name]));

  const columns = 1 + Math.max(...[...places.values()].map(({ column }) => column));
  const rows = 1 + Math.max(...[...places.values()].map(({ row }) => row));
  const width = 2 * box.margin + columns * box.width + (columns - 1) * box.gapX;
  const height = 2 * box.margin + rows * (box.height + box.gapY) + 26;
  const edges = order.flatMap((node) =>
    [...new Set(node.inputs.map((t) => t.node))]
      .filter((from) => places.has(from))
      .map((from) => edge(places.get(from)!, places.get(node)!)),
  );
  const boxes = order.map((node) => {
    const kind = node.op === "input" ? "input" : forward.has(node) ? "forward" : "backward";
    return drawBox(node, places.get(node)!, kind, named.get(node));
  });
  const heading = (column: number, text: string) =>
    `<text class="h" x="${at({ column, row: 0 }).x + box.width / 2}" y="24">${text}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Graph of a training step">
<style>
text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1c2430;text-anchor:middle}
.h{font-weight:700}.s{font-size:10px;fill:#5a6472}.n{font-size:10px;font-weight:700}
rect{stroke-width:1.2;rx:6}.input rect{fill:#f3f0e6;stroke:#b8a76a}.forward rect{fill:#e6f0fa;stroke:#4b86c2}.backward rect{fill:#fbe9e4;stroke:#cf6f4f}
path{fill:none;stroke:#8892a0;stroke-width:1.2}.back{fill:#fff;stroke:none}
</style>
<rect class="back" width="${width}" height="${height}"/>
<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0L8,4L0,8z" style="fill:#8892a0;stroke:none"/></marker></defs>
${heading(0, "inputs")}${heading(1, "forward")}${heading(2, "backward")}
${edges.join("\n")}
${boxes.join("\n")}
</svg>
`;
}

/** A column by kind; a row below everything that it needs, and one's own within the column. */
function placesOf(order: readonly GraphNode[], forward: ReadonlySet<GraphNode>): Map<GraphNode, Place> {
  const places = new Map<GraphNode, Place>();
  const taken = new Set<string>();
  for (const node of order) {
    if (node.op === "input") continue;
    const above = node.inputs.map((t) => places.get(t.node)?.row ?? -1);
    let row = Math.max(0, ...above.map((r) => r + 1));
    const first = forward.has(node) ? 1 : 2;
    // A gradient that branches off goes to a column of its own.
    const column = first === 2 && taken.has(`2/${row}`) ? 3 : first;
    while (taken.has(`${column}/${row}`)) row++;
    taken.add(`${column}/${row}`);
    places.set(node, { column, row });
  }
  for (const node of order) {
    if (node.op !== "input") continue;
    const users = order.filter((user) => user.inputs.some((t) => t.node === node) && places.has(user));
    let row = Math.max(0, Math.min(...users.map((user) => places.get(user)!.row)) - 1);
    while (taken.has(`0/${row}`)) row++;
    taken.add(`0/${row}`);
    places.set(node, { column: 0, row });
  }
  return places;
}

const at = ({ column, row }: Place) => ({
  x: box.margin + column * (box.width + box.gapX),
  y: box.margin + 18 + row * (box.height + box.gapY),
});

function edge(from: Place, to: Place): string {
  const [a, b] = [at(from), at(to)];
  if (from.column === to.column && to.row === from.row + 1) {
    const x = a.x + box.width / 2;
    return `<path marker-end="url(#a)" d="M${x},${a.y + box.height}L${x},${b.y}"/>`;
  }
  const side = from.column <= to.column ? 1 : -1;
  const start = { x: a.x + (side > 0 ? box.width : 0), y: a.y + box.height / 2 };
  const end = { x: b.x + (from.column < to.column ? 0 : side > 0 ? box.width : 0), y: b.y + box.height / 2 };
  if (from.column > to.column) end.x = b.x + box.width;
  const bend = from.column === to.column ? 38 : Math.max(30, Math.abs(end.x - start.x) / 2);
  const into = from.column === to.column ? bend : from.column < to.column ? -bend : bend;
  return `<path marker-end="url(#a)" d="M${start.x},${start.y}C${start.x + side * bend},${start.y} ${end.x + into},${end.y} ${end.x},${end.y}"/>`;
}

function drawBox(node: GraphNode, place: Place, kind: string, name: string | undefined): string {
  const { x, y } = at(place);
  const [out] = node.outputs;
  const title = node.op === "input" ? String(node.attributes.name) : node.op;
  const label = name
    ? `<text class="n" x="${x + box.width / 2}" y="${y + box.height + 13}">${name}</text>`
    : "";
  return `<g class="${kind}"><rect x="${x}" y="${y}" width="${box.width}" height="${box.height}"/><text x="${x + box.width / 2}" y="${y + 15}">${title}</text><text class="s" x="${x + box.width / 2}" y="${y + 28}">${out!.dtype}[${out!.shape.join(", ")}]</text>${label}</g>`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("../images/training-step.svg", import.meta.url), trainingStepPicture());
  console.log(trainingStepText());
}
