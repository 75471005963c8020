/** Muon against plain loops in double precision, and against what it is made for: singular values near one. */
import { describe, expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { architectures, buildModel } from "../models/registry.ts";
import { Arena } from "../runtime/arena.ts";
import { nodeBackend } from "../runtime/node.ts";
import { adamw } from "./adamw.ts";
import { isForMuon, type MuonEntry, muon } from "./muon.ts";

const entries: readonly MuonEntry[] = [
  { name: "wide", shape: [5, 9], decay: true },
  { name: "as-wide", shape: [5, 9], decay: true },
  { name: "tall", shape: [9, 5], decay: true },
  { name: "square", shape: [6, 6], decay: true },
  { name: "gates", shape: [12, 5], decay: true, maps: { axis: 0, count: 4 } },
  { name: "queries-keys-values", shape: [7, 15], decay: true, maps: { axis: 1, count: 3 } },
  { name: "convolution", shape: [4, 3, 2], decay: true },
  { name: "table", shape: [8, 5], decay: true, table: true },
  { name: "head", shape: [8, 5], decay: true, head: true },
  { name: "bias", shape: [7], decay: false },
  { name: "frozen", shape: [5, 9], decay: true, trainable: false },
];
const ownNames = ["wide", "as-wide", "tall", "square", "gates", "queries-keys-values", "convolution"];
const gradientOf = (name: string, step: number, size: number) =>
  new Random(2, name, step).fillNormal(new Float32Array(size));

function filled(layout: readonly MuonEntry[] = entries): Arena {
  const arena = Arena.create(
    layout.map((entry) => ({ ...entry, orthogonal: isForMuon(entry) })),
    { moments: 2 },
  );
  for (const [name, { data }] of Object.entries(arena.parameters)) new Random(1, name).fillNormal(data);
  return arena;
}

type Matrix = readonly (readonly number[])[];
const product = (x: Matrix, y: Matrix): Matrix =>
  x.map((row) => y[0]!.map((_, j) => row.reduce((total, value, k) => total + value * y[k]![j]!, 0)));
const transposed = (x: Matrix): Matrix => x[0]!.map((_, j) => x.map((row) => row[j]!));
const combined = (x: Matrix, by: number, y: Matrix, and: number): Matrix =>
  x.map((row, i) => row.map((value, j) => by * value + and * y[i]![j]!));

/** The quintic of Jordan et al., whatever the shape; the longer side is not put last. */
function newtonSchulz(g: Matrix): Matrix {
  const norm = Math.hypot(...g.flat()) + 1e-7;
  let x: Matrix = g.map((row) => row.map((value) => value / norm));
  for (let k = 0; k < 5; k++) {
    // x (aI + b xᵀx + c (xᵀx)²), which is the same polynomial from the other side.
    const gram = product(transposed(x), x);
    x = combined(x, 3.4445, product(x, combined(gram, -4.775, product(gram, gram), 2.0315)), 1);
  }
  return x;
}

/** Indices of each element of each map, by its rows and columns. */
function mapsOf({ shape, maps }: MuonEntry): number[][][] {
  const [rows, columns] = [shape[0]!, shape.slice(1).reduce((n, d) => n * d, 1)];
  const { axis, count } = maps ?? { axis: 0, count: 1 };
  const [height, width] = axis === 0 ? [rows / count, columns] : [rows, columns / count];
  return Array.from({ length: count }, (_, map) =>
    Array.from({ length: height }, (_, i) =>
      Array.from({ length: width }, (_, j) =>
        axis === 0 ? (map * height + i) * columns + j : i * columns + map * width + j,
      ),
    ),
  );
}

describe("Muon", () => {
  it("is its authors' rule, with Moonlight's factor, and AdamW elsewhere", async () => {
    const arena = filled();
    const others = filled(entries.filter(({ name }) => !ownNames.includes(name)));
    const optimizer = muon(entries, nodeBackend(), { weightDecay: 0.1, momentum: 0.9, betas: [0.9, 0.95] });
    const other = adamw({ weightDecay: 0.1, betas: [0.9, 0.95] });
    const own = entries.filter(({ name }) => ownNames.includes(name));
    const expected = new Map(
      own.map(({ name }) => {
        const data = Float64Array.from(arena.parameters[name]!.data);
        return [name, { data, m: new Float64Array(data.length) }];
      }),
    );
    for (let step = 1; step <= 4; step++) {
      const lr = 0.02 / step;
      for (const target of [arena, others])
        for (const [name, { data }] of Object.entries(target.gradients))
          data.set(gradientOf(name, step, data.length));
      for (const entry of own) {
        const { data, m } = expected.get(entry.name)!;
        const g = gradientOf(entry.name, step, data.length).map((value) => 0.5 * value);
        for (let i = 0; i < m.length; i++) m[i] = 0.9 * m[i]! + 0.1 * g[i]!;
        for (const map of mapsOf(entry)) {
          const direction = newtonSchulz(map.map((row) => row.map((i) => 0.1 * g[i]! + 0.9 * m[i]!)));
          const factor = 0.2 * Math.sqrt(Math.max(map.length, map[0]!.length));
          map.forEach((row, i) => {
            row.forEach((at, j) => {
              data[at] = data[at]! - lr * (0.1 * data[at]! + factor * direction[i]![j]!);
            });
          });
        }
      }
      await optimizer.step(arena, { step, lr, gradScale: 0.5 });
      other.step(others, { step, lr, gradScale: 0.5 });
    }
    for (const [name, { data, m }] of expected) {
      const moved = [...data].map((value, i) => Math.abs(value - arena.parameters[name]!.data[i]!));
      expect(Math.max(...moved), name).toBeLessThan(1e-5);
      expect(Math.max(...m.map((value, i) => Math.abs(value - arena.moment1[name]!.data[i]!)))).toBeLessThan(
        1e-6,
      );
    }
    for (const [name, { data }] of Object.entries(others.parameters))
      expect(arena.parameters[name]!.data, name).toEqual(data);
    expect(Object.keys(arena.moment2)).toEqual(["table", "head", "bias"]);
    await optimizer.release?.();
  });

  it("gives an update that keeps no direction small: singular values of about one", async () => {
    const entry = { name: "w", shape: [24, 40], decay: true };
    const arena = filled([entry]);
    const before = arena.parameters.w!.data.slice();
    const gradient = gradientOf("w", 1, 24 * 40);
    // Rows of very different sizes: as they are, the largest would be nearly all of the step.
    arena.gradients.w!.data.set(gradient.map((value, i) => value * 10 ** (-2 * (Math.floor(i / 40) / 24))));
    const optimizer = muon([entry], nodeBackend(), { weightDecay: 0 });
    await optimizer.step(arena, { step: 1, lr: 1, gradScale: 1 });
    const update = Array.from({ length: 24 }, (_, i) =>
      Array.from(
        { length: 40 },
        (_, j) => (before[i * 40 + j]! - arena.parameters.w!.data[i * 40 + j]!) / (0.2 * Math.sqrt(40)),
      ),
    );
    // The squares of the singular values are the eigenvalues of the Gram matrix; Gershgorin would be too coarse.
    const gram = product(update, transposed(update));
    const trace = gram.reduce((total, row, i) => total + row[i]!, 0);
    const squares = gram.flat().reduce((total, value) => total + value * value, 0);
    const mean = trace / 24;
    expect(mean).toBeGreaterThan(0.6);
    expect(mean).toBeLessThan(1.3);
    expect(Math.sqrt(squares / 24 - mean * mean)).toBeLessThan(0.35);
    await optimizer.release?.();
  });

  it("leaves weights alone where nothing pulls at them, and NaN nowhere", async () => {
    const arena = filled();
    const before = arena.parameters.tall!.data.slice();
    const optimizer = muon(entries, nodeBackend(), { weightDecay: 0 });
    await optimizer.step(arena, { step: 1, lr: 0.1, gradScale: 1 });
    expect(arena.parameters.tall!.data).toEqual(before);
    await optimizer.release?.();
  });

  it("refuses a momentum out of range, and a model that has no matrix for it", () => {
    expect(() => muon(entries, nodeBackend(), { momentum: 1 })).toThrow("below 1");
    expect(() => muon(entries.slice(-3), nodeBackend())).toThrow("choose another optimizer");
  });

  it("refuses an arena where its matrices do not lie apart", async () => {
    const arena = Arena.create(entries, { moments: 2 });
    const step = muon(entries, nodeBackend()).step(arena, { step: 1, lr: 1, gradScale: 1 });
    await expect(step).rejects.toThrow('lay "wide" out as `orthogonal`');
  });
});

describe("Muon's parameters", () => {
  it.each(architectures.map(({ type }) => type))(
    "of a %s: hidden matrices, neither embeddings nor heads",
    (type) => {
      const architecture = architectures.find((one) => one.type === type)!;
      const vocabulary = 61;
      const model = buildModel(architecture.configure({}, vocabulary));
      const own = model.parameters.filter(isForMuon);
      expect(own.length).toBeGreaterThan(0);
      for (const { name, shape, maps } of own) {
        expect(shape, name).not.toContain(vocabulary);
        if (maps) expect(shape[maps.axis]! % maps.count, name).toBe(0);
      }
      const left = model.parameters.filter((entry) => !isForMuon(entry) && entry.shape.length > 1);
      for (const { name, shape, table } of left) expect(shape.includes(vocabulary) || table, name).toBe(true);
    },
  );
});
