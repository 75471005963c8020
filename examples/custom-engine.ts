/**
 * The engine without language models: a small network learns the sine, by gradients that it computes itself.
 *
 * A training step is a function over symbolic tensors. `compile` traces it, adds nothing of its own, and runs
 * the graph, backward pass included, on ONNX Runtime; here even the update of the weights is part of the graph.
 */
import {
  add,
  compile,
  float32,
  gemm,
  multiply,
  Random,
  subtract,
  sum,
  type Tensor,
  tanh,
  valueAndGrad,
} from "punchline/engine";

const hidden = 16;
const points = 64;

type Weights = { readonly [name: string]: Tensor };

/** [points, 1] → [points, 1], by one hidden layer. */
const network = (w: Weights, x: Tensor): Tensor => gemm(tanh(gemm(x, w.w1!, w.b1!)), w.w2!, w.b2!);

const step = compile((weights: Weights, velocity: Weights, x: Tensor, y: Tensor) => {
  const [loss, gradients] = valueAndGrad((w: Weights) => {
    const error = subtract(network(w, x), y);
    return multiply(sum(multiply(error, error)), 1 / points);
  })(weights);
  const next = (values: Weights, change: (name: string) => Tensor): Weights =>
    Object.fromEntries(Object.keys(values).map((name) => [name, change(name)]));
  const faster = next(velocity, (name) =>
    subtract(multiply(velocity[name]!, 0.9), multiply(gradients[name]!, 0.02)),
  );
  return { loss, velocity: faster, weights: next(weights, (name) => add(weights[name]!, faster[name]!)) };
});

const random = new Random(1, "weights");
const shapes = { w1: [1, hidden], b1: [hidden], w2: [hidden, 1], b2: [1] };
const make = (fill: (length: number, k: number) => Float32Array) =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape], k) => [
      name,
      float32(
        shape,
        fill(
          shape.reduce((a, b) => a * b),
          k,
        ),
      ),
    ]),
  );
let weights = make((length, k) => random.at(k).fillNormal(new Float32Array(length)));
let velocity = make((length) => new Float32Array(length));

const xs = Float32Array.from({ length: points }, (_, i) => (2 * Math.PI * i) / points - Math.PI);
const x = float32([points, 1], xs);
const y = float32([points, 1], xs.map(Math.sin));

for (let k = 0; k <= 1500; k++) {
  const result = await step(weights, velocity, x, y);
  weights = result.weights as typeof weights;
  velocity = result.velocity as typeof velocity;
  if (k % 300 === 0)
    console.log(`step ${k}: mean squared error ${(result.loss.data[0] as number).toFixed(5)}`);
}
await step.release();
