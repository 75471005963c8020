/** A layer of simple recurrent units, h' = tanh(x + W h) (Elman 1990). */
import { sizes } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { defineOp, none, typed } from "./define.ts";
import type { Value } from "./emitter.ts";
import {
  accumulateOuter,
  accumulateProduct,
  block,
  emitter,
  gradientSamples,
  layerSamples,
  matrix,
  orZeros,
  perStep,
  type RecurrentAttributes,
  recurrentSizes,
  stateBefore,
  stopAtResets,
} from "./recurrent.ts";

export const rnnOp = defineOp({
  name: "rnn",
  inputs: ["x", "h0", "weight", "resets?"],
  outputs: ["output", "h"],
  saved: ["...states"],
  attributes: typed<RecurrentAttributes>(),
  infer(inputs, attributes) {
    const { steps } = attributes;
    const { batch, hidden } = recurrentSizes("rnn", 1, inputs, attributes);
    const state = matrix(batch, hidden);
    return { output: matrix(steps * batch, hidden), h: state, states: perStep(steps, state) };
  },
  vjp(d, { output, h, h0, weight, states, resets }, attributes) {
    const gradient = rnnGradientOp.apply(
      { dOutput: orZeros(d.output, output), dH: orZeros(d.h, h), h0, weight, states, resets },
      attributes,
    );
    return { x: gradient.dX, h0: gradient.dH0, weight: gradient.dWeight };
  },
  lower(emit, { x, h0, weight, resets }, { steps }) {
    const e = emitter(emit);
    const [batch] = sizes("rnn", h0.shape, 2);
    const keep = resets && e.splitRows(e.keep(resets), steps, batch);
    let h: Value = h0;
    const states = e.splitRows(x, steps, batch).map((projection, t) => {
      if (keep) h = e.mul(h, keep[t]!);
      h = e.tanh(e.productT(h, weight, projection));
      return h;
    });
    return { output: e.rows(states), h, states };
  },
  reference({ x, h0, weight, resets }, { steps }, { output, h, states }) {
    const [batch, hidden] = sizes("rnn", h0.shape, 2);
    h.data.set(h0.data);
    for (let t = 0; t < steps; t++) {
      const before = stateBefore(h.data, resets, t, batch);
      const pre = block(x, t, batch).slice();
      accumulateProduct(pre, before, weight.data, batch, hidden, hidden);
      h.data.set(pre.map(Math.tanh));
      states[t]!.data.set(h.data);
      block(output, t, batch).set(h.data);
    }
  },
  samples: layerSamples(1, () => ({})),
});

/** Cotangents of the projections, the initial state and the recurrent weights. */
export const rnnGradientOp = defineOp({
  name: "rnn_gradient",
  inputs: ["dOutput", "dH", "h0", "weight", "...states", "resets?"],
  outputs: ["dX", "dH0", "dWeight"],
  attributes: typed<RecurrentAttributes>(),
  infer: ({ dOutput, h0, weight, resets }, attributes) => {
    recurrentSizes("rnn_gradient", 1, { x: dOutput, h0, weight, resets }, attributes);
    return { dX: dOutput, dH0: h0, dWeight: weight };
  },
  vjp: none("second derivatives of a recurrent layer are not needed to train"),
  lower(emit, { dOutput, dH: dLast, h0, weight, states, resets }, { steps }) {
    const e = emitter(emit);
    const [batch] = sizes("rnn_gradient", h0.shape, 2);
    const keep = resets && e.keep(resets);
    /** The part of `x` that goes back past the step. */
    const goesBack = (x: Value) => (keep ? e.mul(x, keep) : x);
    const all = e.rows(states);
    const slopes = e.oneMinus(e.mul(all, all));
    const slopesByStep = e.splitRows(slopes, steps, batch);
    const keepByStep = keep && e.splitRows(keep, steps, batch);
    const dOutputByStep = e.splitRows(dOutput, steps, batch);
    let dH = e.add(dOutputByStep[steps - 1]!, dLast);
    const dInputs: string[] = [];
    for (let t = steps - 1; t >= 0; t--) {
      const d = e.mul(dH, slopesByStep[t]!);
      dInputs[t] = d;
      // Where a step starts over, its gradient goes to its input but not to the state before it.
      const back = keepByStep ? e.mul(d, keepByStep[t]!) : d;
      dH = e.product(back, weight, dOutputByStep[t - 1]);
    }
    const dX = e.rows(dInputs);
    return { dX, dH0: dH, dWeight: e.tProduct(dX, goesBack(e.rows([h0, ...states.slice(0, -1)]))) };
  },
  reference({ dOutput, dH: dLast, h0, weight, states, resets }, { steps }, { dX, dH0, dWeight }) {
    const [batch, hidden] = sizes("rnn_gradient", h0.shape, 2);
    let dH = dLast.data.slice();
    for (let t = steps - 1; t >= 0; t--) {
      const later = block(dOutput, t, batch);
      const d = block(dX, t, batch);
      for (let at = 0; at < d.length; at++) d[at] = (dH[at]! + later[at]!) * (1 - states[t]!.data[at]! ** 2);
      dH = new Float64Array(batch * hidden);
      accumulateProduct(dH, d, weight.data, batch, hidden, hidden, true);
      const previousH = stateBefore((states[t - 1] ?? h0).data, resets, t, batch);
      accumulateOuter(dWeight.data, d, previousH, batch, hidden, hidden);
      stopAtResets(dH, resets, t, batch);
    }
    dH0.data.set(dH);
  },
  samples: gradientSamples(1, () => ({})),
});

/**
 * @param projections input · W_ihᵀ + b_ih + b_hh for all steps: [steps · batch, hidden], time-major
 * @param h0 [batch, hidden]
 * @param weight W_hh: [hidden, hidden]
 * @param resets steps that start from zeros in place of the state before them: bool [steps · batch], time-major
 * @returns hidden states [steps · batch, hidden] and the last one, [batch, hidden]
 */
export function rnn(projections: Tensor, h0: Tensor, weight: Tensor, steps: number, resets?: Tensor) {
  const { output, h } = rnnOp.apply({ x: projections, h0, weight, resets }, { steps });
  return { output, h };
}
