/**
 * An operation of your own, held to its reference and to finite differences, in a network: `node examples/own-operation.js`.
 *
 * Softplus, log(1 + exp x), is one ONNX operator; its gradient is written in other operations.
 */
import {
  checkOp,
  compile,
  defineOp,
  float32,
  multiply,
  real,
  sigmoid,
  sum,
  valueAndGrad,
} from "punchline/engine";
import { nodeBackend } from "punchline/node";

/** @import { Tensor } from "punchline/engine" */

const softplusOp = defineOp({
  name: "softplus",
  inputs: ["x"],
  outputs: ["y"],
  infer: ({ x }) => ({ y: x }),
  vjp: ({ y: g }, { x }) => ({ x: multiply(g, sigmoid(x)) }),
  lower: (emit, { x }) => ({ y: emit.node("Softplus", [x]) }),
  reference({ x }, _, { y }) {
    x.data.forEach((value, i) => {
      y.data[i] = Math.log1p(Math.exp(value));
    });
  },
  samples: [
    { title: "vector", inputs: { x: real(5) } },
    { title: "matrix", inputs: { x: real(2, 3) } },
  ],
});

/** @param {Tensor} x */
const softplus = (x) => softplusOp.apply({ x }).y;

const backend = nodeBackend();
await checkOp(softplusOp, { backend });
console.log("softplus is what it says");

const step = compile(
  (/** @type {Tensor} */ x) => valueAndGrad((/** @type {Tensor} */ v) => sum(softplus(v)))(x),
  {
    backend,
  },
);
const [value, gradient] = await step(float32([3], [-1, 0, 1]));
console.log(value.data[0], gradient.data);
await step.release();
