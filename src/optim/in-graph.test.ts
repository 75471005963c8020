/** Optimisers as graphs against the kernels, which other tests hold to the published rules. */
import { expect, it } from "vitest";
import { float32, type HostArray } from "../core/array.ts";
import { Random } from "../core/random.ts";
import { Arena } from "../runtime/arena.ts";
import { compile } from "../runtime/compile.ts";
import { nodeBackend } from "../runtime/node.ts";
import { adamw } from "./adamw.ts";
import { clipped, clipScalars, type GraphState, type Named, scalarArrays } from "./in-graph.ts";
import { isForMuon, muon } from "./muon.ts";
import { clipGlobalNorm, type Optimizer } from "./optimizer.ts";
import { sgd } from "./sgd.ts";

const backend = nodeBackend({ threads: 1 });
const layout = [
  { name: "matrix.weight", shape: [7, 5], decay: true },
  { name: "gates", shape: [8, 3], decay: true, maps: { axis: 0, count: 2 } as const },
  { name: "table", shape: [6, 4], decay: true, table: true },
  { name: "bias", shape: [3], decay: false },
];
const targets = 40;

type Arrays = Readonly<Record<string, HostArray>>;

/** Ten steps by kernels, and the same as a graph; both from the same weights and gradients. */
async function bothWays(optimizer: Optimizer, maxNorm: number, orthogonal = false) {
  const entries = layout.map((entry) => ({ ...entry, orthogonal: orthogonal && isForMuon(entry) }));
  const arena = Arena.create(entries, { moments: optimizer.moments });
  for (const [name, { data }] of Object.entries(arena.parameters)) new Random(1, name).fillNormal(data);
  const copied = (views: Arrays): Arrays =>
    Object.fromEntries(
      Object.entries(views).map(([name, { shape, data }]) => [
        name,
        float32(shape, (data as Float32Array).slice()),
      ]),
    );
  const decays = new Set(entries.filter(({ decay }) => decay).map(({ name }) => name));
  const update = compile(
    (state: GraphState, gradients: Named, scalars: Named) => {
      const { gradients: scaled, norm } = clipped(gradients, scalars as never);
      return { ...optimizer.graph!.update(state, scaled, scalars, decays), norm };
    },
    { backend },
  );
  let state = {
    parameters: copied(arena.parameters),
    moment1: copied(arena.moment1),
    moment2: copied(arena.moment2),
  };
  const norms: [number, number][] = [];
  for (let step = 1; step <= 10; step++) {
    for (const [name, { data }] of Object.entries(arena.gradients)) {
      new Random(2, name, step).fillNormal(data);
      for (let i = 0; i < data.length; i++) data[i]! *= step === 3 ? 500 : 10;
    }
    const place = { step, lr: 0.01 };
    const scalars = { ...optimizer.graph!.scalars(place), ...clipScalars(targets, maxNorm) };
    const { norm, ...after } = await update(state, copied(arena.gradients), scalarArrays(scalars));
    state = after as typeof state;
    const clip = clipGlobalNorm(arena, maxNorm, 1 / targets);
    norms.push([Number((norm as HostArray).data[0]), clip.norm]);
    await optimizer.step(arena, { ...place, gradScale: clip.gradScale });
  }
  await update.release();
  await optimizer.release?.();
  for (const [found, wanted] of norms) expect(found / wanted).toBeCloseTo(1, 5);
  for (const region of ["parameters", "moment1", "moment2"] as const) {
    expect(Object.keys(state[region])).toEqual(Object.keys(arena[region]));
    for (const [name, { data }] of Object.entries(arena[region]))
      for (const [i, value] of (state[region][name]!.data as Float32Array).entries())
        expect(Math.abs(value - data[i]!), `${region}.${name}[${i}]`).toBeLessThan(3e-5);
  }
}

it.each([
  ["AdamW", adamw({ weightDecay: 0.1 }), 1],
  ["AdamW without clipping", adamw({ betas: [0.8, 0.95] }), Number.POSITIVE_INFINITY],
  ["SGD", sgd({ weightDecay: 0.1 }), 1],
  ["SGD with momentum", sgd({ momentum: 0.9, weightDecay: 0.1 }), 1],
  ["SGD with Nesterov's step", sgd({ momentum: 0.9, nesterov: true }), 1],
] as const)("%s as a graph gives the weights and moments of the kernels", (_, optimizer, maxNorm) =>
  bothWays(optimizer, maxNorm),
);

it("Muon as a graph gives the weights and moments of the kernels", () =>
  bothWays(muon(layout, backend, { weightDecay: 0.1 }), 1, true));
