/**
 * jax-js training the same models in WebAssembly: a whole step (loss, gradients, Adam) under one `jit`. It has no loop
 * that can be differentiated, so that the LSTM is unrolled. An array that is used again is passed as `.ref`.
 */
import * as jax from "@jax-js/jax";
import { firstWeights, measured, randomIds, shapesOf, type TwinAsk, transformerSizes } from "./twin.ts";

const { numpy: np, nn, tree } = jax;
type Tensor = ReturnType<typeof np.array>;
type Weights = Readonly<Record<string, Tensor>>;

let current: TwinAsk;
let state: readonly [weights: Weights, mean: Weights, square: Weights, step: number];

/**
 * Under one `jit` for the whole step, elementwise operations are computed again for each element of the products that read
 * them, which takes eight times as long; so the pieces are compiled one by one.
 */
const product = jax.jit((x: Tensor, w: Tensor) => np.matmul(x, w));
const cell = jax.jit((gates: Tensor, c: Tensor) => {
  const [i, f, g, o] = np.split(gates, 4, 1);
  const next = nn
    .sigmoid(f)
    .mul(c)
    .add(nn.sigmoid(i).mul(np.tanh(g)));
  return [nn.sigmoid(o).mul(np.tanh(next.ref)), next];
});
const normalise = jax.jit((x: Tensor, scale: Tensor, bias: Tensor) =>
  nn.standardize(x, -1).mul(scale).add(bias),
);
const gelu = jax.jit((x: Tensor) => nn.gelu(x));
const attention = jax.jit((q: Tensor, k: Tensor, v: Tensor) =>
  nn.dotProductAttention(q, k, v, { isCausal: true }),
);
const crossEntropy = jax.jit((logits: Tensor, wanted: Tensor) =>
  nn.logSoftmax(logits).mul(wanted).sum(-1).mean().mul(-1),
);
const add = jax.jit((x: Tensor, y: Tensor) => x.add(y));

/** [rows, in] · [in, out] + [out] */
const linear = (x: Tensor, name: string, w: Weights): Tensor =>
  add(product(x, w[name].ref), w[`${name}Bias`].ref);

function norm(x: Tensor, name: string, w: Weights): Tensor {
  return normalise(x, w[name].ref, w[`${name}Bias`].ref);
}

/** ids [length, batch] → logits [length · batch, vocabulary] */
function lstm(ids: Tensor, w: Weights, { batch, length }: TwinAsk): Tensor {
  const [vocabulary] = w.embedding.shape;
  const hidden = w.recurrent.shape[0];
  const embedded = product(nn.oneHot(ids.reshape([-1]), vocabulary), w.embedding.ref);
  const projected = np.split(add(product(embedded, w.input.ref), w.bias.ref), length, 0);
  let h = np.zeros([batch, hidden]);
  let c = np.zeros([batch, hidden]);
  const outputs = projected.map((x: Tensor) => {
    [h, c] = cell(add(x, product(h, w.recurrent.ref)), c);
    return h.ref;
  });
  h.dispose();
  c.dispose();
  return linear(np.concatenate(outputs, 0), "head", w);
}

function transformer(ids: Tensor, w: Weights, { config, batch, length }: TwinAsk): Tensor {
  const { layers, width, heads } = transformerSizes(config);
  const [vocabulary] = w.embedding.shape;
  const embedded = product(nn.oneHot(ids.reshape([-1]), vocabulary), w.embedding.ref);
  let x = embedded
    .reshape([batch, length, width])
    .add(w.positions.ref)
    .reshape([batch * length, width]);
  const toHeads = (y: Tensor): Tensor => y.reshape([batch, length, heads, width / heads]);
  for (let k = 0; k < layers; k++) {
    const read = norm(x.ref, `${k}.qNorm`, w);
    const [q, key] = ["q", "k"].map((name) => toHeads(linear(read.ref, `${k}.${name}`, w)));
    const v = toHeads(linear(read, `${k}.v`, w));
    const attended = attention(q, key, v);
    x = add(x, linear(attended.reshape([batch * length, width]), `${k}.out`, w));
    const inner = gelu(linear(norm(x.ref, `${k}.innerNorm`, w), `${k}.inner`, w));
    x = add(x, linear(inner, `${k}.outer`, w));
  }
  return product(norm(x, "norm", w), np.transpose(w.embedding.ref));
}

function lossOf(w: Weights, ids: Tensor, targets: Tensor): Tensor {
  const logits = (current.model === "char-lstm" ? lstm : transformer)(ids, w, current);
  const wanted = nn.oneHot(targets, Number(current.config.vocab_size));
  tree.dispose(w);
  return crossEntropy(logits, wanted);
}

const adam = jax.jit((w: Tensor, m: Tensor, v: Tensor, gradient: Tensor, rate: Tensor) => {
  const mean = m.mul(0.9).add(gradient.ref.mul(0.1));
  const square = v.mul(0.999).add(gradient.ref.mul(gradient).mul(0.001));
  return [w.sub(mean.ref.mul(rate).div(np.sqrt(square.ref).add(1e-8))), mean, square];
});

/** Adam (Kingma & Ba 2015); `rate` has the corrections of its moments in it. */
function update(w: Weights, mean: Weights, square: Weights, rate: Tensor, ids: Tensor, targets: Tensor) {
  const [loss, gradients] = jax.valueAndGrad(lossOf)(tree.ref(w), ids, targets);
  const names = Object.keys(gradients);
  const moved = names.map((name) => adam(w[name], mean[name], square[name], gradients[name], rate.ref));
  const column = (k: number): Weights => Object.fromEntries(names.map((name, at) => [name, moved[at][k]]));
  rate.dispose();
  return [column(0), column(1), column(2), loss];
}

async function train(): Promise<number> {
  const { batch, length, config } = current;
  const draw = (shape: readonly number[]) =>
    np.array(randomIds(batch * length, Number(config.vocab_size)), { shape, dtype: np.int32 });
  const [weights, mean, square, done] = state;
  const count = done + 1;
  const rate = np.array((1e-3 * Math.sqrt(1 - 0.999 ** count)) / (1 - 0.9 ** count));
  const [moved, means, squares, loss] = update(
    weights,
    mean,
    square,
    rate,
    draw(current.model === "char-lstm" ? [length, batch] : [batch, length]),
    draw([batch * length]),
  );
  state = [moved, means, squares, count];
  await jax.blockUntilReady([moved, means, squares]);
  const [nats] = await loss.data();
  return nats;
}

export async function side(ask: TwinAsk): Promise<object> {
  if (ask.op === "train") return measured(train, current.batch * current.length, ask.seconds);
  current = ask;
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const all = (of: (name: string, shape: readonly number[]) => Float32Array): Weights =>
    Object.fromEntries(
      Object.entries(shapesOf(ask)).map(([name, shape]) => [name, np.array(of(name, shape), { shape })]),
    );
  const zeros = (_: string, shape: readonly number[]) => new Float32Array(shape.reduce((a, b) => a * b, 1));
  state = [all(firstWeights), all(zeros), all(zeros), 0];
  return { loss: await train() };
}
