/**
 * A perceptron learns the sine: layers, dropout, random numbers, an optimiser and a loop, in Node and in a browser.
 *
 * A training step is a function of symbolic tensors. `compile` traces it and runs it, backward pass included, on
 * ONNX Runtime. The arena holds parameters, gradients and moments where the optimiser's kernels update them in place.
 */
import {
  Arena,
  adamw,
  clipGlobalNorm,
  compile,
  evaluation,
  float32,
  multiply,
  nn,
  Random,
  relu,
  schedule,
  subtract,
  sum,
  training,
  valueAndGrad,
} from "punchline/engine";

/** @import { Backend, Mode, Tensor } from "punchline/engine" */
/** @typedef {Readonly<Record<string, Tensor>>} Parameters */

const batch = 64;
const steps = 400;

const inner = nn.linear("inner", 1, 32);
const outer = nn.linear("outer", 32, 1);
const parameters = nn.parametersOf(inner, outer);

/**
 * [batch, 1] → [batch, 1]
 * @param {Parameters} p
 * @param {Tensor} x
 * @param {Mode} mode
 */
const network = (p, x, mode) => outer(p, mode.dropout(relu(inner(p, x)), 0.02));

/**
 * Trains it and reports the mean squared error.
 * @param {Backend} backend of `punchline/node` or `punchline/web`
 * @param {(line: string) => void} print
 * @returns {Promise<number>} the error after training, without dropout
 */
export async function learnSine(backend, print) {
  const step = compile(
    /** @type {(p: Parameters, x: Tensor, y: Tensor) => { loss: Tensor, gradients: Parameters }} */
    (p, x, y) => {
      const mode = training();
      const [loss, gradients] = valueAndGrad((/** @type {Parameters} */ q) => {
        const error = subtract(network(q, x, mode), y);
        return multiply(sum(multiply(error, error)), 1 / batch);
      })(p);
      return { loss, gradients };
    },
    { backend },
  );
  const predict = compile(
    /** @type {(p: Parameters, x: Tensor) => Tensor} */
    (p, x) => network(p, x, evaluation),
    { backend },
  );
  const optimizer = adamw({ weightDecay: 0 });
  const arena = Arena.create(parameters, { moments: optimizer.moments });
  for (const { name, initialise } of parameters)
    initialise(arena.parameters[name]?.data ?? new Float32Array(), new Random(1, name));

  const rate = schedule({ kind: "cosine", warmup: 20, steps });
  const draws = new Random(1, "data");
  for (let k = 1; k <= steps; k++) {
    const xs = Float32Array.from(
      { length: batch },
      (_, i) => Math.PI * (2 * draws.uniform(k * batch + i) - 1),
    );
    const [x, y] = [float32([batch, 1], xs), float32([batch, 1], xs.map(Math.sin))];
    const { loss } = await step.run([arena.parameters, x, y], {
      into: { gradients: arena.gradients },
      random: { seed: 1, step: k },
    });
    const { gradScale } = clipGlobalNorm(arena, 1);
    optimizer.step(arena, { step: k, lr: 0.01 * rate(k), gradScale });
    if (k % 100 === 0) print(`step ${k}: mean squared error ${Number(loss.data[0]).toFixed(4)}`);
  }

  const xs = Float32Array.from({ length: 100 }, (_, i) => (2 * Math.PI * i) / 99 - Math.PI);
  const { data } = await predict(arena.parameters, float32([100, 1], xs));
  const error = xs.reduce((total, x, i) => total + (Number(data[i]) - Math.sin(x)) ** 2, 0) / xs.length;
  print(`after ${steps} steps: ${error.toFixed(4)} without dropout`);
  await step.release();
  await predict.release();
  return error;
}
