/**
 * TensorFlow.js training the same models: operations of its core, gradients by `variableGrads`, its Adam. Its WebAssembly
 * backend has no kernel for the gradient of a gather, so that the embedding is a product with one-hot rows.
 */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-backend-cpu";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import threaded from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";
import { firstWeights, measured, randomIds, shapesOf, type TwinAsk, transformerSizes } from "./twin.ts";

type Tensor = ReturnType<typeof tf.tensor>;
type Weights = Readonly<Record<string, Tensor>>;

interface TensorFlowAsk extends TwinAsk {
  /** `wasm` or `cpu`. */
  readonly backend: string;
}

let current: TensorFlowAsk;
let weights: Weights;
let optimizer: { applyGradients(gradients: object): void };

/** [rows, in] · [in, out] + [out] */
const linear = (x: Tensor, name: string, w: Weights): Tensor =>
  tf.add(tf.matMul(x, w[name]), w[`${name}Bias`]);

function norm(x: Tensor, name: string, w: Weights): Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.mul(centred, centred), -1, true);
  return tf.add(tf.mul(tf.div(centred, tf.sqrt(tf.add(variance, 1e-5))), w[name]), w[`${name}Bias`]);
}

const gelu = (x: Tensor): Tensor => {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(x, tf.mul(x, x)), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
};

/** ids time-major → logits [length · batch, vocabulary] */
function lstm(ids: Tensor, w: Weights, { batch, length }: TwinAsk): Tensor {
  const hidden = w.recurrent.shape[0];
  const embedded = tf.matMul(tf.oneHot(ids, w.embedding.shape[0]), w.embedding);
  const projected = tf.split(tf.add(tf.matMul(embedded, w.input), w.bias), length, 0);
  let h = tf.zeros([batch, hidden]);
  let c = tf.zeros([batch, hidden]);
  const outputs = projected.map((x: Tensor) => {
    const [i, f, g, o] = tf.split(tf.add(x, tf.matMul(h, w.recurrent)), 4, 1);
    c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    return h;
  });
  return linear(tf.concat(outputs, 0), "head", w);
}

function transformer(ids: Tensor, w: Weights, { config, batch, length }: TwinAsk): Tensor {
  const { layers, width, heads } = transformerSizes(config);
  const embedded = tf.matMul(tf.oneHot(ids, w.embedding.shape[0]), w.embedding);
  let x = tf.reshape(tf.add(tf.reshape(embedded, [batch, length, width]), w.positions), [
    batch * length,
    width,
  ]);
  const later = tf.tensor2d(
    Float32Array.from({ length: length * length }, (_, i) =>
      i % length > Math.floor(i / length) ? -1e4 : 0,
    ),
    [length, length],
  );
  const toHeads = (y: Tensor): Tensor =>
    tf.transpose(tf.reshape(y, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
  for (let k = 0; k < layers; k++) {
    const read = norm(x, `${k}.qNorm`, w);
    const [q, key, v] = ["q", "k", "v"].map((name) => toHeads(linear(read, `${k}.${name}`, w)));
    const scores = tf.add(tf.mul(tf.matMul(q, key, false, true), Math.sqrt(heads / width)), later);
    const attended = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
    x = tf.add(x, linear(tf.reshape(attended, [batch * length, width]), `${k}.out`, w));
    const inner = gelu(linear(norm(x, `${k}.innerNorm`, w), `${k}.inner`, w));
    x = tf.add(x, linear(inner, `${k}.outer`, w));
  }
  return tf.matMul(norm(x, "norm", w), w.embedding, false, true);
}

async function train(): Promise<number> {
  const { batch, length, model } = current;
  const vocabulary = Number(current.config.vocab_size);
  const draw = () => tf.tensor1d(randomIds(batch * length, vocabulary), "int32");
  const loss = tf.tidy(() => {
    const [ids, targets] = [draw(), tf.oneHot(draw(), vocabulary)];
    const { value, grads } = tf.variableGrads(() => {
      const logits = (model === "char-lstm" ? lstm : transformer)(ids, weights, current);
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), targets), -1)));
    });
    optimizer.applyGradients(grads);
    return value;
  });
  const [nats] = await loss.data();
  loss.dispose();
  return nats;
}

export async function side(ask: TensorFlowAsk): Promise<object> {
  if (ask.op === "train") return measured(train, current.batch * current.length, ask.seconds);
  current = ask;
  setWasmPaths({
    "tfjs-backend-wasm.wasm": plain,
    "tfjs-backend-wasm-simd.wasm": simd,
    "tfjs-backend-wasm-threaded-simd.wasm": threaded,
  });
  setThreadsCount(1);
  if (!(await tf.setBackend(ask.backend)))
    throw new Error(`TensorFlow.js has no backend ${ask.backend} here.`);
  await tf.ready();
  weights = Object.fromEntries(
    Object.entries(shapesOf(ask)).map(([name, shape]) => [
      name,
      tf.variable(tf.tensor(firstWeights(name, shape), shape), true, name),
    ]),
  );
  optimizer = tf.train.adam(1e-3);
  return { loss: await train() };
}
