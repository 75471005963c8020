/** From a graph to an ONNX model: operations lower themselves through an emitter; equal nodes are merged. */

import { float32, type HostArray, hostArray } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { remember } from "../core/remember.ts";
import type { Dim, Shape } from "../core/shape.ts";
import { checkTensors } from "../graph/operands.ts";
import type { Aval, GraphNode, Tensor } from "../graph/tensor.ts";
import { topologicalOrder } from "../graph/tensor.ts";
import { rulesOf } from "../ops/define.ts";
import {
  type DeviceKernels,
  type Emitter,
  HALF_NUMBER,
  type NodeOptions,
  type Operand,
  type Value,
} from "../ops/emitter.ts";
import { everyKernel } from "./kernels.ts";
import { errorOf } from "./locate.ts";
import type { OnnxModel, OnnxNode, OnnxValue } from "./proto.ts";

export interface Lowered extends OnnxModel {
  /** Leaves that the caller feeds, in the order of `inputs`. */
  readonly feeds: readonly Tensor[];
  /** Shapes and dtypes of the values that the graph knows; those inside one operation are not among them. */
  readonly values: ReadonlyMap<string, Aval>;
  /** By the name of an ONNX node, which is its first output: what it is part of. */
  readonly origins: ReadonlyMap<string, GraphNode>;
}

/**
 * Lowers the graph of `outputs`. Output `k` of the model is tensor `k`, under a name of its own.
 * @param name gives each fed leaf (input or mask) its name in the model
 * @param others inputs that the caller can feed too, where a size is known from them alone
 * @param kernels what the device computes that the graph is for. Default: the CPU, all
 */
export function lower(
  outputs: readonly Tensor[],
  name: (leaf: Tensor) => string,
  others: readonly Tensor[] = [],
  kernels: DeviceKernels = everyKernel,
): Lowered {
  checkTensors(outputs, "lower");
  const order = topologicalOrder(outputs);
  const isFed = ({ op }: GraphNode) => op === "input" || op === "dropout_mask";
  const fed = order.filter(isFed).flatMap((node) => node.outputs);
  const emit = new ModelEmitter(kernels, [...fed, ...others], (leaf) => feed(leaf).name);
  const operands = new Map<Tensor, Operand>();
  const origins = new Map<string, GraphNode>();
  const operations = new Map<unknown, number>();
  const merged = new Map<string, readonly Operand[]>();
  const feeds: Tensor[] = [];
  const inputs: OnnxValue[] = [];
  const feed = (leaf: Tensor): Operand =>
    remember(operands, leaf, () => {
      const value = operand(name(leaf), leaf);
      feeds.push(leaf);
      inputs.push(value);
      return value;
    });

  for (const node of order) {
    const [first] = node.outputs as readonly [Tensor];
    if (node.op === "constant") {
      operands.set(first, operand(emit.constant(node.attributes.value as HostArray), first));
    } else if (isFed(node)) {
      feed(first);
    } else {
      const from = node.inputs.map((t) => operands.get(t)!);
      const key = keyOf(node, from, operations);
      const made = remember(merged, key, () => {
        const start = emit.onnxNodes.length;
        const list = lowerNode(emit, node, from);
        for (let i = start; i < emit.onnxNodes.length; i++) origins.set(emit.onnxNodes[i]!.outputs[0]!, node);
        return node.outputs.map((out, i) => operand(list[i]!, out));
      });
      node.outputs.forEach((out, i) => {
        operands.set(out, made[i]!);
      });
    }
  }

  // A model's outputs need names of their own: an input, a constant or a value returned twice is copied.
  const taken = new Set([...inputs.map((i) => i.name), ...emit.constants.keys()]);
  const named = outputs.map((tensor) => {
    const value = operands.get(tensor)!;
    if (!taken.has(value.name)) {
      taken.add(value.name);
      return value;
    }
    return operand(emit.node("Identity", [value.name]), tensor);
  });
  const values = new Map([...operands.values(), ...named].map((value) => [value.name, value]));
  return { nodes: emit.onnxNodes, inputs, outputs: named, constants: emit.constants, feeds, values, origins };
}

function lowerNode(emit: Emitter, node: GraphNode, inputs: readonly Operand[]): readonly string[] {
  try {
    return rulesOf(node).lower(emit, node, inputs);
  } catch (error) {
    throw errorOf(node, error);
  }
}

const operand = (name: string, { dtype, shape }: Tensor): Operand => ({ name, dtype, shape });

/** What nodes that compute the same have in common. */
function keyOf(node: GraphNode, inputs: readonly Operand[], operations: Map<unknown, number>): string {
  // Two operations may have one name; the second input may be one optional operand or another.
  const known = operations.get(node.operation) ?? operations.size;
  operations.set(node.operation, known);
  const arrays = Object.values(node.attributes).some((v) => typeof v === "object" && "data" in v);
  const attributes = JSON.stringify(node.attributes, arrays ? withNumbers : undefined);
  return `${known}[${node.counts?.inputs}](${inputs.map((i) => i.name).join()})${attributes}`;
}

const withNumbers = (_: string, value: unknown) =>
  ArrayBuffer.isView(value) ? Array.from(value as unknown as number[], String) : value;

class ModelEmitter implements Emitter {
  readonly onnxNodes: OnnxNode[] = [];
  readonly constants = new Map<string, HostArray>();
  /** By what they hold; large ones by which array they are. */
  readonly #constantNames = new Map<string | HostArray, string>();
  /** By their numbers, the {@link ints} among them. */
  readonly #intNames = new Map<string, string>();
  /** By the name of a size: the first input that has it. */
  readonly #axes = new Map<Dim, { readonly leaf: Tensor; readonly axis: number }>();
  readonly #sizes = new Map<string, string>();
  readonly #halves = new Map<string, string>();
  readonly #feed: (leaf: Tensor) => string;
  readonly kernels: DeviceKernels;
  #count = 0;

  /** @param feed the name of an input, which becomes one of the model's if it is not yet */
  constructor(kernels: DeviceKernels, leaves: readonly Tensor[], feed: (leaf: Tensor) => string) {
    this.kernels = kernels;
    this.#feed = feed;
    for (const leaf of leaves)
      for (const [axis, d] of leaf.shape.entries()) if (!this.#axes.has(d)) this.#axes.set(d, { leaf, axis });
  }

  node(opType: string, inputs: readonly (Value | undefined)[], options?: NodeOptions): string {
    return this.#add(opType, inputs, 1, options)[0]!;
  }

  nodes: Emitter["nodes"] = (opType, inputs, outputs, options) => {
    if (typeof outputs === "number") return this.#add(opType, inputs, outputs, options) as never;
    const names: readonly string[] = outputs;
    const made = this.#add(opType, inputs, names.length, options);
    return Object.fromEntries(names.map((name, i) => [name, made[i]!])) as never;
  };

  #add(
    opType: string,
    inputs: readonly (Value | undefined)[],
    count: number,
    { attributes = {}, domain = "" as never }: NodeOptions = {},
  ): string[] {
    const outputs: string[] = [];
    for (let i = 0; i < count; i++) outputs.push(`v${this.#count++}`);
    const names = inputs.map((value = "") => (typeof value === "string" ? value : value.name));
    this.onnxNodes.push({ opType, domain, inputs: names, outputs, attributes });
    return outputs;
  }

  constant(value: HostArray): string {
    const key = value.data.length <= 64 ? `${value.dtype}[${value.shape}]${value.data}` : value;
    return remember(this.#constantNames, key, () => {
      const name = `c${this.constants.size}`;
      this.constants.set(name, value);
      return name;
    });
  }

  ints(values: readonly number[]): string {
    return remember(this.#intNames, values.join(), () =>
      this.constant(hostArray("int64", [values.length], BigInt64Array.from(values, BigInt))),
    );
  }

  half(value: Value): string {
    const name = typeof value === "string" ? value : value.name;
    return remember(this.#halves, name, () => this.node("Cast", [name], { attributes: { to: HALF_NUMBER } }));
  }

  scalar(value: number): string {
    return this.constant(float32([], [value]));
  }

  size(axis: string): string {
    return remember(this.#sizes, axis, () => {
      const place = this.#axes.get(axis);
      if (!place) throw new ShapeError("lower", `no input has an axis "${axis}" to read its size from`, []);
      const shape = this.node("Shape", [this.#feed(place.leaf)]);
      return this.node("Gather", [shape, this.ints([place.axis])]);
    });
  }

  shape(shape: Shape): string {
    if (shape.every((d) => typeof d === "number")) return this.ints(shape);
    const sizes = shape.map((d) => (typeof d === "number" ? this.ints([d]) : this.size(d)));
    return this.node("Concat", sizes, { attributes: { axis: 0 } });
  }
}
