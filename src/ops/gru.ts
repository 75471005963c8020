/** A layer of gated recurrent units (Cho et al. 2014, arXiv 1406.1078), in the form of PyTorch and cuDNN. */
import { ShapeError } from "../core/errors.ts";
import { sameShape, sizes } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { sum } from "./broadcast.ts";
import { defineOp, none, real, typed } from "./define.ts";
import type { Value } from "./emitter.ts";
import {
  accumulateOuter,
  accumulateProduct,
  block,
  byName,
  emitter,
  gradientSamples,
  layerSamples,
  matrix,
  orZeros,
  perStep,
  type RecurrentAttributes,
  recurrentSizes,
  sigmoidReference,
  stateBefore,
  stopAtResets,
  writeStep,
} from "./recurrent.ts";

const saved = ["...r", "...z", "...n", "...a", "...states"] as const;

/** Of what is saved, `a` is the recurrent part of n before the reset gate. */
export const gruOp = defineOp({
  name: "gru",
  inputs: ["x", "h0", "weight", "bias", "resets?"],
  outputs: ["output", "h"],
  saved,
  attributes: typed<RecurrentAttributes>(),
  infer({ bias, ...inputs }, attributes) {
    const { steps } = attributes;
    const { batch, hidden } = recurrentSizes("gru", 3, inputs, attributes);
    if (!sameShape(bias.shape, [3 * hidden]))
      throw new ShapeError("gru", "expected a recurrent bias [3·hidden]", [bias.shape, inputs.h0.shape]);
    const state = matrix(batch, hidden);
    const each = perStep(steps, state);
    const kept = { r: each, z: each, n: each, a: each, states: each };
    return { output: matrix(steps * batch, hidden), h: state, ...kept };
  },
  vjp(d, { x: _, bias: __, output, h, ...kept }, attributes) {
    const gradient = gruGradientOp.apply(
      { dOutput: orZeros(d.output, output), dH: orZeros(d.h, h), ...kept },
      attributes,
    );
    const bias = sum(gradient.dRecurrent, [0]);
    return { x: gradient.dX, h0: gradient.dH0, weight: gradient.dWeight, bias };
  },
  lower(emit, { x, h0, weight, bias, resets }, { steps }) {
    const e = emitter(emit);
    const [batch, hidden] = sizes("gru", h0.shape, 2);
    const keep = resets && e.splitRows(e.keep(resets), steps, batch);
    let h: Value = h0;
    const each = e.splitRows(x, steps, batch).map((projection, t) => {
      if (keep) h = e.mul(h, keep[t]!);
      const recurrent = e.productT(h, weight, bias);
      const fromX = e.splitColumns(projection, ["gates", "n"], [2 * hidden, hidden]);
      const fromH = e.splitColumns(recurrent, ["gates", "n"], [2 * hidden, hidden]);
      const gates = e.sigmoid(e.add(fromX.gates, fromH.gates));
      const { r, z } = e.splitColumns(gates, ["r", "z"], [hidden, hidden]);
      const n = e.tanh(e.add(fromX.n, e.mul(r, fromH.n)));
      h = e.add(n, e.mul(z, e.sub(h, n)));
      return { r, z, n, a: fromH.n, states: h };
    });
    const kept = byName(each);
    return { output: e.rows(kept.states), h, ...kept };
  },
  reference({ x, h0, weight, bias, resets }, { steps }, { output, h, ...kept }) {
    const [batch, hidden] = sizes("gru", h0.shape, 2);
    h.data.set(h0.data);
    for (let t = 0; t < steps; t++) {
      const previousH = stateBefore(h.data, resets, t, batch);
      const recurrent = new Float64Array(batch * 3 * hidden);
      for (let b = 0; b < batch; b++) recurrent.set(bias.data, b * 3 * hidden);
      accumulateProduct(recurrent, previousH, weight.data, batch, hidden, 3 * hidden);
      const projection = block(x, t, batch);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < hidden; j++) {
          const at = b * hidden + j;
          const row = b * 3 * hidden + j;
          const r = sigmoidReference(projection[row]! + recurrent[row]!);
          const z = sigmoidReference(projection[row + hidden]! + recurrent[row + hidden]!);
          const a = recurrent[row + 2 * hidden]!;
          const n = Math.tanh(projection[row + 2 * hidden]! + r * a);
          writeStep(kept, t, at, { r, z, n, a, states: n + z * (previousH[at]! - n) });
        }
      }
      h.data.set(kept.states[t]!.data);
      block(output, t, batch).set(h.data);
    }
  },
  samples: layerSamples(3, (hidden) => ({ bias: real(3 * hidden) })),
});

/** Cotangents of the projections, the initial state, the recurrent weights, and the recurrent products of all steps. */
export const gruGradientOp = defineOp({
  name: "gru_gradient",
  inputs: ["dOutput", "dH", "h0", "weight", ...saved, "resets?"],
  outputs: ["dX", "dH0", "dWeight", "dRecurrent"],
  attributes: typed<RecurrentAttributes>(),
  infer({ h0, weight, resets }, attributes) {
    const [batch, hidden] = sizes("gru_gradient", h0.shape, 2);
    const x = matrix(attributes.steps * batch, 3 * hidden);
    recurrentSizes("gru_gradient", 3, { x, h0, weight, resets }, attributes);
    return { dX: x, dH0: h0, dWeight: weight, dRecurrent: x };
  },
  vjp: none("second derivatives of a recurrent layer are not needed to train"),
  lower(emit, { dOutput, dH: dHLast, h0, weight, resets, ...kept }, { steps }) {
    const e = emitter(emit);
    const [batch] = sizes("gru_gradient", h0.shape, 2);
    const keep = resets && e.keep(resets);
    /** The part of `x` that goes back past the step. */
    const goesBack = (x: Value) => (keep ? e.mul(x, keep) : x);
    const [r, z, n, a] = [e.rows(kept.r), e.rows(kept.z), e.rows(kept.n), e.rows(kept.a)];
    const previousH = goesBack(e.rows([h0, ...kept.states.slice(0, -1)]));
    const oneMinusZ = e.oneMinus(z);
    const byStep = (x: Value) => e.splitRows(x, steps, batch);
    const slopeN = byStep(e.mul(oneMinusZ, e.oneMinus(e.mul(n, n))));
    const slopeR = byStep(e.mul(e.mul(a, r), e.oneMinus(r)));
    const slopeZ = byStep(e.mul(e.mul(e.sub(previousH, n), z), oneMinusZ));
    const dOutputByStep = byStep(dOutput);
    const keepByStep = keep && byStep(keep);
    const zByStep = keep ? byStep(goesBack(z)) : kept.z;
    let dH = e.add(dOutputByStep[steps - 1]!, dHLast);
    const dX: string[] = [];
    const dRecurrent: string[] = [];
    for (let t = steps - 1; t >= 0; t--) {
      const dN = e.mul(dH, slopeN[t]!);
      const dR = e.mul(dN, slopeR[t]!);
      const dZ = e.mul(dH, slopeZ[t]!);
      dX[t] = e.columns([dR, dZ, dN]);
      const d = e.columns([dR, dZ, e.mul(dN, kept.r[t]!)]);
      dRecurrent[t] = d;
      const carried = e.mul(dH, zByStep[t]!);
      const back = keepByStep ? e.mul(d, keepByStep[t]!) : d;
      const later = dOutputByStep[t - 1];
      dH = e.product(back, weight, later ? e.add(carried, later) : carried);
    }
    const allRecurrent = e.rows(dRecurrent);
    return {
      dX: e.rows(dX),
      dH0: dH,
      dWeight: e.tProduct(allRecurrent, previousH),
      dRecurrent: allRecurrent,
    };
  },
  reference(
    { dOutput, dH: dHLast, h0, weight, resets, ...kept },
    { steps },
    { dX, dH0, dWeight, dRecurrent },
  ) {
    const [batch, hidden] = sizes("gru_gradient", h0.shape, 2);
    let dH = dHLast.data.slice();
    for (let t = steps - 1; t >= 0; t--) {
      const previousH = stateBefore((kept.states[t - 1] ?? h0).data, resets, t, batch);
      const later = block(dOutput, t, batch);
      const gx = block(dX, t, batch);
      const gr = block(dRecurrent, t, batch);
      const carried = new Float64Array(batch * hidden);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < hidden; j++) {
          const at = b * hidden + j;
          const row = b * 3 * hidden + j;
          const value = (part: "r" | "z" | "n" | "a") => kept[part][t]!.data[at]!;
          const [r, z, n, a] = [value("r"), value("z"), value("n"), value("a")];
          const dh = dH[at]! + later[at]!;
          const dn = dh * (1 - z) * (1 - n * n);
          const dr = dn * a * r * (1 - r);
          const dz = dh * (previousH[at]! - n) * z * (1 - z);
          gx[row] = dr;
          gx[row + hidden] = dz;
          gx[row + 2 * hidden] = dn;
          gr[row] = dr;
          gr[row + hidden] = dz;
          gr[row + 2 * hidden] = dn * r;
          carried[at] = dh * z;
        }
      }
      accumulateProduct(carried, gr, weight.data, batch, 3 * hidden, hidden, true);
      accumulateOuter(dWeight.data, gr, previousH, batch, 3 * hidden, hidden);
      stopAtResets(carried, resets, t, batch);
      dH = carried;
    }
    dH0.data.set(dH);
  },
  samples: gradientSamples(3, (_, each) => ({ r: each, z: each, n: each, a: each })),
});

/**
 * @param projections input · W_ihᵀ + b_ih for all steps: [steps · batch, 3 · hidden], time-major
 * @param h0 [batch, hidden]
 * @param weight W_hh: [3 · hidden, hidden]
 * @param bias b_hh: [3 · hidden]; apart, because the reset gate acts on its last third
 * @param resets steps that start from zeros in place of the state before them: bool [steps · batch], time-major
 * @returns hidden states [steps · batch, hidden] and the last one, [batch, hidden]
 */
export function gru(
  projections: Tensor,
  h0: Tensor,
  weight: Tensor,
  bias: Tensor,
  steps: number,
  resets?: Tensor,
) {
  const { output, h } = gruOp.apply({ x: projections, h0, weight, bias, resets }, { steps });
  return { output, h };
}
