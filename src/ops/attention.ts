/**
 * Scaled dot-product attention over several heads (Vaswani et al. 2017, arXiv 1706.03762, section 3.2) as
 * one operation: the runtime's fused kernel forward, the probabilities computed again for the gradient, so
 * that no [heads, length, length] array is kept between the two.
 */
import { float32 } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { sameShape, staticDim } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reshape, sum } from "./broadcast.ts";
import { defineOp, type ReferenceArray, real, type SampleInput, zeros } from "./define.ts";
import { add, multiply, subtract } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { transpose } from "./movement.ts";
import { softmax } from "./normalisation.ts";
import { equal, where } from "./select.ts";

const NO_PADDING_MASK = "its MultiHeadAttention has no key_padding_mask";

/** What is added to the score of a position that may not be seen. */
export const HIDDEN = -1e4;

export type AttentionAttributes = {
  readonly heads: number;
  /** Whether a position sees only itself and what lies before it. */
  readonly causal: boolean;
};

export const attentionOp = defineOp<AttentionAttributes>({
  name: "attention",
  infer([q, k, v, mask], { heads, causal }) {
    const shapes = [q!.shape, k!.shape, v!.shape];
    const fits =
      shapes.every((s) => s.length === 3) &&
      sameShape(k!.shape, v!.shape) &&
      q!.shape[0] === k!.shape[0] &&
      q!.shape[2] === k!.shape[2] &&
      (!causal || q!.shape[1] === k!.shape[1]);
    if (!fits)
      throw new ShapeError("attention", "expected queries, keys and values [batch, length, width]", shapes);
    if (staticDim("attention", q!.shape, 2) % heads !== 0)
      throw new ShapeError("attention", `the width is not a multiple of ${heads} heads`, [q!.shape]);
    const [batch, keys] = k!.shape;
    const masks = [k!.shape.slice(0, 2), [batch!, q!.shape[1]!, keys!]];
    if (mask && !masks.some((shape) => sameShape(mask.shape, shape))) {
      const expected = "expected a mask [batch, keys] or [batch, queries, keys]";
      throw new ShapeError("attention", expected, [mask.shape, k!.shape]);
    }
    return [{ dtype: "float32", shape: q!.shape }];
  },
  vjp({ inputs: [q, k, v, mask], cotangents: [g], attributes: { heads, causal } }) {
    const [qh, kh, vh, gh] = [q!, k!, v!, g!].map((x) => toHeads(x, heads)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const scale = 1 / Math.sqrt(qh.shape[3] as number);
    const p = attentionWeights(qh, kh, { causal, mask });
    const dp = matmul(gh, vh, { transposeB: true });
    // d scores = p · (dp - Σ p · dp)
    const product = multiply(p, dp);
    const ds = subtract(product, multiply(p, sum(product, [3], true)));
    return [
      fromHeads(matmul(ds, kh, { alpha: scale })),
      fromHeads(matmul(ds, qh, { transposeA: true, alpha: scale })),
      fromHeads(matmul(p, gh, { transposeA: true })),
    ];
  },
  lower(emit, inputs, { heads, causal }) {
    const [q, k, v, mask] = inputs.map((x) => x.name);
    return emit.node("MultiHeadAttention", [q!, k!, v!, ...(mask ? ["", mask] : [])], {
      domain: "com.microsoft",
      attributes: { num_heads: heads, unidirectional: Number(causal), mask_filter_value: { float: HIDDEN } },
    });
  },
  reference([q, k, v, mask], { heads, causal }, [out]) {
    const result = zeros(out!.shape);
    const [batch, keys, width] = k!.shape as [number, number, number];
    const length = q!.shape[1]!;
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < length; t++) {
        const seen = causal ? t + 1 : keys;
        attendRow(result, (b * length + t) * width, q!, k!, v!, b * keys, seen, width, heads, (s) =>
          mask && mask.data[(mask.shape.length === 3 ? b * length + t : b) * keys + s] === 0 ? HIDDEN : 0,
        );
      }
    }
    return [result];
  },
  samples: [
    { title: "one head", inputs: [real(1, 3, 4), real(1, 3, 4), real(1, 3, 4)], attributes: plain(1) },
    {
      title: "causal, two heads",
      inputs: [real(2, 4, 6), real(2, 4, 6), real(2, 4, 6)],
      attributes: plain(2, true),
    },
    {
      title: "padded at the right",
      notOnWebgpu: NO_PADDING_MASK,
      inputs: [real(2, 3, 4), real(2, 3, 4), real(2, 3, 4), mask([1, 1, 1, 1, 1, 0], 2, 3)],
      attributes: plain(2),
    },
    {
      title: "causal, padded at the left",
      notOnWebgpu: NO_PADDING_MASK,
      inputs: [real(2, 3, 4), real(2, 3, 4), real(2, 3, 4), mask([1, 1, 1, 0, 1, 1], 2, 3)],
      attributes: plain(2, true),
    },
    {
      title: "causal, two documents in a row",
      notOnWebgpu: NO_PADDING_MASK,
      inputs: [real(1, 3, 4), real(1, 3, 4), real(1, 3, 4), mask([1, 0, 0, 0, 1, 1, 0, 1, 1], 1, 3, 3)],
      attributes: plain(2, true),
    },
  ],
});

/**
 * softmax(q · kᵀ / √d) · v for each head.
 * @param q [batch, length, width]
 * @param k [batch, keys, width]
 * @param v [batch, keys, width]
 * @param mask int32, 0 where a key is not to be seen: [batch, keys], or [batch, length, keys] for each query its own
 * @returns [batch, length, width]
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, causal = false, mask }: { heads: number; causal?: boolean; mask?: Tensor | undefined },
): Tensor {
  return attentionOp.apply(mask ? [q, k, v, mask] : [q, k, v], { heads, causal })[0]!;
}

/** Attention's probabilities in plain operations. q [batch, heads, length, d], k [batch, heads, keys, d] → [batch, heads, length, keys]. */
export function attentionWeights(
  q: Tensor,
  k: Tensor,
  { causal, mask }: { causal: boolean; mask?: Tensor | undefined },
): Tensor {
  let scores = matmul(q, k, { transposeB: true, alpha: 1 / Math.sqrt(staticDim("attention", q.shape, 3)) });
  if (causal) scores = add(scores, causalBias(staticDim("attention", q.shape, 2)));
  if (mask) {
    const hidden = where(
      equal(mask, constant({ dtype: "int32", shape: [], data: Int32Array.of(0) })),
      HIDDEN,
      0,
    );
    const [batch, ...rest] = mask.shape;
    scores = add(scores, reshape(hidden, [batch!, 1, ...(rest.length === 1 ? [1] : []), ...rest]));
  }
  return softmax(scores);
}

/** [batch, length, width] → [batch, heads, length, width / heads]. */
export function toHeads(x: Tensor, heads: number): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** [batch, heads, length, d] → [batch, length, heads · d]. */
export function fromHeads(x: Tensor): Tensor {
  const [batch, heads, length, d] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, heads * d]);
}

/** [t, t]: 0 at and below the diagonal, far below zero above it. */
function causalBias(t: number): Tensor {
  const data = new Float32Array(t * t);
  for (let i = 0; i < t; i++) data.fill(-1e9, i * t + i + 1, (i + 1) * t);
  return constant(float32([t, t], data));
}

function plain(heads: number, causal = false): AttentionAttributes {
  return { heads, causal };
}

function mask(values: readonly number[], ...shape: number[]): SampleInput {
  return { shape, dtype: "int32", values };
}

/**
 * One query of one text: all heads, over the first `seen` keys of the row that begins at key `first`.
 * @param at where the query and its result begin
 */
export function attendRow(
  out: ReferenceArray,
  at: number,
  q: ReferenceArray,
  k: ReferenceArray,
  v: ReferenceArray,
  first: number,
  seen: number,
  width: number,
  heads: number,
  bias: (key: number) => number,
): void {
  const d = width / heads;
  for (let h = 0; h < heads; h++) {
    const scores = Array.from({ length: seen }, (_, s) => {
      let total = 0;
      for (let i = h * d; i < (h + 1) * d; i++) total += q.data[at + i]! * k.data[(first + s) * width + i]!;
      return total / Math.sqrt(d) + bias(s);
    });
    const max = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - max));
    const total = weights.reduce((a, b) => a + b, 0);
    weights.forEach((weight, s) => {
      for (let i = h * d; i < (h + 1) * d; i++)
        out.data[at + i]! += (weight / total) * v.data[(first + s) * width + i]!;
    });
  }
}
