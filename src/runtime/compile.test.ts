import { expect, it } from "vitest";
import { compile } from "../../test/node-compile.ts";
import { valueAndGrad } from "../autodiff/grad.ts";
import { float32, int32 } from "../core/array.ts";
import { dropoutMask, input } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { sum } from "../ops/broadcast.ts";
import { add, multiply, tanh } from "../ops/elementwise.ts";
import { gather } from "../ops/indexing.ts";
import { matmul } from "../ops/matmul.ts";

const twice = () => compile((p: { w: Tensor }, x: Tensor) => ({ y: matmul(x, p.w), x }));

it("traces once a shape and returns the tree of the function", async () => {
  let traces = 0;
  const f = compile((x: Tensor) => {
    traces++;
    return { y: multiply(x, 2) };
  });
  expect([...(await f(float32([2], [1, 2]))).y.data]).toEqual([2, 4]);
  expect([...(await f(float32([2], [3, 4]))).y.data]).toEqual([6, 8]);
  expect([...(await f(float32([1], [5]))).y.data]).toEqual([10]);
  expect(traces).toBe(2);
});

it("serves every size with one graph where sizes are named", async () => {
  let traces = 0;
  const f = compile(
    (table: Tensor, ids: Tensor) => {
      traces++;
      return gather(table, ids);
    },
    {
      specs: [
        { dtype: "float32", shape: [3, 2] },
        { dtype: "int32", shape: ["batch", "sequence"] },
      ],
    },
  );
  const table = float32([3, 2], [0, 1, 2, 3, 4, 5]);
  expect((await f(table, int32([1, 2], [2, 0]))).data).toEqual(Float32Array.of(4, 5, 0, 1));
  expect((await f(table, int32([2, 1], [1, 1]))).shape).toEqual([2, 1, 2]);
  expect(traces).toBe(1);
});

it("writes results in place, also over an operand of the last elementwise operation", async () => {
  const f = twice();
  const memory = new WebAssembly.Memory({ initial: 1 });
  const into = float32([1, 2], new Float32Array(memory.buffer, 64, 2));
  const { y, x } = await f.run([{ w: float32([2, 2], [1, 2, 3, 4]) }, float32([1, 2], [1, 1])], {
    into: { y: into },
  });
  expect(y.data).toBe(into.data);
  expect([...new Float32Array(memory.buffer, 64, 2)]).toEqual([4, 6]);
  expect([...x.data]).toEqual([1, 1]);

  const weights = float32([3], [1, 2, 3]);
  const update = compile((w: Tensor, g: Tensor) => ({ w: add(w, multiply(g, -0.5)) }));
  await update.run([weights, float32([3], [2, 2, 2])], { into: { w: weights } });
  expect([...weights.data]).toEqual([0, 1, 2]);
});

it("takes a constant's numbers when the graph is loaded, and does not read them again", async () => {
  const w = float32([2], [2, 3]);
  const specs = [
    { ...w, constant: w },
    { dtype: "float32", shape: [2] },
  ] as const;
  const f = compile((a: Tensor, x: Tensor) => multiply(a, x), { specs });
  const x = float32([2], [10, 100]);
  expect([...(await f(w, x)).data]).toEqual([20, 300]);
  w.data.fill(0);
  expect([...(await f(w, x)).data]).toEqual([20, 300]);
  await f.release();
});

it("refuses an argument of another dtype, naming its place", async () => {
  const f = compile((x: Tensor) => x, { specs: [{ dtype: "float32", shape: ["n"] }] });
  await expect(f(int32([1], [1]) as never)).rejects.toThrow(/argument 0|float32/);
});

it("draws dropout masks from seed, step and stream alone", async () => {
  const f = compile((x: Tensor) => multiply(x, dropoutMask([1000], 0.25, 3)));
  const x = float32([1000], new Float32Array(1000).fill(1));
  const at = async (seed: number, step: number) => [...(await f.run([x], { random: { seed, step } })).data];
  const first = await at(1, 1);
  expect(await at(1, 1)).toEqual(first);
  expect(await at(1, 2)).not.toEqual(first);
  expect(await at(2, 1)).not.toEqual(first);
  const dropped = first.filter((v) => v === 0).length;
  expect(dropped).toBeGreaterThan(200);
  expect(dropped).toBeLessThan(300);
  expect(first.find((v) => v !== 0)).toBeCloseTo(4 / 3, 6);
  await expect(f(x)).rejects.toThrow(/seed/);
});

it("prints a graph that a person can read", () => {
  expect(twice().dump({ w: float32([2, 2]) }, float32([1, 2]))).toMatchInlineSnapshot(`
    "%1 = input float32[1, 2]
    %0.w = input float32[2, 2]
    %0 = matmul(%1, %0.w) float32[1, 2] transposeA=false transposeB=false alpha=1
    y = %0
    x = %1"
  `);
});

it("differentiates a small network like the chain rule by hand", async () => {
  const f = compile((w: Tensor, x: Tensor) => valueAndGrad((v: Tensor) => sum(tanh(multiply(v, x))))(w));
  const [loss, gradient] = await f(float32([2], [0.5, -1]), float32([2], [2, 3]));
  expect(loss.data[0]).toBeCloseTo(Math.tanh(1) + Math.tanh(-3), 6);
  expect(gradient.data[0]).toBeCloseTo(2 * (1 - Math.tanh(1) ** 2), 6);
  expect(gradient.data[1]).toBeCloseTo(3 * (1 - Math.tanh(3) ** 2), 6);
});

it("names inputs after their place", () => {
  expect(String(input("0.x", "int32", ["batch", 3]))).toBe("input:int32[batch, 3]");
});
