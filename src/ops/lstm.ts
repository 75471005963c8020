/** A layer of long short-term memory (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000). */
import { sizes } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
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

const saved = ["...i", "...f", "...g", "...o", "...tanhC", "...cells", "...states"] as const;

export const lstmOp = defineOp({
  name: "lstm",
  inputs: ["x", "h0", "c0", "weight", "resets?"],
  outputs: ["output", "h", "c"],
  saved,
  attributes: typed<RecurrentAttributes>(),
  infer({ c0, ...inputs }, attributes) {
    const { steps } = attributes;
    const { batch, hidden } = recurrentSizes("lstm", 4, inputs, attributes);
    recurrentSizes("lstm", 4, { ...inputs, h0: c0 }, attributes);
    const state = matrix(batch, hidden);
    const each = perStep(steps, state);
    const gates = { i: each, f: each, g: each, o: each, tanhC: each };
    return { output: matrix(steps * batch, hidden), h: state, c: state, ...gates, cells: each, states: each };
  },
  vjp(d, { x: _, output, h, c, ...kept }, attributes) {
    const gradient = lstmGradientOp.apply(
      { dOutput: orZeros(d.output, output), dH: orZeros(d.h, h), dC: orZeros(d.c, c), ...kept },
      attributes,
    );
    return { x: gradient.dX, h0: gradient.dH0, c0: gradient.dC0, weight: gradient.dWeight };
  },
  lower(emit, { x, h0, c0, weight, resets }, { steps }) {
    const e = emitter(emit);
    const [batch, hidden] = sizes("lstm", h0.shape, 2);
    const keep = resets && e.splitRows(e.keep(resets), steps, batch);
    let h: Value = h0;
    let c: Value = c0;
    const each = e.splitRows(x, steps, batch).map((projection, t) => {
      if (keep) [h, c] = [e.mul(h, keep[t]!), e.mul(c, keep[t]!)];
      const all = e.productT(h, weight, projection);
      const gates = e.splitColumns(all, ["i", "f", "g", "o"], [hidden, hidden, hidden, hidden]);
      const [i, f, g, o] = [e.sigmoid(gates.i), e.sigmoid(gates.f), e.tanh(gates.g), e.sigmoid(gates.o)];
      c = e.add(e.mul(f, c), e.mul(i, g));
      const tanhC = e.tanh(c);
      h = e.mul(o, tanhC);
      return { i, f, g, o, tanhC, cells: c, states: h };
    });
    const kept = byName(each);
    return { output: e.rows(kept.states), h, c, ...kept };
  },
  reference({ x, h0, c0, weight, resets }, { steps }, { output, h, c, ...kept }) {
    const [batch, hidden] = sizes("lstm", h0.shape, 2);
    h.data.set(h0.data);
    c.data.set(c0.data);
    for (let t = 0; t < steps; t++) {
      const previousH = stateBefore(h.data, resets, t, batch);
      const previousC = stateBefore(c.data, resets, t, batch);
      const gates = block(x, t, batch).slice();
      accumulateProduct(gates, previousH, weight.data, batch, hidden, 4 * hidden);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < hidden; j++) {
          const at = b * hidden + j;
          const gate = (index: number) => gates[b * 4 * hidden + index * hidden + j]!;
          const i = sigmoidReference(gate(0));
          const f = sigmoidReference(gate(1));
          const g = Math.tanh(gate(2));
          const o = sigmoidReference(gate(3));
          const cell = f * previousC[at]! + i * g;
          const tanhC = Math.tanh(cell);
          writeStep(kept, t, at, { i, f, g, o, tanhC, cells: cell, states: o * tanhC });
        }
      }
      h.data.set(kept.states[t]!.data);
      c.data.set(kept.cells[t]!.data);
      block(output, t, batch).set(h.data);
    }
  },
  samples: layerSamples(4, (hidden) => ({ c0: real(2, hidden) })),
});

/** Cotangents of the projections, both initial states and the recurrent weights. */
export const lstmGradientOp = defineOp({
  name: "lstm_gradient",
  inputs: ["dOutput", "dH", "dC", "h0", "c0", "weight", ...saved, "resets?"],
  outputs: ["dX", "dH0", "dC0", "dWeight"],
  attributes: typed<RecurrentAttributes>(),
  infer({ h0, c0, weight, resets }, attributes) {
    const [batch, hidden] = sizes("lstm_gradient", h0.shape, 2);
    const x = matrix(attributes.steps * batch, 4 * hidden);
    recurrentSizes("lstm_gradient", 4, { x, h0, weight, resets }, attributes);
    return { dX: x, dH0: h0, dC0: c0, dWeight: weight };
  },
  vjp: none("second derivatives of a recurrent layer are not needed to train"),
  lower(emit, { dOutput, dH: dHLast, dC: dCLast, h0, c0, weight, resets, ...kept }, { steps }) {
    const e = emitter(emit);
    const [batch] = sizes("lstm_gradient", h0.shape, 2);
    const keep = resets && e.keep(resets);
    /** The part of `x` that goes back past the step. */
    const goesBack = (x: Value) => (keep ? e.mul(x, keep) : x);
    const [i, f, g] = [e.rows(kept.i), e.rows(kept.f), e.rows(kept.g)];
    const [o, tanhC] = [e.rows(kept.o), e.rows(kept.tanhC)];
    const previousC = goesBack(e.rows([c0, ...kept.cells.slice(0, -1)]));
    const previousH = goesBack(e.rows([h0, ...kept.states.slice(0, -1)]));
    // Slopes of the gates and of tanh(c), for all steps at once: d gates = [dc, dc, dc, dh] · slopes.
    const slopes = e.columns([
      e.mul(e.mul(g, i), e.oneMinus(i)),
      e.mul(e.mul(previousC, f), e.oneMinus(f)),
      e.mul(i, e.oneMinus(e.mul(g, g))),
      e.mul(e.mul(tanhC, o), e.oneMinus(o)),
    ]);
    const slopeC = e.mul(o, e.oneMinus(e.mul(tanhC, tanhC)));
    const slopesByStep = e.splitRows(slopes, steps, batch);
    const keepByStep = keep && e.splitRows(keep, steps, batch);
    const fByStep = keep ? e.splitRows(goesBack(f), steps, batch) : kept.f;
    const slopeCByStep = e.splitRows(slopeC, steps, batch);
    const dOutputByStep = e.splitRows(dOutput, steps, batch);
    let dH = e.add(dOutputByStep[steps - 1]!, dHLast);
    let dC: Value = dCLast;
    const dGates: string[] = [];
    for (let t = steps - 1; t >= 0; t--) {
      const dCell = e.add(dC, e.mul(dH, slopeCByStep[t]!));
      const d = e.mul(e.columns([dCell, dCell, dCell, dH]), slopesByStep[t]!);
      dGates[t] = d;
      dC = e.mul(dCell, fByStep[t]!);
      // Where a step starts over, its gradient goes to its input but not to the state before it.
      const back = keepByStep ? e.mul(d, keepByStep[t]!) : d;
      dH = e.product(back, weight, dOutputByStep[t - 1]);
    }
    const dX = e.rows(dGates);
    return { dX, dH0: dH, dC0: dC, dWeight: e.tProduct(dX, previousH) };
  },
  reference(
    { dOutput, dH: dHLast, dC: dCLast, h0, c0, weight, resets, ...kept },
    { steps },
    { dX, dH0, dC0, dWeight },
  ) {
    const [batch, hidden] = sizes("lstm_gradient", h0.shape, 2);
    let dH = dHLast.data.slice();
    const dC = dCLast.data.slice();
    for (let t = steps - 1; t >= 0; t--) {
      const later = block(dOutput, t, batch);
      const previousC = stateBefore((kept.cells[t - 1] ?? c0).data, resets, t, batch);
      const previousH = stateBefore((kept.states[t - 1] ?? h0).data, resets, t, batch);
      const gates = block(dX, t, batch);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < hidden; j++) {
          const at = b * hidden + j;
          const value = (gate: "i" | "f" | "g" | "o" | "tanhC") => kept[gate][t]!.data[at]!;
          const [i, f, g, o, tanhC] = [value("i"), value("f"), value("g"), value("o"), value("tanhC")];
          const dh = dH[at]! + later[at]!;
          const dc = dC[at]! + dh * o * (1 - tanhC * tanhC);
          const row = b * 4 * hidden + j;
          gates[row] = dc * g * i * (1 - i);
          gates[row + hidden] = dc * previousC[at]! * f * (1 - f);
          gates[row + 2 * hidden] = dc * i * (1 - g * g);
          gates[row + 3 * hidden] = dh * tanhC * o * (1 - o);
          dC[at] = dc * f;
        }
      }
      dH = new Float64Array(batch * hidden);
      accumulateProduct(dH, gates, weight.data, batch, 4 * hidden, hidden, true);
      accumulateOuter(dWeight.data, gates, previousH, batch, 4 * hidden, hidden);
      stopAtResets(dH, resets, t, batch);
      stopAtResets(dC, resets, t, batch);
    }
    dH0.data.set(dH);
    dC0.data.set(dC);
  },
  samples: gradientSamples(4, (state, each) => ({
    ...{ dC: state, c0: state, i: each, f: each, g: each, o: each, tanhC: each, cells: each },
  })),
});

/**
 * @param projections input · W_ihᵀ + b_ih + b_hh for all steps: [steps · batch, 4 · hidden], time-major
 * @param h0 [batch, hidden]
 * @param c0 [batch, hidden]
 * @param weight W_hh: [4 · hidden, hidden]
 * @param resets steps that start from zeros in place of the state before them: bool [steps · batch], time-major
 * @returns hidden states [steps · batch, hidden], and the last h and c, [batch, hidden]
 */
export function lstm(
  projections: Tensor,
  h0: Tensor,
  c0: Tensor,
  weight: Tensor,
  steps: number,
  resets?: Tensor,
) {
  const { output, h, c } = lstmOp.apply({ x: projections, h0, c0, weight, resets }, { steps });
  return { output, h, c };
}
