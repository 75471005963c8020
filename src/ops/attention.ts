/**
 * Scaled dot-product attention over several heads (Vaswani et al. 2017, arXiv 1706.03762, section 3.2) as
 * one operation: the runtime's fused kernel forward, the probabilities computed again for the gradient, so
 * that no [heads, length, length] array is kept between the two.
 */
import { ShapeError } from "../core/errors.ts";
import { type Dim, dims, sameShape, sizes, staticDim } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reshape, sum } from "./broadcast.ts";
import { defineOp, real, type SampleInput, typed } from "./define.ts";
import { add, multiply, subtract } from "./elementwise.ts";
import { type Emitter, elementNumber, type Operand } from "./emitter.ts";
import { matmul } from "./matmul.ts";
import { concatenate, transpose } from "./movement.ts";
import { causalMask, softmax } from "./normalisation.ts";
import { equal, where } from "./select.ts";

/** What is added to the score of a position that may not be seen. */
export const HIDDEN = -1e4;

export type AttentionAttributes = {
  readonly heads: number;
  /** Whether a position sees only itself and what lies before it. */
  readonly causal: boolean;
};

export const attentionOp = defineOp({
  name: "attention",
  inputs: ["q", "k", "v", "mask?"],
  outputs: ["y"],
  attributes: typed<AttentionAttributes>(),
  infer({ q, k, v, mask }, { heads, causal }) {
    const shapes = [q.shape, k.shape, v.shape];
    const [batch, keys, width] = k.shape;
    const fits =
      shapes.every((s) => s.length === 3) &&
      sameShape(k.shape, v.shape) &&
      q.shape[0] === batch &&
      q.shape[2] === width &&
      (!causal || q.shape[1] === keys);
    if (!fits)
      throw new ShapeError("attention", "expected queries, keys and values [batch, length, width]", shapes);
    if (staticDim("attention", q.shape, 2) % heads !== 0)
      throw new ShapeError("attention", `the width is not a multiple of ${heads} heads`, [q.shape]);
    const masks = [k.shape.slice(0, 2), [...q.shape.slice(0, 2), ...k.shape.slice(1, 2)]];
    if (mask && !masks.some((shape) => sameShape(mask.shape, shape))) {
      const expected = "expected a mask [batch, keys] or [batch, queries, keys]";
      throw new ShapeError("attention", expected, [mask.shape, k.shape]);
    }
    return { y: { dtype: "float32", shape: q.shape } };
  },
  vjp({ y: g }, { q, k, v, mask }, { heads, causal }) {
    const [qh, kh, vh, gh] = [toHeads(q, heads), toHeads(k, heads), toHeads(v, heads), toHeads(g, heads)];
    const alpha = 1 / Math.sqrt(staticDim("attention", qh.shape, 3));
    const p = attentionWeights(qh, kh, { causal, mask });
    const dp = matmul(gh, vh, { transposeB: true });
    // d scores = p · (dp - Σ p · dp)
    const product = multiply(p, dp);
    const ds = subtract(product, multiply(p, sum(product, [3], true)));
    return {
      q: fromHeads(matmul(ds, kh, { alpha })),
      k: fromHeads(matmul(ds, qh, { transposeA: true, alpha })),
      v: fromHeads(matmul(p, gh, { transposeA: true })),
    };
  },
  lower(emit, { q, k, v, mask }, { heads, causal }) {
    const asBias = mask && emit.kernels.missing.has("MultiHeadAttention.key_padding_mask");
    const bias = asBias ? [undefined, undefined, biasOf(emit, mask, q, k)] : [undefined, mask];
    const y = emit.node("MultiHeadAttention", mask ? [q, k, v, ...bias] : [q, k, v], {
      domain: "com.microsoft",
      attributes: { num_heads: heads, unidirectional: Number(causal), mask_filter_value: { float: HIDDEN } },
    });
    return { y };
  },
  reference({ q, k, v, mask }, { heads, causal }, { y }) {
    const [batch, length, width] = sizes("attention", q.shape, 3);
    const keys = staticDim("attention", k.shape, 1);
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < length; t++) {
        const seen = causal ? t + 1 : keys;
        const hidden = (s: number) =>
          mask?.data[(mask.shape.length === 3 ? b * length + t : b) * keys + s] === 0;
        for (let h = 0; h < heads; h++) {
          const d = width / heads;
          const at = (b * length + t) * width + h * d;
          const key = (s: number) => (b * keys + s) * width + h * d;
          const scores = Array.from({ length: seen }, (_, s) => {
            let total = 0;
            for (let i = 0; i < d; i++) total += q.data[at + i]! * k.data[key(s) + i]!;
            return total / Math.sqrt(d) + (hidden(s) ? HIDDEN : 0);
          });
          for (const [s, weight] of softmaxOf(scores).entries())
            for (let i = 0; i < d; i++) y.data[at + i]! += weight * v.data[key(s) + i]!;
        }
      }
    }
  },
  samples: [
    {
      title: "one head",
      inputs: { q: real(1, 3, 4), k: real(1, 3, 4), v: real(1, 3, 4) },
      attributes: { heads: 1, causal: false },
    },
    {
      title: "causal, two heads",
      inputs: { q: real(2, 4, 6), k: real(2, 4, 6), v: real(2, 4, 6) },
      attributes: { heads: 2, causal: true },
    },
    masked("padded at the right", false, mask([1, 1, 1, 1, 1, 0], 2, 3)),
    masked("causal, padded at the left", true, mask([1, 1, 1, 0, 1, 1], 2, 3)),
    masked("causal, two documents in a row", true, mask([1, 0, 0, 0, 1, 1, 0, 1, 1], 1, 3, 3)),
  ],
});

/**
 * softmax(q · kᵀ / √d) · v for each head. With fewer heads of keys and values than of queries, each of them serves as
 * many queries' heads in a row (Ainslie et al. 2023, arXiv 2305.13245).
 * @param q [batch, length, heads · d]
 * @param k [batch, keys, kvHeads · d]
 * @param v [batch, keys, kvHeads · d]
 * @param options.kvHeads default: `heads`
 * @param options.mask int32, 0 where a key is not to be seen: [batch, keys], or [batch, length, keys] for each query its own
 * @returns [batch, length, heads · d]
 * @throws ShapeError where `heads` is not a multiple of `kvHeads`, or the shapes do not fit
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  {
    heads,
    kvHeads = heads,
    causal = false,
    mask,
  }: { heads: number; kvHeads?: number | undefined; causal?: boolean; mask?: Tensor | undefined },
): Tensor {
  const [keys, values] = [repeatHeads(k, kvHeads, heads), repeatHeads(v, kvHeads, heads)];
  return attentionOp.apply({ q, k: keys, v: values, mask }, { heads, causal }).y;
}

/** Each head of x repeated in place, `from` heads to `to`: [batch, keys, from · d] → [batch, keys, to · d]. */
export function repeatHeads(x: Tensor, from: number, to: number): Tensor {
  if (from === to) return x;
  const [batch, keys] = x.shape as [Dim, Dim];
  const width = staticDim("attention", x.shape, 2);
  if (to % from !== 0)
    throw new ShapeError("attention", `${to} heads are not a multiple of ${from}`, [x.shape]);
  if (width % from !== 0)
    throw new ShapeError("attention", `the width is not a multiple of ${from} heads`, [x.shape]);
  const one = reshape(x, [batch, keys, from, 1, width / from]);
  const repeated = concatenate(new Array<Tensor>(to / from).fill(one), 3);
  return reshape(repeated, [batch, keys, (width * to) / from]);
}

/** Attention's probabilities in plain operations. q [batch, heads, length, d], k [batch, heads, keys, d] → [batch, heads, length, keys]. */
export function attentionWeights(
  q: Tensor,
  k: Tensor,
  { causal, mask }: { causal: boolean; mask?: Tensor | undefined },
): Tensor {
  let scores = matmul(q, k, { transposeB: true, alpha: 1 / Math.sqrt(staticDim("attention", q.shape, 3)) });
  if (causal) scores = add(scores, causalMask(staticDim("attention", q.shape, 2)));
  if (mask) {
    const hidden = where(
      equal(mask, constant({ dtype: "int32", shape: [], data: Int32Array.of(0) })),
      HIDDEN,
      0,
    );
    const [batch = 1, ...rest] = mask.shape;
    scores = add(scores, reshape(hidden, [batch, 1, ...(rest.length === 1 ? [1] : []), ...rest]));
  }
  return softmax(scores);
}

/** [batch, length, width] → [batch, heads, length, width / heads]. */
export function toHeads(x: Tensor, heads: number): Tensor {
  const [batch, length] = dims("attention", x.shape, 3);
  const width = staticDim("attention", x.shape, 2);
  return transpose(reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** The mask as numbers that are added to the scores: [batch, 1, length, keys]. */
function biasOf(emit: Emitter, mask: Operand, q: Operand, k: Operand): string {
  const [batch, length] = q.shape as [Dim, Dim];
  const keys = k.shape[1]!;
  const seen = emit.node("Cast", [mask], { attributes: { to: elementNumber.float32 } });
  const added = emit.node("Add", [emit.node("Mul", [seen, emit.scalar(-HIDDEN)]), emit.scalar(HIDDEN)]);
  const each = mask.shape.length === 3;
  const rows = emit.node("Reshape", [added, emit.shape([batch, 1, each ? length : 1, keys])]);
  return each ? rows : emit.node("Expand", [rows, emit.shape([batch, 1, length, keys])]);
}

/** [batch, heads, length, d] → [batch, length, heads · d]. */
export function fromHeads(x: Tensor): Tensor {
  const [batch, , length] = dims("attention", x.shape, 4);
  const width = staticDim("attention", x.shape, 1) * staticDim("attention", x.shape, 3);
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, width]);
}

function masked(title: string, causal: boolean, mask: SampleInput) {
  const x = real(mask.shape[0] ?? 1, 3, 4);
  const attributes = { heads: 2, causal };
  return { title, inputs: { q: x, k: x, v: x, mask }, attributes };
}

function mask(values: readonly number[], ...shape: number[]): SampleInput {
  return { shape, dtype: "int32", values };
}

/** exp(x) / Σ exp(x) of plain numbers. */
export function softmaxOf(scores: readonly number[]): readonly number[] {
  const max = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - max));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}
