/** Nonlinearities of transformers and convolutional networks, each with a gradient derived by hand. */
import { lift } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { add, defineUnary, exp, multiply, sigmoid, subtract } from "./elementwise.ts";
import { greater, where } from "./select.ts";

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** Gauss error function to double precision (series near 0, continued fraction beyond). */
export function erfReference(x: number): number {
  const a = Math.abs(x);
  if (a < 2.5) {
    let term = a;
    let total = a;
    for (let n = 1; n < 60; n++) {
      term *= (-a * a) / n;
      total += term / (2 * n + 1);
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * total;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
}

export const erfOp = defineUnary("erf", "Erf", erfReference, (g, _, x) =>
  multiply(g, multiply(2 / Math.sqrt(Math.PI), exp(multiply(-1, multiply(x, x))))),
);
export const reluOp = defineUnary(
  "relu",
  "Relu",
  (x) => Math.max(0, x),
  (g, y) => where(greater(y, 0), g, lift(0)),
);
/** Hendrycks & Gimpel 2016 (arXiv 1606.08415), exact: x·Φ(x). */
export const geluOp = defineUnary(
  "gelu",
  (emit, x) => emit.node("Gelu", [x], { attributes: { approximate: "none" } }),
  (x) => 0.5 * x * (1 + erfReference(x / Math.SQRT2)),
  (g, _, x) => {
    const density = multiply(1 / Math.sqrt(2 * Math.PI), exp(multiply(-0.5, multiply(x, x))));
    return multiply(g, add(cumulative(x), multiply(x, density)));
  },
  { again: (x) => multiply(x, cumulative(x)) },
);
/** Φ(x), which the gradient needs anyway. */
const cumulative = (x: Tensor): Tensor => multiply(0.5, add(1, erf(multiply(x, Math.SQRT1_2))));
/** The tanh form of the same paper, which GPT-2 uses. */
export const geluTanhOp = defineUnary(
  "gelu_tanh",
  (emit, x) => emit.node("Gelu", [x], { attributes: { approximate: "tanh" } }),
  (x) => 0.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x))),
  (g, y, x) => {
    // y = x · s with s = sigmoid(x · (a + b·x²)), so dy/dx = s + (y - y·s) · (a + 3b·x²).
    const { s, cubic } = tanhGate(x);
    const inner = add(2 * SQRT_2_OVER_PI, multiply(3, cubic));
    return multiply(g, add(s, multiply(subtract(y, multiply(y, s)), inner)));
  },
  { again: (x) => multiply(x, tanhGate(x).s) },
);
/** What the tanh form multiplies x by, and b·x² inside of it. */
function tanhGate(x: Tensor): { s: Tensor; cubic: Tensor } {
  const cubic = multiply(2 * SQRT_2_OVER_PI * CUBIC, multiply(x, x));
  return { s: sigmoid(multiply(x, add(2 * SQRT_2_OVER_PI, cubic))), cubic };
}

/** Sigmoid linear unit: Elfwing et al. 2017 (arXiv 1702.03118), x · sigmoid(x). */
export const siluOp = defineUnary(
  "silu",
  (emit, x) => emit.node("QuickGelu", [x], { domain: "com.microsoft", attributes: { alpha: { float: 1 } } }),
  (x) => x / (1 + Math.exp(-x)),
  (g, y, x) => {
    const s = sigmoid(x);
    return multiply(g, add(s, multiply(y, subtract(1, s))));
  },
  { again: (x) => multiply(x, sigmoid(x)) },
);

/** Gauss error function. */
export const erf = (x: Tensor): Tensor => erfOp.apply({ x }).y;
/** max(0, x). */
export const relu = (x: Tensor): Tensor => reluOp.apply({ x }).y;
/** Gaussian error linear unit, exact. Transformers' `gelu`. */
export const gelu = (x: Tensor): Tensor => geluOp.apply({ x }).y;
/** Gaussian error linear unit, tanh form. Transformers' `gelu_new`. */
export const geluTanh = (x: Tensor): Tensor => geluTanhOp.apply({ x }).y;
/** Sigmoid linear unit, also called swish: x · sigmoid(x). Transformers' `silu`. */
export const silu = (x: Tensor): Tensor => siluOp.apply({ x }).y;
