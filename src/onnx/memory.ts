/**
 * How much memory a lowered graph takes while it runs, from the life of each value: from the node that
 * makes it to the last that reads it.
 *
 * Known simplifications: a freed piece fits the next value that needs it, and kernels keep nothing for
 * themselves.
 */
import { bytesPerElement, type DType } from "../core/array.ts";
import { broadcastShapes, type Shape } from "../core/shape.ts";
import type { Aval } from "../graph/tensor.ts";
import { HALF_NUMBER } from "../ops/emitter.ts";
import type { Lowered } from "./lower.ts";
import { elementType, type OnnxNode } from "./proto.ts";

/** Operators that give their first input's memory another shape. */
const aliases = new Set(["Reshape", "Unsqueeze", "Squeeze", "Identity", "Flatten"]);
/** Operators that write over an input of equal size which nobody reads afterwards. */
const inPlace = new Set([
  ...["Add", "Sub", "Mul", "Div", "Neg", "Exp", "Tanh", "Sigmoid", "Relu", "Sqrt", "Softmax", "LogSoftmax"],
]);

/**
 * Most bytes that are alive at once between inputs and outputs; both of these belong to the caller.
 * @param lowered sizes that are names count as 1
 */
export function graphMemory(lowered: Lowered): number {
  const { inputs, outputs, constants } = lowered;
  const nodes = executionOrder(lowered.nodes);
  const shapes = new ShapeTable(lowered);
  /** By value: the one that it shares memory with. */
  const home = new Map<string, string>();
  const homeOf = (name: string) => home.get(name) ?? name;
  const foreign = new Set([...inputs, ...outputs].map(({ name }) => name));
  for (const name of constants.keys()) foreign.add(name);

  const lastRead = new Map<string, number>();
  nodes.forEach((node, at) => {
    shapes.infer(node);
    if (aliases.has(node.opType)) home.set(node.outputs[0]!, homeOf(node.inputs[0]!));
    for (const name of node.inputs) lastRead.set(homeOf(name), at);
  });

  const held = new Map<string, number>();
  let alive = 0;
  let peak = 0;
  nodes.forEach((node, at) => {
    const dying = new Set(node.inputs.map(homeOf).filter((name) => lastRead.get(name) === at));
    for (const name of node.outputs) {
      if (home.has(name) || foreign.has(name)) continue;
      const bytes = shapes.bytes(name);
      if (inPlace.has(node.opType)) {
        // The place is handed on: what dies gives up as much as the result takes.
        const place = [...dying].find((input) => held.get(input) === bytes);
        if (place !== undefined) {
          held.delete(place);
          alive -= bytes;
        }
      }
      held.set(name, bytes);
      alive += bytes;
    }
    peak = Math.max(peak, alive);
    // A result that nobody reads dies at once.
    for (const name of [...dying, ...node.outputs.filter((output) => !lastRead.has(output))]) {
      alive -= held.get(name) ?? 0;
      held.delete(name);
    }
  });
  return peak;
}

/**
 * The nodes as the runtime's default order has them: depth first from those with results that no other node reads, the
 * last of them first, and through the inputs of each, again the last first. So the last output of a graph is
 * computed first.
 */
function executionOrder(nodes: readonly OnnxNode[]): OnnxNode[] {
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

/** Shapes and dtypes of all values of a lowered graph, those inside its operations included. */
export function shapesOf(lowered: Lowered): (name: string) => Aval {
  const shapes = new ShapeTable(lowered);
  for (const node of lowered.nodes) shapes.infer(node);
  return (name) => shapes.of(name);
}

/** Shapes of all values: those that the graph knows, and those inside an operation by ONNX's rules. */
class ShapeTable {
  readonly #values: Map<string, Aval>;
  readonly #constants: Lowered["constants"];
  /** Values of 16 bits, which are float32 in {@link of}. */
  readonly #halves = new Set<string>();

  constructor({ values, constants }: Lowered) {
    this.#values = new Map([...constants, ...values]);
    this.#constants = constants;
  }

  bytes(name: string): number {
    const { shape, dtype } = this.of(name);
    const bytes = this.#halves.has(name) ? 2 : bytesPerElement(dtype);
    return bytes * shape.reduce<number>((n, d) => n * (typeof d === "number" ? d : 1), 1);
  }

  infer(node: OnnxNode): void {
    node.outputs.forEach((name, k) => {
      if (!this.#values.has(name))
        this.#values.set(name, { shape: this.#shape(node, k), dtype: this.#dtype(node) });
      if (this.#isHalf(node)) this.#halves.add(name);
    });
  }

  of(name: string | undefined): Aval {
    return this.#values.get(name ?? "") ?? { shape: [], dtype: "float32" };
  }

  #isHalf({ opType, inputs, attributes }: OnnxNode): boolean {
    return opType === "Cast" ? attributes.to === HALF_NUMBER : this.#halves.has(inputs[0]!);
  }

  #dtype({ opType, inputs, attributes }: OnnxNode): DType {
    if (opType === "Shape" || opType === "ArgMax") return "int64";
    if (["Equal", "Less", "LessOrEqual", "Greater", "Not", "And", "Or"].includes(opType)) return "bool";
    if (opType === "Where") return this.of(inputs[1]).dtype;
    if (opType !== "Cast") return this.of(inputs[opType === "OneHot" ? 2 : 0]).dtype;
    const found = Object.entries(elementType).find(([, number]) => number === attributes.to);
    return found === undefined || found[0] === "float16" ? "float32" : (found[0] as DType);
  }

  /** The k-th output's shape. An operator without a rule of its own gives back its first input's. */
  #shape({ opType, inputs, attributes }: OnnxNode, k: number): Shape {
    const [a = [], b = []] = inputs.map((name) => this.of(name).shape);
    const axis = Number(attributes.axis ?? 0);
    switch (opType) {
      case "Add":
      case "Sub":
      case "Mul":
      case "Div":
        return broadcastShapes(opType, a, b);
      case "Gemm":
        return [a[attributes.transA ? 1 : 0]!, b[attributes.transB ? 0 : 1]!];
      case "MatMul":
        return [...a.slice(0, -1), b.at(-1)!];
      case "Concat": {
        const total = inputs.reduce((n, name) => n + Number(this.of(name).shape[axis]), 0);
        return a.map((d, i) => (i === axis ? total : d));
      }
      case "Split": {
        const size = this.#ints(inputs[1])?.[k] ?? a[axis]!;
        return a.map((d, i) => (i === axis ? size : d));
      }
      case "Reshape": {
        const size = a.reduce<number>((n, d) => n * Number(d), 1);
        const wanted = this.#ints(inputs[1]) ?? [size];
        const known = wanted.reduce((n, d) => (d > 0 ? n * d : n), 1);
        return wanted.map((d) => (d === -1 ? size / known : d));
      }
      case "Unsqueeze": {
        const shape = [...a];
        for (const at of this.#ints(inputs[1]) ?? []) shape.splice(at, 0, 1);
        return shape;
      }
      case "Squeeze": {
        const axes = this.#ints(inputs[1]) ?? [];
        return a.filter((_, i) => !axes.includes(i));
      }
      case "Transpose":
        return Array.isArray(attributes.perm) ? attributes.perm.map((i: number) => a[i]!) : a.toReversed();
      case "Expand":
        return this.#ints(inputs[1]) ?? a;
      case "Gather":
        return [...b, ...a.slice(1)];
      case "GatherElements":
        return b;
      case "OneHot":
        return [...a, this.#ints(inputs[1])?.[0] ?? 1];
      default:
        return a;
    }
  }

  /** The numbers of a constant of whole numbers. */
  #ints(name: string | undefined): number[] | undefined {
    const value = this.#constants.get(name ?? "");
    return value && Array.from(value.data as ArrayLike<number | bigint>, Number);
  }
}
