/** A layer of simple recurrent units, h' = tanh(x + W h) (Elman 1990). */
import type { Tensor } from "../graph/tensor.ts";
import { defineOp, none, type ReferenceArray, real, zeros } from "./define.ts";
import {
  accumulateOuter,
  accumulateProduct,
  block,
  emitter,
  matrices,
  names,
  orZeros,
  type RecurrentAttributes,
  recurrentSizes,
  resetRows,
  stateBefore,
  stopAtResets,
} from "./recurrent.ts";

export const rnnOp = defineOp<RecurrentAttributes>({
  name: "rnn",
  infer([x, h0, weight, resets], attributes) {
    const { batch, hidden } = recurrentSizes("rnn", 1, x!, h0!, weight!, attributes, resets);
    return [
      ...matrices(1, attributes.steps * batch, hidden),
      ...matrices(1 + attributes.steps, batch, hidden),
    ];
  },
  results: 2,
  vjp({ inputs: [, h0, weight, ...resets], outputs, cotangents, attributes }) {
    const [dHs, dH] = [0, 1].map((i) => orZeros(cotangents[i], outputs[i]!)) as [Tensor, Tensor];
    const kept = outputs.slice(2);
    const [dX, dH0, dW] = rnnGradientOp.apply([dHs, dH, h0!, weight!, ...kept, ...resets], attributes);
    return [dX!, dH0!, dW!, undefined];
  },
  lower(emit, [x, h0, weight, resets], { steps }) {
    const e = emitter(emit);
    const batch = h0!.shape[0] as number;
    const keep = resets && e.splitRows(e.keep(resets), steps, batch);
    const hs: string[] = [];
    let h = h0!.name;
    for (const [t, projection] of e.splitRows(x!.name, steps, batch).entries()) {
      if (keep) h = e.mul(h, keep[t]!);
      h = e.tanh(e.productT(h, weight!.name, projection));
      hs.push(h);
    }
    return [e.rows(hs), h, ...hs];
  },
  reference([x, h0, weight, resets], { steps }, outputs) {
    const out = outputs.map((o) => zeros(o.shape));
    const [batch, hidden] = h0!.shape as [number, number];
    let h = h0!.data;
    for (let t = 0; t < steps; t++) {
      const pre = block(x!, t, batch).slice();
      h = stateBefore(h, resets, t, batch);
      accumulateProduct(pre, h, weight!.data, batch, hidden, hidden);
      h = pre.map(Math.tanh);
      out[2 + t]!.data.set(h);
      block(out[0]!, t, batch).set(h);
    }
    out[1]!.data.set(h);
    return out;
  },
  samples: [
    { title: "one step", inputs: [real(2, 3), real(2, 3), real(3, 3)], attributes: { steps: 1 } },
    { title: "four steps", inputs: [real(8, 2), real(2, 2), real(2, 2)], attributes: { steps: 4 } },
    {
      title: "four steps with resets",
      inputs: [real(8, 2), real(2, 2), real(2, 2), resetRows(8)],
      attributes: { steps: 4 },
    },
  ],
});

/** Cotangents of the projections, the initial state and the recurrent weights. */
export const rnnGradientOp = defineOp<RecurrentAttributes>({
  name: "rnn_gradient",
  infer: ([dHs, , h0, weight]) => [dHs!, h0!, weight!].map(({ dtype, shape }) => ({ dtype, shape })),
  vjp: none("second derivatives of a recurrent layer are not needed to train"),
  lower(emit, inputs, { steps }) {
    const e = emitter(emit);
    const [dHs, dHLast, h0, weight] = names(inputs) as [string, string, string, string];
    const hs = names(inputs.slice(4, 4 + steps));
    const resets = inputs[4 + steps];
    const keep = resets && e.keep(resets);
    /** What goes back beyond a step, of what stands there. */
    const goesBack = (x: string) => (keep ? e.mul(x, keep) : x);
    const batch = inputs[2]!.shape[0] as number;
    const all = e.rows(hs);
    const slopes = e.oneMinus(e.mul(all, all));
    const slopesByStep = e.splitRows(slopes, steps, batch);
    const keepByStep = keep && e.splitRows(keep, steps, batch);
    const dHsByStep = e.splitRows(dHs, steps, batch);
    let dH = e.add(dHsByStep[steps - 1]!, dHLast);
    const dInputs: string[] = [];
    for (let t = steps - 1; t >= 0; t--) {
      const d = e.mul(dH, slopesByStep[t]!);
      dInputs[t] = d;
      // Where a step starts over, its gradient goes to its input but not to the state before it.
      const back = keepByStep ? e.mul(d, keepByStep[t]!) : d;
      dH = e.product(back, weight, t > 0 ? dHsByStep[t - 1]! : undefined);
    }
    const dX = e.rows(dInputs);
    return [dX, dH, e.tProduct(dX, goesBack(e.rows([h0, ...hs.slice(0, -1)])))];
  },
  reference(inputs, { steps }, outputs) {
    const [dHs, dHLast, h0, weight] = inputs as readonly ReferenceArray[] as [
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
    ];
    const [dX, dH0, dW] = outputs.map((out) => zeros(out.shape)) as [
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
    ];
    const [batch, hidden] = h0.shape as [number, number];
    const hs = inputs.slice(4, 4 + steps);
    const resets = inputs[4 + steps];
    let dH = dHLast.data.slice();
    for (let t = steps - 1; t >= 0; t--) {
      const later = block(dHs, t, batch);
      const d = block(dX, t, batch);
      for (let at = 0; at < d.length; at++) d[at] = (dH[at]! + later[at]!) * (1 - hs[t]!.data[at]! ** 2);
      dH = new Float64Array(batch * hidden);
      accumulateProduct(dH, d, weight.data, batch, hidden, hidden, true);
      const previousH = stateBefore((t > 0 ? hs[t - 1]! : h0).data, resets, t, batch);
      accumulateOuter(dW.data, d, previousH, batch, hidden, hidden);
      stopAtResets(dH, resets, t, batch);
    }
    dH0.data.set(dH);
    return [dX, dH0, dW];
  },
  samples: [
    {
      title: "two steps",
      inputs: [real(4, 3), real(2, 3), real(2, 3), real(3, 3), real(2, 3), real(2, 3)],
      attributes: { steps: 2 },
    },
    {
      title: "two steps with resets",
      inputs: [real(4, 3), real(2, 3), real(2, 3), real(3, 3), real(2, 3), real(2, 3), resetRows(4)],
      attributes: { steps: 2 },
    },
  ],
});

/**
 * @param projections input · W_ihᵀ + b_ih + b_hh for all steps: [steps · batch, hidden], time-major
 * @param h0 [batch, hidden]
 * @param weight W_hh: [hidden, hidden]
 * @param resets steps that start from zeros in place of the state before them: bool [steps · batch], time-major
 * @returns hidden states [steps · batch, hidden] and the last one, [batch, hidden]
 */
export function rnn(projections: Tensor, h0: Tensor, weight: Tensor, steps: number, resets?: Tensor) {
  const [output, h] = rnnOp.apply([projections, h0, weight, ...(resets ? [resets] : [])], { steps });
  return { output: output!, h: h! };
}
