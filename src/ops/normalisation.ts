/** Normalisation of layers, softmax and the cross-entropy of a softmax, with gradients derived by hand. */
import { float32, type HostArray } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { type Shape, sameShape, staticDim } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { axesOf, reduceTo, sum } from "./broadcast.ts";
import { defineOp, indices, none, type ReferenceArray, real, typed } from "./define.ts";
import { add, divide, exp, multiply, sqrt, subtract } from "./elementwise.ts";
import { emitLogSoftmax } from "./lowering.ts";

const withoutLast = (shape: Shape): Shape => [...shape.slice(0, -1), 1];

export const layerNormOp = defineOp({
  name: "layer_norm",
  inputs: ["x", "scale", "bias"],
  outputs: ["y"],
  saved: ["mean", "inverse"],
  attributes: typed<{ readonly epsilon: number }>(),
  infer({ x, scale, bias }) {
    const shapes = [x.shape, scale.shape, bias.shape];
    const width = x.shape.slice(-1);
    if (width.length === 0 || !sameShape(scale.shape, width) || !sameShape(bias.shape, width))
      throw new ShapeError("layer_norm", "scale and bias must have the size of the last axis", shapes);
    const statistic = { dtype: "float32", shape: withoutLast(x.shape) } as const;
    return { y: { dtype: "float32", shape: x.shape }, mean: statistic, inverse: statistic };
  },
  vjp({ y: g }, { x, scale, bias, mean, inverse }) {
    const last = x.shape.length - 1;
    const n = staticDim("layer_norm", x.shape, last);
    const standard = multiply(subtract(x, mean), inverse);
    const scaled = multiply(g, scale);
    const meanScaled = multiply(sum(scaled, last, true), 1 / n);
    const meanProduct = multiply(sum(multiply(scaled, standard), last, true), 1 / n);
    return {
      x: multiply(inverse, subtract(subtract(scaled, meanScaled), multiply(standard, meanProduct))),
      scale: reduceTo(multiply(g, standard), scale.shape),
      bias: reduceTo(g, bias.shape),
    };
  },
  again: ({ x, scale, bias, mean, inverse }) => ({
    y: add(multiply(multiply(subtract(x, mean), inverse), scale), bias),
  }),
  lower: (emit, { x, scale, bias }, { epsilon }) =>
    emit.nodes("LayerNormalization", [x, scale, bias], ["y", "mean", "inverse"], {
      attributes: { axis: -1, epsilon: { float: epsilon } },
    }),
  reference({ x, scale, bias }, { epsilon }, { y, mean, inverse }) {
    forEachRow(x, (row, at, i) => {
      const m = row.reduce((a, b) => a + b, 0) / row.length;
      const variance = row.reduce((a, b) => a + (b - m) ** 2, 0) / row.length;
      const r = 1 / Math.sqrt(variance + epsilon);
      mean.data[i] = m;
      inverse.data[i] = r;
      row.forEach((value, k) => {
        y.data[at + k] = (value - m) * r * scale.data[k]! + bias.data[k]!;
      });
    });
  },
  samples: [
    {
      title: "matrix",
      inputs: { x: real(3, 8), scale: real(8), bias: real(8) },
      attributes: { epsilon: 1e-5 },
    },
    {
      title: "batch",
      inputs: { x: real(2, 3, 5), scale: real(5), bias: real(5) },
      attributes: { epsilon: 1e-5 },
    },
  ],
});

/** Ba, Kiros & Hinton 2016 (arXiv 1607.06450) over the last axis. x [..., n], scale [n], bias [n] → [..., n]. */
export const layerNorm = (x: Tensor, scale: Tensor, bias: Tensor, epsilon = 1e-5): Tensor =>
  layerNormOp.apply({ x, scale, bias }, { epsilon }).y;

export const rmsNormOp = defineOp({
  name: "rms_norm",
  inputs: ["x", "scale"],
  outputs: ["y"],
  attributes: typed<{ readonly epsilon: number }>(),
  infer({ x, scale }) {
    const width = x.shape.slice(-1);
    if (width.length === 0 || !sameShape(scale.shape, width))
      throw new ShapeError("rms_norm", "scale must have the size of the last axis", [x.shape, scale.shape]);
    return { y: { dtype: "float32", shape: x.shape } };
  },
  vjp({ y: g }, { x, scale }, { epsilon }, needs) {
    const inverse = inverseRms(x, epsilon);
    const standard = multiply(x, inverse);
    const scaled = multiply(g, scale);
    const meanProduct = mean(multiply(scaled, standard), -1, true);
    return {
      x: multiply(inverse, subtract(scaled, multiply(standard, meanProduct))),
      scale: needs.scale ? reduceTo(multiply(g, standard), scale.shape) : undefined,
    };
  },
  again: ({ x, scale }, { epsilon }) => ({ y: multiply(multiply(x, inverseRms(x, epsilon)), scale) }),
  lower: (emit, { x, scale }, { epsilon }) => ({
    y: emit.node("SimplifiedLayerNormalization", [x, scale], {
      attributes: { axis: -1, epsilon: { float: epsilon } },
    }),
  }),
  reference({ x, scale }, { epsilon }, { y }) {
    forEachRow(x, (row, at) => {
      const r = 1 / Math.sqrt(row.reduce((a, b) => a + b * b, 0) / row.length + epsilon);
      row.forEach((value, k) => {
        y.data[at + k] = value * r * scale.data[k]!;
      });
    });
  },
  samples: [
    { title: "matrix", inputs: { x: real(3, 8), scale: real(8) }, attributes: { epsilon: 1e-6 } },
    { title: "heads", inputs: { x: real(2, 3, 2, 5), scale: real(5) }, attributes: { epsilon: 1e-5 } },
  ],
});

/** 1 / √(mean x² + ε) of each row: [..., 1]. WebGPU's kernel of the norm does not give it. */
const inverseRms = (x: Tensor, epsilon: number): Tensor =>
  divide(1, sqrt(add(mean(multiply(x, x), -1, true), epsilon)));

/** Zhang & Sennrich 2019 (arXiv 1910.07467) over the last axis: x / √(mean x² + ε) · scale. x [..., n], scale [n] → [..., n]. */
export const rmsNorm = (x: Tensor, scale: Tensor, epsilon = 1e-6): Tensor =>
  rmsNormOp.apply({ x, scale }, { epsilon }).y;

export const softmaxOp = defineOp({
  name: "softmax",
  inputs: ["x"],
  outputs: ["y"],
  infer: ({ x }) => ({ y: x }),
  vjp({ y: g }, { y }) {
    const product = multiply(g, y);
    return { x: subtract(product, multiply(y, sum(product, -1, true))) };
  },
  lower: (emit, { x }) => ({ y: emit.node("Softmax", [x], { attributes: { axis: -1 } }) }),
  reference({ x }, _, { y }) {
    logSoftmaxReference(x, y);
    y.data.set(y.data.map(Math.exp));
  },
  samples: [
    { title: "matrix", inputs: { x: real(3, 5) } },
    { title: "attention", inputs: { x: real(2, 2, 3, 3) } },
  ],
});

/** exp(x) / Σ exp(x) over the last axis. */
export const softmax = (x: Tensor): Tensor => softmaxOp.apply({ x }).y;

export const logSoftmaxOp = defineOp({
  name: "log_softmax",
  inputs: ["x"],
  outputs: ["y"],
  infer: ({ x }) => ({ y: x }),
  vjp: ({ y: g }, { y }) => ({ x: subtract(g, multiply(exp(y), sum(g, -1, true))) }),
  lower: (emit, { x }) => ({ y: emitLogSoftmax(emit, x) }),
  reference: ({ x }, _, { y }) => logSoftmaxReference(x, y),
  samples: [{ title: "matrix", inputs: { x: real(3, 5) } }],
});

/** x - log Σ exp(x) over the last axis: log-probabilities. */
export const logSoftmax = (x: Tensor): Tensor => logSoftmaxOp.apply({ x }).y;

export const crossEntropyOp = defineOp({
  name: "cross_entropy",
  inputs: ["logits", "targets"],
  outputs: ["nll"],
  saved: ["logP"],
  infer({ logits, targets }) {
    const [rows] = logits.shape;
    if (logits.shape.length !== 2 || targets.shape.length !== 1 || rows !== targets.shape[0])
      throw new ShapeError("cross_entropy", "expected logits [n, classes] and targets [n]", [
        logits,
        targets,
      ]);
    return { nll: { dtype: "float32", shape: targets.shape }, logP: logits };
  },
  vjp: ({ nll: g }, { logP, targets }) => ({
    logits: crossEntropyGradientOp.apply({ logP, targets, g: isOnes(g) ? undefined : g }).gradient,
  }),
  lower(emit, { logits, targets }) {
    const logP = emitLogSoftmax(emit, logits);
    const column = emit.node("Unsqueeze", [targets, emit.ints([1])]);
    const picked = emit.node("GatherElements", [logP, column], { attributes: { axis: 1 } });
    return { nll: emit.node("Neg", [emit.node("Squeeze", [picked, emit.ints([1])])]), logP };
  },
  reference({ logits, targets }, _, { nll, logP }) {
    logSoftmaxReference(logits, logP);
    forEachRow(logP, (row, _, i) => {
      nll.data[i] = -row[targets.data[i]!]!;
    });
  },
  samples: [{ title: "rows", inputs: { logits: real(4, 6), targets: indices(6, 4) } }],
});

/** -log softmax(logits)[target] of each row, in nats. logits [n, classes], targets [n] → [n]. */
export const crossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  crossEntropyOp.apply({ logits, targets }).nll;

/** g · (softmax - one-hot), row by row, from the log-probabilities that the forward pass kept; g is 1 where absent. */
export const crossEntropyGradientOp = defineOp({
  name: "cross_entropy_gradient",
  inputs: ["logP", "targets", "g?"],
  outputs: ["gradient"],
  infer: ({ logP }) => ({ gradient: logP }),
  vjp: none("second derivatives of the loss are not needed to train"),
  lower(emit, { logP, targets, g }) {
    const column = emit.node("Unsqueeze", [targets, emit.ints([1])]);
    const p = emit.node("Exp", [logP]);
    const weight = g && emit.node("Unsqueeze", [g, emit.ints([1])]);
    const scaled = weight ? emit.node("Mul", [p, weight]) : p;
    const taken = weight
      ? emit.node("Neg", [weight])
      : emit.node("Expand", [emit.scalar(-1), emit.node("Shape", [column])]);
    const gradient = emit.node("ScatterElements", [scaled, column, taken], {
      attributes: { axis: 1, reduction: "add" },
    });
    return { gradient };
  },
  reference({ logP, targets, g }, _, { gradient }) {
    forEachRow(logP, (row, at, i) => {
      const weight = g?.data[i] ?? 1;
      row.forEach((value, k) => {
        gradient.data[at + k] = weight * (Math.exp(value) - Number(k === targets.data[i]));
      });
    });
  },
  samples: [
    { title: "rows", inputs: { logP: real(4, 6), targets: indices(6, 4), g: real(4) } },
    { title: "all alike", inputs: { logP: real(4, 6), targets: indices(6, 4) } },
  ],
});

/** Whether a tensor is a constant 1, repeated. */
function isOnes({ node }: Tensor): boolean {
  const [from] = node.inputs;
  if (from) return (node.op === "reshape" || node.op === "broadcast") && isOnes(from);
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

/** Mean over `axes` (default: all). Their sizes must be static. */
export function mean(x: Tensor, axes?: readonly number[] | number, keepDims = false): Tensor {
  const n = axesOf("mean", x, axes).reduce((count, axis) => count * staticDim("mean", x.shape, axis), 1);
  return multiply(sum(x, axes, keepDims), 1 / n);
}

/** Calls `visit` with each row along the last axis, where it begins, and its number. */
function forEachRow(
  { shape, data }: ReferenceArray,
  visit: (row: Float64Array, at: number, i: number) => void,
): void {
  const n = shape.at(-1) ?? 1;
  for (let i = 0; i * n < data.length; i++) visit(data.subarray(i * n, (i + 1) * n), i * n, i);
}

function logSoftmaxReference(x: ReferenceArray, y: ReferenceArray): void {
  forEachRow(x, (row, at) => {
    const logZ = logSumExp(row);
    for (const [k, value] of row.entries()) y.data[at + k] = value - logZ;
  });
}

function logSumExp(row: Float64Array): number {
  const max = row.reduce((a, b) => Math.max(a, b), -Infinity);
  return max + Math.log(row.reduce((a, b) => a + Math.exp(b - max), 0));
}
