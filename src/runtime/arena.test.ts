import { describe, expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { Arena, type ArenaEntry } from "./arena.ts";
import { alignment } from "./arena-memory.ts";

const layout = [
  { name: "a", shape: [3, 5], decay: true },
  { name: "b", shape: [7], decay: false },
  { name: "c", shape: [2, 2], decay: true },
  { name: "d", shape: [4], decay: true, trainable: false },
];
/** The same with a matrix for Muon, which is the last but one here and the first in memory. */
const withMatrix = (layout as ArenaEntry[]).toSpliced(3, 0, {
  name: "m",
  shape: [6, 7],
  decay: true,
  orthogonal: true,
});

describe("Arena", () => {
  it("gives every tensor memory of its own, in the order of the layout", () => {
    const arena = Arena.create(layout, { moments: 2, accumulate: true });
    expect(Object.keys(arena.parameters)).toEqual(["a", "b", "c", "d"]);
    for (const views of [arena.gradients, arena.moment1, arena.moment2])
      expect(Object.keys(views)).toEqual(["a", "b", "c"]);
    const all = [arena.parameters, arena.gradients, arena.moment1, arena.moment2].flatMap((v) =>
      Object.values(v),
    );
    for (const [i, { data }] of all.entries()) data.fill(i + 1);
    all.forEach(({ data, shape }, i) => {
      expect(data).toHaveLength(shape.reduce((n, d) => n * d, 1));
      expect(data.every((x) => x === i + 1)).toBe(true);
      expect(data.byteOffset % alignment).toBe(0);
    });
  });

  it("is the same in one shard and in several", () => {
    const one = Arena.create(layout, { moments: 1 });
    const several = Arena.create(layout, { moments: 1, shardBytes: 256 });
    expect(several.flat("parameters").length).toBeGreaterThan(1);
    for (const arena of [one, several]) {
      for (const [name, { data }] of Object.entries(arena.parameters)) new Random(1, name).fillNormal(data);
    }
    for (const name of ["a", "b", "c", "d"])
      expect([...several.parameters[name]!.data]).toEqual([...one.parameters[name]!.data]);
  });

  it("keeps ranges of equal decay together", () => {
    const { ranges } = Arena.create(layout, { moments: 0 });
    expect(ranges.map(({ decay }) => decay)).toEqual([true, false]);
  });

  it.each([undefined, 1024, 320])(
    "covers all that trains, once, by ranges of one decay each (shards of %s bytes)",
    (shardBytes) => {
      const arena = Arena.create(layout, { moments: 2, ...(shardBytes ? { shardBytes } : {}) });
      for (const region of ["parameters", "gradients", "moment1", "moment2"] as const) {
        for (const { data } of Object.values(arena[region])) data.fill(1);
        for (const { kernels, decay, length, [region]: pointer } of arena.ranges) {
          kernels.scale(pointer, length, decay ? 2 : 3);
        }
        for (const { name, decay, trainable = true } of layout) {
          const values = new Set(arena[region][name]?.data);
          if (trainable) expect(values).toEqual(new Set([decay ? 2 : 3]));
          else expect(values).toEqual(new Set(region === "parameters" ? [1] : []));
        }
      }
    },
  );

  it.each([undefined, 1024])(
    "gives Muon's matrices one moment and a range of their own (shards of %s)",
    (shardBytes) => {
      const arena = Arena.create(withMatrix, { moments: 2, ...(shardBytes ? { shardBytes } : {}) });
      expect(Object.keys(arena.moment1)).toEqual(["a", "b", "c", "m"]);
      expect(Object.keys(arena.moment2)).toEqual(["a", "b", "c"]);
      const matrices = arena.ranges.filter(({ orthogonal }) => orthogonal);
      expect(matrices.map(({ length, moment2 }) => [length, moment2])).toEqual([[48, 0]]);
      for (const region of ["parameters", "gradients", "moment1", "moment2"] as const) {
        for (const { kernels, decay, orthogonal, length, [region]: pointer } of arena.ranges) {
          for (const { data } of Object.values(arena[region])) data.fill(1);
          if (orthogonal && region === "moment2") continue;
          kernels.scale(pointer, length, 5);
          const scaled = Object.entries(arena[region]).filter(([, { data }]) => data[0] === 5);
          const own = withMatrix.filter(
            (entry) =>
              entry.decay === decay &&
              (entry.orthogonal ?? false) === orthogonal &&
              entry.trainable !== false,
          );
          // In several shards a range has a part of them.
          expect(own.map(({ name }) => name)).toEqual(expect.arrayContaining(scaled.map(([name]) => name)));
          expect(scaled.length).toBeGreaterThan(0);
        }
      }
      const wide = Arena.create(withMatrix, { moments: 2 });
      const plain = Arena.create(
        withMatrix.map(({ name, shape, decay, trainable = true }) => ({ name, shape, decay, trainable })),
        { moments: 2 },
      );
      expect(wide.flat("moment2")[0]!.length + 48).toBe(plain.flat("moment2")[0]!.length);
    },
  );

  it("adds up the gradients of several batches, and starts again", () => {
    const arena = Arena.create(layout, { moments: 0, accumulate: true });
    for (let round = 0; round < 2; round++) {
      for (const value of [1, 2]) {
        arena.gradients.b!.data.fill(value);
        arena.accumulate();
      }
      arena.gradients.b!.data.fill(4);
      arena.addAccumulated();
      expect([...arena.gradients.b!.data]).toEqual(new Array(7).fill(7));
    }
  });

  it("refuses to accumulate where it has no room for it, instead of writing elsewhere", () => {
    const arena = Arena.create(layout, { moments: 0 });
    expect(() => arena.accumulate()).toThrow("accumulate: true");
    expect(() => arena.addAccumulated()).toThrow("accumulate: true");
  });

  it("refuses two tensors of one name, and a tensor that no shard holds", () => {
    expect(() => Arena.create([layout[0]!, layout[0]!], { moments: 0 })).toThrow(/"a"/);
    expect(() => Arena.create(layout, { moments: 2, shardBytes: 64 })).toThrow('"a" [3, 5] needs 256 bytes');
  });
});
