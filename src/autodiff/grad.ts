/**
 * Reverse-mode differentiation: adds the backward pass to a graph, in the same operations.
 *
 * @example
 * const loss = (p) => mean(crossEntropy(model(p, x), y));
 * const [value, gradients] = valueAndGrad(loss)(parameters); // gradients has the shape of parameters
 */
import { PunchlineError } from "../core/errors.ts";
import { invalidOption } from "../core/options.ts";
import { remember } from "../core/remember.ts";
import { constant, isLeaf } from "../graph/leaves.ts";
import { checkTensor, checkTensors } from "../graph/operands.ts";
import { withStack } from "../graph/place.ts";
import { type GraphNode, type Tensor, topologicalOrder } from "../graph/tensor.ts";
import { flatten, type TensorTree, unflatten } from "../graph/tree.ts";
import { broadcastTo } from "../ops/broadcast.ts";
import { rulesOf } from "../ops/define.ts";
import { addN } from "../ops/elementwise.ts";
import { addRows } from "../ops/indexing.ts";
import { Replay } from "./replay.ts";

/**
 * Gradients of a scalar with respect to tensors, by Baur & Strassen's reverse accumulation.
 * A tensor on which the scalar does not depend has a gradient of zeros. Computed again rather than held until they are
 * needed are results of operations with a rule for it, and values between two that are marked with `keep`.
 * @throws PunchlineError `no-gradient` where the path leads through an operation that declares none.
 */
export function gradients(scalar: Tensor, wrt: readonly Tensor[]): Tensor[] {
  checkTensor(scalar, "gradients");
  checkTensors(wrt, "gradients");
  if (scalar.shape.some((d) => d !== 1)) {
    throw new PunchlineError(
      "no-gradient",
      `A gradient starts from a scalar, not from [${scalar.shape.join(", ")}]; sum it first.`,
    );
  }
  const order = topologicalOrder([scalar]);
  const needed = dependents(order, wrt);
  const replay = new Replay(order);
  const again = new Map<GraphNode, readonly Tensor[]>();
  /** What the gradient of `node` reads in place of `t`. */
  const held = (t: Tensor, node: GraphNode): Tensor => {
    const value = replay.value(t, node);
    const { node: maker, index } = value;
    if (isLeaf(maker.op) || !needed.has(t)) return value;
    return remember(again, maker, () => withStack(maker.made, () => rulesOf(maker).again(maker)))[index]!;
  };
  const cotangents = new Map<Tensor, Tensor[]>();
  cotangents.set(scalar, [broadcastTo(constant(1), scalar.shape)]);

  for (let k = order.length - 1; k >= 0; k--) {
    const node = order[k]!;
    if (isLeaf(node.op) || !node.inputs.some((t) => needed.has(t))) continue;
    const incoming = node.outputs.map((out) => total(cotangents.get(out)));
    if (incoming.every((g) => g === undefined)) continue;
    const rules = rulesOf(node);
    const results = rules.resultCount(node);
    if (incoming.some((g, i) => g && i >= results)) {
      throw new PunchlineError(
        "no-gradient",
        `A value that "${node.op}" keeps for its backward pass has no gradient of its own.`,
      );
    }
    if (typeof rules.vjp !== "function") {
      throw new PunchlineError("no-gradient", `"${node.op}" has no gradient: ${rules.vjp.none}.`, {
        details: { op: node.op },
      });
    }
    replay.arrived(node, incoming[0]!);
    const { vjp } = rules;
    const outgoing = withStack(node.made, () =>
      vjp({
        node,
        inputs: node.inputs.map((t) => held(t, node)),
        outputs: node.outputs.map((t) => held(t, node)),
        cotangents: incoming,
        needs: node.inputs.map((t) => needed.has(t)),
      }),
    );
    node.inputs.forEach((input, i) => {
      const g = outgoing[i];
      if (!g || !needed.has(input)) return;
      const list = cotangents.get(input);
      if (list) list.push(g);
      else cotangents.set(input, [g]);
    });
  }
  return wrt.map((t) => total(cotangents.get(t)) ?? broadcastTo(constant(0), t.shape));
}

/**
 * The sum of a tensor's cotangents. Rows scattered into a table are added onto the rest, so that a token
 * embedding that is also the head's matrix needs no second table of its size.
 */
function total(terms: readonly Tensor[] | undefined): Tensor | undefined {
  if (!terms || terms.length === 1) return terms?.[0];
  const scattered = terms.filter(({ node }) => node.op === "scatter_add");
  const rest = terms.filter((term) => !scattered.includes(term));
  if (rest.length === 0) return addN(terms);
  return scattered.reduce((sum, { node: { inputs } }) => addRows(sum, inputs[0]!, inputs[1]!), addN(rest));
}

/** Tensors through which `wrt` reaches the end, `wrt` among them. */
function dependents(order: readonly GraphNode[], wrt: readonly Tensor[]): ReadonlySet<Tensor> {
  const needed = new Set<Tensor>(wrt);
  for (const node of order) {
    if (node.inputs.some((t) => needed.has(t)))
      for (const out of node.outputs) if (out.dtype === "float32") needed.add(out);
  }
  return needed;
}

/** A function that returns the loss and its gradients with respect to the first argument. */
export function valueAndGrad<P extends TensorTree, Rest extends readonly unknown[]>(
  loss: (parameters: P, ...rest: Rest) => Tensor,
): (parameters: P, ...rest: Rest) => [Tensor, P] {
  if (typeof loss !== "function") throw invalidOption("loss", loss, "a function");
  return (parameters, ...rest) => {
    const value = loss(parameters, ...rest);
    return [value, unflatten(parameters, gradients(value, flatten(parameters)))];
  };
}

/** A function that returns the gradients of a loss with respect to its first argument. */
export function grad<P extends TensorTree, Rest extends readonly unknown[]>(
  loss: (parameters: P, ...rest: Rest) => Tensor,
): (parameters: P, ...rest: Rest) => P {
  const both = valueAndGrad(loss);
  return (parameters, ...rest) => both(parameters, ...rest)[1];
}
