/** Results that are written in place are not copied as well, whatever becomes of the run. */
import { Tensor } from "onnxruntime-common";
import { expect, it } from "vitest";
import { compile } from "../../test/node-compile.ts";
import { float32, int32 } from "../core/array.ts";
import { peakBytes } from "../files/peak-bytes.ts";
import type { Tensor as Symbolic } from "../graph/tensor.ts";
import { sum } from "../ops/broadcast.ts";
import { add } from "../ops/elementwise.ts";
import { gather } from "../ops/indexing.ts";
import { wrapSession } from "./_ort.ts";
import { WITHHELD } from "./withheld.ts";

const MEGABYTE = 2 ** 20;

it("takes no memory of a result's size besides its place", async () => {
  const n = 32 * MEGABYTE;
  const [x, y] = [float32([n], new Float32Array(n).fill(1)), float32([n], new Float32Array(n).fill(2))];
  const f = compile((a: Symbolic) => ({ y: add(a, 2), total: sum(a) }));
  const peak = () => peakBytes() / MEGABYTE;
  const before = peak();
  const { total } = await f.run([x], { into: { y } });
  expect(peak() - before).toBeLessThan(64);
  expect(y.data.every((value) => value === 3)).toBe(true);
  expect([...total.data]).toEqual([n]);
});

it("fails where a run fails", async () => {
  const f = compile((table: Symbolic, ids: Symbolic) => ({ rows: gather(table, ids) }));
  const into = { rows: float32([1, 1], [7]) };
  const run = (id: number) => f.run([float32([2, 1], [5, 6]), int32([1], [id])], { into });
  await expect(run(2)).rejects.toThrow(/gather/);
  await expect(run(1)).resolves.toEqual({ rows: float32([1, 1], [6]) });
});

it("works with a library that says in other words that it returns no sequence", async () => {
  const asked: string[][] = [];
  const library = {
    outputNames: [WITHHELD, "y"],
    async run(_: unknown, fetches: Record<string, { data: Float32Array } | null>) {
      asked.push(Object.keys(fetches));
      fetches.y!.data.fill(3);
      if (WITHHELD in fetches) throw new Error("sequences are not returned");
      return { y: { ...fetches.y, data: Float32Array.of(3) } };
    },
  };
  const session = wrapSession(library as never, Tensor as never, true);
  for (let k = 0; k < 2; k++) {
    const y = float32([1], [0]);
    await expect(session.run({}, { y })).resolves.toEqual({ y });
    expect([...y.data]).toEqual([3]);
  }
  expect(asked.map((names) => names.includes(WITHHELD))).toEqual([true, false, false]);
});
