/** Layer normalisation, softmax and the cross-entropy of a softmax, with gradients derived by hand. */
import { float32, type HostArray } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { type Shape, staticDim } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reduceTo, sum } from "./broadcast.ts";
import { defineOp, indices, none, type ReferenceArray, real, zeros } from "./define.ts";
import { exp, multiply, subtract } from "./elementwise.ts";

const withoutLast = (shape: Shape): Shape => [...shape.slice(0, -1), 1];

export const layerNormOp = defineOp<{ readonly epsilon: number }>({
  name: "layer_norm",
  infer([x, scale, bias]) {
    const width = x!.shape[x!.shape.length - 1];
    if (
      scale!.shape.length !== 1 ||
      scale!.shape[0] !== width ||
      bias!.shape.length !== 1 ||
      bias!.shape[0] !== width
    ) {
      throw new ShapeError("layer_norm", "scale and bias must have the size of the last axis", [
        x!.shape,
        scale!.shape,
        bias!.shape,
      ]);
    }
    const stats = { dtype: "float32", shape: withoutLast(x!.shape) } as const;
    return [{ dtype: "float32", shape: x!.shape }, stats, stats];
  },
  results: 1,
  vjp({ inputs: [x, scale, bias], outputs: [, mean, inverse], cotangents: [g] }) {
    const n = staticDim("layer_norm", x!.shape, x!.shape.length - 1);
    const standard = multiply(subtract(x!, mean!), inverse!);
    const scaled = multiply(g!, scale!);
    const last = [x!.shape.length - 1];
    const meanScaled = multiply(sum(scaled, last, true), 1 / n);
    const meanProduct = multiply(sum(multiply(scaled, standard), last, true), 1 / n);
    const dx = multiply(inverse!, subtract(subtract(scaled, meanScaled), multiply(standard, meanProduct)));
    return [dx, reduceTo(multiply(g!, standard), scale!.shape), reduceTo(g!, bias!.shape)];
  },
  lower: (emit, inputs, { epsilon }) =>
    emit.nodes(
      "LayerNormalization",
      inputs.map((x) => x.name),
      3,
      { attributes: { axis: -1, epsilon: { float: epsilon } } },
    ),
  reference([x, scale, bias], { epsilon }, outputs) {
    const [y, mean, inverse] = outputs.map((o) => zeros(o.shape)) as [
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
    ];
    forEachRow(x!, (row, n, at) => {
      const m = row.reduce((a, b) => a + b, 0) / n;
      const variance = row.reduce((a, b) => a + (b - m) ** 2, 0) / n;
      const r = 1 / Math.sqrt(variance + epsilon);
      mean.data[at / n] = m;
      inverse.data[at / n] = r;
      for (let i = 0; i < n; i++) y.data[at + i] = (row[i]! - m) * r * scale!.data[i]! + bias!.data[i]!;
    });
    return [y, mean, inverse];
  },
  samples: [
    { title: "matrix", inputs: [real(3, 8), real(8), real(8)], attributes: { epsilon: 1e-5 } },
    { title: "batch", inputs: [real(2, 3, 5), real(5), real(5)], attributes: { epsilon: 1e-5 } },
  ],
});

/** Ba, Kiros & Hinton 2016 (arXiv 1607.06450) over the last axis. x [..., n], scale [n], bias [n] → [..., n]. */
export const layerNorm = (x: Tensor, scale: Tensor, bias: Tensor, epsilon = 1e-5): Tensor =>
  layerNormOp.apply([x, scale, bias], { epsilon })[0]!;

export const softmaxOp = defineOp({
  name: "softmax",
  infer: ([x]) => [{ dtype: "float32", shape: x!.shape }],
  vjp({ outputs: [y], cotangents: [g] }) {
    const product = multiply(g!, y!);
    return [subtract(product, multiply(y!, sum(product, [y!.shape.length - 1], true)))];
  },
  lower: (emit, [x]) => emit.node("Softmax", [x!.name], { attributes: { axis: -1 } }),
  reference([x]) {
    const y = zeros(x!.shape);
    forEachRow(x!, (row, n, at) => {
      const logZ = logSumExp(row);
      for (let i = 0; i < n; i++) y.data[at + i] = Math.exp(row[i]! - logZ);
    });
    return [y];
  },
  samples: [
    { title: "matrix", inputs: [real(3, 5)], attributes: {} },
    { title: "attention", inputs: [real(2, 2, 3, 3)], attributes: {} },
  ],
});

/** exp(x) / Σ exp(x) over the last axis. */
export const softmax = (x: Tensor): Tensor => softmaxOp.apply([x], {})[0]!;

export const logSoftmaxOp = defineOp({
  name: "log_softmax",
  infer: ([x]) => [{ dtype: "float32", shape: x!.shape }],
  vjp: ({ outputs: [y], cotangents: [g] }) => [
    subtract(g!, multiply(exp(y!), sum(g!, [y!.shape.length - 1], true))),
  ],
  lower: (emit, [x]) => emit.node("LogSoftmax", [x!.name], { attributes: { axis: -1 } }),
  reference([x]) {
    const y = zeros(x!.shape);
    forEachRow(x!, (row, n, at) => {
      const logZ = logSumExp(row);
      for (let i = 0; i < n; i++) y.data[at + i] = row[i]! - logZ;
    });
    return [y];
  },
  samples: [{ title: "matrix", inputs: [real(3, 5)], attributes: {} }],
});

/** x - log Σ exp(x) over the last axis: log-probabilities. */
export const logSoftmax = (x: Tensor): Tensor => logSoftmaxOp.apply([x], {})[0]!;

export const crossEntropyOp = defineOp({
  name: "cross_entropy",
  infer([logits, targets]) {
    if (logits!.shape.length !== 2 || targets!.shape.length !== 1 || logits!.shape[0] !== targets!.shape[0]) {
      throw new ShapeError("cross_entropy", "expected logits [n, classes] and targets [n]", [
        logits!.shape,
        targets!.shape,
      ]);
    }
    return [
      { dtype: "float32", shape: targets!.shape },
      { dtype: "float32", shape: logits!.shape },
    ];
  },
  results: 1,
  vjp: ({ inputs: [, targets], outputs: [, logP], cotangents: [g] }) =>
    crossEntropyGradientOp.apply(isOnes(g!) ? [logP!, targets!] : [logP!, targets!, g!], {}),
  lower(emit, [logits, targets]) {
    const logP = emit.node("LogSoftmax", [logits!.name], { attributes: { axis: -1 } });
    const column = emit.node("Unsqueeze", [targets!.name, emit.ints([1])]);
    const picked = emit.node("GatherElements", [logP, column], { attributes: { axis: 1 } });
    const nll = emit.node("Neg", [emit.node("Squeeze", [picked, emit.ints([1])])]);
    return [nll, logP];
  },
  reference([logits, targets], _, outputs) {
    const [nll, logP] = outputs.map((o) => zeros(o.shape)) as [ReferenceArray, ReferenceArray];
    forEachRow(logits!, (row, n, at) => {
      const logZ = logSumExp(row);
      for (let i = 0; i < n; i++) logP.data[at + i] = row[i]! - logZ;
      nll.data[at / n] = logZ - row[targets!.data[at / n]!]!;
    });
    return [nll, logP];
  },
  samples: [{ title: "rows", inputs: [real(4, 6), indices(6, 4)], attributes: {} }],
});

/** -log softmax(logits)[target] of each row, in nats. logits [n, classes], targets [n] → [n]. */
export const crossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  crossEntropyOp.apply([logits, targets], {})[0]!;

/** g · (softmax - one-hot), row by row, from the log-probabilities that the forward pass kept; g is 1 where absent. */
export const crossEntropyGradientOp = defineOp({
  name: "cross_entropy_gradient",
  infer: ([logP]) => [{ dtype: "float32", shape: logP!.shape }],
  vjp: none("second derivatives of the loss are not needed to train"),
  lower(emit, [logP, targets, g]) {
    const column = emit.node("Unsqueeze", [targets!.name, emit.ints([1])]);
    const p = emit.node("Exp", [logP!.name]);
    const weight = g && emit.node("Unsqueeze", [g.name, emit.ints([1])]);
    const scaled = weight ? emit.node("Mul", [p, weight]) : p;
    const taken = weight
      ? emit.node("Neg", [weight])
      : emit.node("Expand", [emit.scalar(-1), emit.node("Shape", [column])]);
    return emit.node("ScatterElements", [scaled, column, taken], {
      attributes: { axis: 1, reduction: "add" },
    });
  },
  reference([logP, targets, g]) {
    const out = zeros(logP!.shape);
    forEachRow(logP!, (row, n, at) => {
      const weight = g?.data[at / n] ?? 1;
      for (let i = 0; i < n; i++) out.data[at + i] = Math.exp(row[i]!) * weight;
      out.data[at + targets!.data[at / n]!]! -= weight;
    });
    return [out];
  },
  samples: [
    { title: "rows", inputs: [real(4, 6), indices(6, 4), real(4)], attributes: {} },
    { title: "all alike", inputs: [real(4, 6), indices(6, 4)], attributes: {} },
  ],
});

/** Whether a tensor is a constant 1, repeated. */
function isOnes({ node }: Tensor): boolean {
  if (node.op === "reshape" || node.op === "broadcast") return isOnes(node.inputs[0]!);
  if (node.op !== "constant") return false;
  const { data } = node.attributes.value as HostArray;
  return data.length === 1 && Number(data[0]) === 1;
}

/** Additive attention mask [t, s]: 0 where position i may see position j ≤ i + (s - t), a large negative number elsewhere. */
export function causalMask(t: number, s = t): Tensor {
  const data = new Float32Array(t * s);
  for (let i = 0; i < t; i++) for (let j = i + (s - t) + 1; j < s; j++) data[i * s + j] = -1e9;
  return constant(float32([t, s], data));
}

/** Mean over `axes` (default: all), whose sizes must be static. */
export function mean(x: Tensor, axes?: readonly number[] | number, keepDims = false): Tensor {
  const total = sum(x, axes, keepDims);
  const list = axes === undefined ? x.shape.map((_, i) => i) : typeof axes === "number" ? [axes] : axes;
  const n = list.reduce(
    (count, axis) => count * staticDim("mean", x.shape, axis < 0 ? axis + x.shape.length : axis),
    1,
  );
  return multiply(total, 1 / n);
}

function forEachRow(x: ReferenceArray, visit: (row: Float64Array, n: number, at: number) => void): void {
  const n = x.shape[x.shape.length - 1]!;
  for (let at = 0; at < x.data.length; at += n) visit(x.data.subarray(at, at + n), n, at);
}

function logSumExp(row: Float64Array): number {
  const max = row.reduce((a, b) => Math.max(a, b), -Infinity);
  return max + Math.log(row.reduce((a, b) => a + Math.exp(b - max), 0));
}
