/**
 * The graph of one training step of a tiny network: forward pass, backward pass, and the update of each parameter, traced
 * as a training traces its own.
 */
import {
  crossEntropy,
  dump,
  type GraphNode,
  gradients,
  input,
  type Model,
  multiply,
  type Parameters,
  reshape,
  subtract,
  sum,
  type Tensor,
  topologicalOrder,
  training,
} from "punchline/engine";
import { architectureOf, buildModel } from "punchline/web";
import { sizes } from "./sizes.ts";
import type { InsideModel, Phase } from "./types.ts";

export function tinyModel(type: InsideModel, letters: number): Model {
  return buildModel(architectureOf(type).configure(sizes[type], letters));
}

export interface StepInputs {
  readonly parameters: Parameters;
  /** Token ids [1, letters] and what comes after each. */
  readonly ids: Tensor;
  readonly labels: Tensor;
  /** Learning rate over the number of letters, as the loss is a sum. [] */
  readonly rate: Tensor;
}

export interface StepGraph {
  readonly inputs: StepInputs;
  readonly nodes: readonly GraphNode[];
  readonly phaseOf: ReadonlyMap<GraphNode, Phase>;
  readonly loss: Tensor;
  readonly logits: Tensor;
  readonly nll: Tensor;
  /** Of every value through which the loss depends on a parameter. */
  readonly gradientOf: ReadonlyMap<Tensor, Tensor>;
  readonly updated: Readonly<Record<string, Tensor>>;
  readonly dump: string;
}

/** New symbols for what a step takes. */
export function stepInputs(model: Model, letters: number): StepInputs {
  return {
    parameters: Object.fromEntries(
      model.parameters.map(({ name, shape }) => [name, input(name, "float32", shape)]),
    ),
    ids: input("ids", "int32", [1, letters]),
    labels: input("labels", "int32", [1, letters]),
    rate: input("rate", "float32", []),
  };
}

export function stepGraph(model: Model, inputs: StepInputs): StepGraph {
  const { parameters, ids, labels, rate } = inputs;
  const { logits } = model.forward(parameters, { ids }, training());
  const nll = crossEntropy(logits, reshape(labels, [ids.shape[1]!]));
  const loss = sum(nll);

  const forward = topologicalOrder([loss]);
  const moved = dependents(forward, Object.values(parameters));
  const found = gradients(loss, moved);
  const gradientOf = new Map(moved.map((tensor, i) => [tensor, found[i]!]));
  const ofParameters = Object.entries(parameters).map(
    ([name, tensor]) => [name, gradientOf.get(tensor)!] as const,
  );
  const updated = Object.fromEntries(
    ofParameters.map(([name, gradient]) => [name, subtract(parameters[name]!, multiply(rate, gradient))]),
  );
  // The backward pass begins at the end: what is nearest to the loss comes first.
  const outputs = {
    loss,
    ...prefixed("gradient", Object.fromEntries([...ofParameters].reverse())),
    ...prefixed("updated", updated),
  };
  const nodes = topologicalOrder(Object.values(outputs));
  const backward = topologicalOrder(Object.values(outputs).slice(0, 1 + ofParameters.length));
  const phaseOf = new Map<GraphNode, Phase>(nodes.map((node) => [node, "update"]));
  for (const node of backward) phaseOf.set(node, "backward");
  for (const node of forward) phaseOf.set(node, "forward");
  return {
    inputs,
    nodes,
    phaseOf,
    loss,
    logits,
    nll,
    gradientOf: inGraph(gradientOf, nodes),
    updated,
    dump: dump(outputs),
  };
}

const prefixed = <T>(prefix: string, record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [`${prefix}.${name}`, value]));

/** Values of real numbers that depend on `on`, and that something reads. */
function dependents(order: readonly GraphNode[], on: readonly Tensor[]): readonly Tensor[] {
  const found = new Set<Tensor>(on);
  for (const node of order)
    if (node.inputs.some((tensor) => found.has(tensor)))
      for (const out of node.outputs) if (out.dtype === "float32") found.add(out);
  const read = new Set(order.flatMap(({ inputs }) => inputs));
  return [...found].filter((tensor) => read.has(tensor) || on.includes(tensor));
}

/** A sum of several cotangents is made once more for who asks for it: it is the one that the graph has already. */
function inGraph(
  gradientOf: ReadonlyMap<Tensor, Tensor>,
  nodes: readonly GraphNode[],
): ReadonlyMap<Tensor, Tensor> {
  const known = new Set(nodes);
  const same = (a: GraphNode, b: GraphNode) =>
    a.op === b.op && a.inputs.length === b.inputs.length && a.inputs.every((t, i) => t === b.inputs[i]);
  const there = ([tensor, gradient]: readonly [Tensor, Tensor]): [Tensor, Tensor][] => {
    if (known.has(gradient.node)) return [[tensor, gradient]];
    const node = nodes.find((other) => same(other, gradient.node));
    return node ? [[tensor, node.outputs[gradient.index]!]] : [];
  };
  return new Map([...gradientOf].flatMap(there));
}
