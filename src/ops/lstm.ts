/** A layer of long short-term memory (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000). */
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
  sigmoidReference,
  stateBefore,
  stopAtResets,
} from "./recurrent.ts";

/** Per step the layer keeps i, f, g, o, tanh(c), c and h, in this order, each as `steps` tensors [batch, hidden]. */
const KEPT = 7;

function kept<T>(list: readonly T[], steps: number) {
  const part = (k: number) => list.slice(k * steps, (k + 1) * steps);
  return { i: part(0), f: part(1), g: part(2), o: part(3), tanhC: part(4), c: part(5), h: part(6) };
}

export const lstmOp = defineOp<RecurrentAttributes>({
  name: "lstm",
  infer([x, h0, c0, weight, resets], attributes) {
    const { batch, hidden } = recurrentSizes("lstm", 4, x!, h0!, weight!, attributes, resets);
    recurrentSizes("lstm", 4, x!, c0!, weight!, attributes);
    return [
      ...matrices(1, attributes.steps * batch, hidden),
      ...matrices(2 + KEPT * attributes.steps, batch, hidden),
    ];
  },
  results: 3,
  vjp({ inputs: [, h0, c0, weight, ...resets], outputs, cotangents, attributes }) {
    const [dHs, dH, dC] = [0, 1, 2].map((i) => orZeros(cotangents[i], outputs[i]!)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const kept = outputs.slice(3);
    const [dX, dH0, dC0, dW] = lstmGradientOp.apply(
      [dHs, dH, dC, h0!, c0!, weight!, ...kept, ...resets],
      attributes,
    );
    return [dX!, dH0!, dC0!, dW!, undefined];
  },
  lower(emit, [x, h0, c0, weight, resets], { steps }) {
    const e = emitter(emit);
    const [batch, hidden] = h0!.shape as [number, number];
    const keep = resets && e.splitRows(e.keep(resets), steps, batch);
    const projections = e.splitRows(x!.name, steps, batch);
    const saved: string[][] = Array.from({ length: KEPT }, () => []);
    let h = h0!.name;
    let c = c0!.name;
    for (const [t, projection] of projections.entries()) {
      if (keep) [h, c] = [e.mul(h, keep[t]!), e.mul(c, keep[t]!)];
      const gates = e.productT(h, weight!.name, projection);
      const [gi, gf, gg, go] = e.splitColumns(gates, [hidden, hidden, hidden, hidden]) as [
        string,
        string,
        string,
        string,
      ];
      const [i, f, g, o] = [e.sigmoid(gi), e.sigmoid(gf), e.tanh(gg), e.sigmoid(go)] as const;
      c = e.add(e.mul(f, c), e.mul(i, g));
      const tanhC = e.tanh(c);
      h = e.mul(o, tanhC);
      [i, f, g, o, tanhC, c, h].forEach((name, k) => {
        saved[k]!.push(name);
      });
    }
    return [e.rows(saved[6]!), h, c, ...saved.flat()];
  },
  reference([x, h0, c0, weight, resets], { steps }, outputs) {
    const out = outputs.map((o) => zeros(o.shape));
    const [batch, hidden] = h0!.shape as [number, number];
    const k = kept(out.slice(3), steps);
    let h = h0!.data;
    let c = c0!.data;
    for (let t = 0; t < steps; t++) {
      h = stateBefore(h, resets, t, batch);
      c = stateBefore(c, resets, t, batch);
      const gates = block(x!, t, batch).slice();
      accumulateProduct(gates, h, weight!.data, batch, hidden, 4 * hidden);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < hidden; j++) {
          const at = b * hidden + j;
          const gate = (index: number) => gates[b * 4 * hidden + index * hidden + j]!;
          const i = sigmoidReference(gate(0));
          const f = sigmoidReference(gate(1));
          const g = Math.tanh(gate(2));
          const o = sigmoidReference(gate(3));
          const cell = f * c[at]! + i * g;
          const values = { i, f, g, o, tanhC: Math.tanh(cell), c: cell, h: o * Math.tanh(cell) };
          for (const key of ["i", "f", "g", "o", "tanhC", "c", "h"] as const)
            k[key][t]!.data[at] = values[key];
        }
      }
      h = k.h[t]!.data;
      c = k.c[t]!.data;
      block(out[0]!, t, batch).set(h);
    }
    out[1]!.data.set(h);
    out[2]!.data.set(c);
    return out;
  },
  samples: [
    {
      title: "one step",
      inputs: [real(2, 12), real(2, 3), real(2, 3), real(12, 3)],
      attributes: { steps: 1 },
    },
    {
      title: "four steps",
      inputs: [real(8, 8), real(2, 2), real(2, 2), real(8, 2)],
      attributes: { steps: 4 },
    },
    {
      title: "four steps with resets",
      inputs: [real(8, 8), real(2, 2), real(2, 2), real(8, 2), resetRows(8)],
      attributes: { steps: 4 },
    },
  ],
});

/** Cotangents of the projections, both initial states and the recurrent weights. */
export const lstmGradientOp = defineOp<RecurrentAttributes>({
  name: "lstm_gradient",
  infer([, , , h0, c0, weight], { steps }) {
    const [batch, hidden] = h0!.shape as [number, number];
    return [
      { dtype: "float32", shape: [steps * batch, 4 * hidden] },
      { dtype: "float32", shape: h0!.shape },
      { dtype: "float32", shape: c0!.shape },
      { dtype: "float32", shape: weight!.shape },
    ];
  },
  vjp: none("second derivatives of a recurrent layer are not needed to train"),
  lower(emit, inputs, { steps }) {
    const e = emitter(emit);
    const [dHs, dHLast, dCLast, h0, c0, weight] = names(inputs.slice(0, 6)) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const batch = inputs[3]!.shape[0] as number;
    const k = kept(names(inputs.slice(6)), steps);
    const resets = inputs[6 + KEPT * steps];
    const keep = resets && e.keep(resets);
    /** What goes back beyond a step, of what stands there. */
    const goesBack = (x: string) => (keep ? e.mul(x, keep) : x);
    const [i, f, g, o, tanhC] = [k.i, k.f, k.g, k.o, k.tanhC].map((parts) => e.rows(parts)) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const previousC = goesBack(e.rows([c0, ...k.c.slice(0, -1)]));
    const previousH = goesBack(e.rows([h0, ...k.h.slice(0, -1)]));
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
    const fByStep = keep ? e.splitRows(goesBack(f), steps, batch) : k.f;
    const slopeCByStep = e.splitRows(slopeC, steps, batch);
    const dHsByStep = e.splitRows(dHs, steps, batch);
    let dH = e.add(dHsByStep[steps - 1]!, dHLast);
    let dC = dCLast;
    const dGates: string[] = [];
    for (let t = steps - 1; t >= 0; t--) {
      const dCell = e.add(dC, e.mul(dH, slopeCByStep[t]!));
      const d = e.mul(e.columns([dCell, dCell, dCell, dH]), slopesByStep[t]!);
      dGates[t] = d;
      dC = e.mul(dCell, fByStep[t]!);
      // Where a step starts over, its gradient goes to its input but not to the state before it.
      const back = keepByStep ? e.mul(d, keepByStep[t]!) : d;
      dH = e.product(back, weight, t > 0 ? dHsByStep[t - 1]! : undefined);
    }
    const dX = e.rows(dGates);
    return [dX, dH, dC, e.tProduct(dX, previousH)];
  },
  reference(inputs, { steps }, outputs) {
    const [dHs, dHLast, dCLast, h0, c0, weight] = inputs as readonly ReferenceArray[] as [
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
    ];
    const [dX, dH0, dC0, dW] = outputs.map((out) => zeros(out.shape)) as [
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
    ];
    const [batch, hidden] = h0.shape as [number, number];
    const k = kept(inputs.slice(6), steps);
    const resets = inputs[6 + KEPT * steps];
    let dH = dHLast.data.slice();
    const dC = dCLast.data.slice();
    for (let t = steps - 1; t >= 0; t--) {
      const later = block(dHs, t, batch);
      const previousC = stateBefore((t > 0 ? k.c[t - 1]! : c0).data, resets, t, batch);
      const previousH = stateBefore((t > 0 ? k.h[t - 1]! : h0).data, resets, t, batch);
      const gates = block(dX, t, batch);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < hidden; j++) {
          const at = b * hidden + j;
          const [i, f, g, o, tanhC] = [k.i, k.f, k.g, k.o, k.tanhC].map((part) => part[t]!.data[at]!) as [
            number,
            number,
            number,
            number,
            number,
          ];
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
      accumulateOuter(dW.data, gates, previousH, batch, 4 * hidden, hidden);
      stopAtResets(dH, resets, t, batch);
      stopAtResets(dC, resets, t, batch);
    }
    dH0.data.set(dH);
    dC0.data.set(dC);
    return [dX, dH0, dC0, dW];
  },
  samples: [
    {
      title: "two steps",
      inputs: [
        real(4, 3),
        real(2, 3),
        real(2, 3),
        real(2, 3),
        real(2, 3),
        real(12, 3),
        ...Array.from({ length: 2 * KEPT }, () => real(2, 3)),
      ],
      attributes: { steps: 2 },
    },
    {
      title: "two steps with resets",
      inputs: [
        real(4, 3),
        real(2, 3),
        real(2, 3),
        real(2, 3),
        real(2, 3),
        real(12, 3),
        ...Array.from({ length: 2 * KEPT }, () => real(2, 3)),
        resetRows(4),
      ],
      attributes: { steps: 2 },
    },
  ],
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
  const inputs = [projections, h0, c0, weight, ...(resets ? [resets] : [])];
  const [output, h, c] = lstmOp.apply(inputs, { steps });
  return { output: output!, h: h!, c: c! };
}
