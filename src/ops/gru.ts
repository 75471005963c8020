/** A layer of gated recurrent units (Cho et al. 2014, arXiv 1406.1078), in the form of PyTorch and cuDNN. */
import type { Tensor } from "../graph/tensor.ts";
import { sum } from "./broadcast.ts";
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

/** Per step the layer keeps r, z, n, the recurrent part of n before the reset gate (a), and h. */
const KEPT = 5;

function kept<T>(list: readonly T[], steps: number) {
  const part = (k: number) => list.slice(k * steps, (k + 1) * steps);
  return { r: part(0), z: part(1), n: part(2), a: part(3), h: part(4) };
}

export const gruOp = defineOp<RecurrentAttributes>({
  name: "gru",
  infer([x, h0, weight, , resets], attributes) {
    const { batch, hidden } = recurrentSizes("gru", 3, x!, h0!, weight!, attributes, resets);
    return [
      ...matrices(1, attributes.steps * batch, hidden),
      ...matrices(1 + KEPT * attributes.steps, batch, hidden),
    ];
  },
  results: 2,
  vjp({ inputs: [, h0, weight, , ...resets], outputs, cotangents, attributes }) {
    const [dHs, dH] = [0, 1].map((i) => orZeros(cotangents[i], outputs[i]!)) as [Tensor, Tensor];
    const [dX, dH0, dW, dRecurrent] = gruGradientOp.apply(
      [dHs, dH, h0!, weight!, ...outputs.slice(2), ...resets],
      attributes,
    );
    return [dX!, dH0!, dW!, sum(dRecurrent!, [0]), undefined];
  },
  lower(emit, [x, h0, weight, bias, resets], { steps }) {
    const e = emitter(emit);
    const [batch, hidden] = h0!.shape as [number, number];
    const keep = resets && e.splitRows(e.keep(resets), steps, batch);
    const saved: string[][] = Array.from({ length: KEPT }, () => []);
    let h = h0!.name;
    for (const [t, projection] of e.splitRows(x!.name, steps, batch).entries()) {
      if (keep) h = e.mul(h, keep[t]!);
      const recurrent = e.productT(h, weight!.name, bias!.name);
      const [xGates, xN] = e.splitColumns(projection, [2 * hidden, hidden]) as [string, string];
      const [hGates, a] = e.splitColumns(recurrent, [2 * hidden, hidden]) as [string, string];
      const [r, z] = e.splitColumns(e.sigmoid(e.add(xGates, hGates)), [hidden, hidden]) as [string, string];
      const n = e.tanh(e.add(xN, e.mul(r, a)));
      h = e.add(n, e.mul(z, e.sub(h, n)));
      [r, z, n, a, h].forEach((name, k) => {
        saved[k]!.push(name);
      });
    }
    return [e.rows(saved[4]!), h, ...saved.flat()];
  },
  reference([x, h0, weight, bias, resets], { steps }, outputs) {
    const out = outputs.map((o) => zeros(o.shape));
    const [batch, hidden] = h0!.shape as [number, number];
    const k = kept(out.slice(2), steps);
    let h = h0!.data;
    for (let t = 0; t < steps; t++) {
      h = stateBefore(h, resets, t, batch);
      const recurrent = new Float64Array(batch * 3 * hidden);
      for (let b = 0; b < batch; b++) recurrent.set(bias!.data, b * 3 * hidden);
      accumulateProduct(recurrent, h, weight!.data, batch, hidden, 3 * hidden);
      const projection = block(x!, t, batch);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < hidden; j++) {
          const at = b * hidden + j;
          const row = b * 3 * hidden + j;
          const r = sigmoidReference(projection[row]! + recurrent[row]!);
          const z = sigmoidReference(projection[row + hidden]! + recurrent[row + hidden]!);
          const a = recurrent[row + 2 * hidden]!;
          const n = Math.tanh(projection[row + 2 * hidden]! + r * a);
          const values = { r, z, n, a, h: n + z * (h[at]! - n) };
          for (const key of ["r", "z", "n", "a", "h"] as const) k[key][t]!.data[at] = values[key];
        }
      }
      h = k.h[t]!.data;
      block(out[0]!, t, batch).set(h);
    }
    out[1]!.data.set(h);
    return out;
  },
  samples: [
    { title: "one step", inputs: [real(2, 9), real(2, 3), real(9, 3), real(9)], attributes: { steps: 1 } },
    { title: "four steps", inputs: [real(8, 6), real(2, 2), real(6, 2), real(6)], attributes: { steps: 4 } },
    {
      title: "four steps with resets",
      inputs: [real(8, 6), real(2, 2), real(6, 2), real(6), resetRows(8)],
      attributes: { steps: 4 },
    },
  ],
});

/** Cotangents of the projections, the initial state, the recurrent weights, and the recurrent products of all steps. */
export const gruGradientOp = defineOp<RecurrentAttributes>({
  name: "gru_gradient",
  infer([, , h0, weight], { steps }) {
    const [batch, hidden] = h0!.shape as [number, number];
    const gates = { dtype: "float32", shape: [steps * batch, 3 * hidden] } as const;
    return [gates, { dtype: "float32", shape: h0!.shape }, { dtype: "float32", shape: weight!.shape }, gates];
  },
  vjp: none("second derivatives of a recurrent layer are not needed to train"),
  lower(emit, inputs, { steps }) {
    const e = emitter(emit);
    const [dHs, dHLast, h0, weight] = names(inputs.slice(0, 4)) as [string, string, string, string];
    const [batch] = inputs[2]!.shape as [number, number];
    const k = kept(names(inputs.slice(4)), steps);
    const resets = inputs[4 + KEPT * steps];
    const keep = resets && e.keep(resets);
    /** What goes back beyond a step, of what stands there. */
    const goesBack = (x: string) => (keep ? e.mul(x, keep) : x);
    const [r, z, n, a] = [k.r, k.z, k.n, k.a].map((parts) => e.rows(parts)) as [
      string,
      string,
      string,
      string,
    ];
    const previousH = goesBack(e.rows([h0, ...k.h.slice(0, -1)]));
    const oneMinusZ = e.oneMinus(z);
    const byStep = (x: string) => e.splitRows(x, steps, batch);
    const slopeN = byStep(e.mul(oneMinusZ, e.oneMinus(e.mul(n, n))));
    const slopeR = byStep(e.mul(e.mul(a, r), e.oneMinus(r)));
    const slopeZ = byStep(e.mul(e.mul(e.sub(previousH, n), z), oneMinusZ));
    const dHsByStep = byStep(dHs);
    const keepByStep = keep && byStep(keep);
    const zByStep = keep ? byStep(goesBack(z)) : k.z;
    let dH = e.add(dHsByStep[steps - 1]!, dHLast);
    const dX: string[] = [];
    const dRecurrent: string[] = [];
    for (let t = steps - 1; t >= 0; t--) {
      const dN = e.mul(dH, slopeN[t]!);
      const dR = e.mul(dN, slopeR[t]!);
      const dZ = e.mul(dH, slopeZ[t]!);
      dX[t] = e.columns([dR, dZ, dN]);
      dRecurrent[t] = e.columns([dR, dZ, e.mul(dN, k.r[t]!)]);
      const kept = e.mul(dH, zByStep[t]!);
      const back = keepByStep ? e.mul(dRecurrent[t]!, keepByStep[t]!) : dRecurrent[t]!;
      dH = e.product(back, weight, t > 0 ? e.add(kept, dHsByStep[t - 1]!) : kept);
    }
    const allRecurrent = e.rows(dRecurrent);
    return [e.rows(dX), dH, e.tProduct(allRecurrent, previousH), allRecurrent];
  },
  reference(inputs, { steps }, outputs) {
    const [dHs, dHLast, h0, weight] = inputs as readonly ReferenceArray[] as [
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
    ];
    const [dX, dH0, dW, dRecurrent] = outputs.map((out) => zeros(out.shape)) as [
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
      ReferenceArray,
    ];
    const [batch, hidden] = h0.shape as [number, number];
    const k = kept(inputs.slice(4), steps);
    const resets = inputs[4 + KEPT * steps];
    let dH = dHLast.data.slice();
    for (let t = steps - 1; t >= 0; t--) {
      const previousH = stateBefore((t > 0 ? k.h[t - 1]! : h0).data, resets, t, batch);
      const later = block(dHs, t, batch);
      const gx = block(dX, t, batch);
      const gr = block(dRecurrent, t, batch);
      const carried = new Float64Array(batch * hidden);
      for (let b = 0; b < batch; b++) {
        for (let j = 0; j < hidden; j++) {
          const at = b * hidden + j;
          const row = b * 3 * hidden + j;
          const [r, z, n, a] = [k.r, k.z, k.n, k.a].map((part) => part[t]!.data[at]!) as [
            number,
            number,
            number,
            number,
          ];
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
      accumulateOuter(dW.data, gr, previousH, batch, 3 * hidden, hidden);
      stopAtResets(carried, resets, t, batch);
      dH = carried;
    }
    dH0.data.set(dH);
    return [dX, dH0, dW, dRecurrent];
  },
  samples: [
    {
      title: "two steps",
      inputs: [
        real(4, 3),
        real(2, 3),
        real(2, 3),
        real(9, 3),
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
        real(9, 3),
        ...Array.from({ length: 2 * KEPT }, () => real(2, 3)),
        resetRows(4),
      ],
      attributes: { steps: 2 },
    },
  ],
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
  const inputs = [projections, h0, weight, bias, ...(resets ? [resets] : [])];
  const [output, h] = gruOp.apply(inputs, { steps });
  return { output: output!, h: h! };
}
