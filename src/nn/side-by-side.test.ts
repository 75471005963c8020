/** Maps of one x that are packed as one against the same maps packed one by one. */
import { expect, it } from "vitest";
import { float32, type HostArray, sizeOf } from "../core/array.ts";
import { Random } from "../core/random.ts";
import type { Tensor } from "../graph/tensor.ts";
import { oneAfterAnother, quantizeMatrix } from "../models/quantize.ts";
import { compile } from "../runtime/compile.ts";
import { nodeBackend } from "../runtime/node.ts";
import { layer } from "./layer.ts";
import { linear, sideBySide } from "./linear.ts";
import { withAdapters } from "./lora.ts";
import type { ParameterSpec, Parameters } from "./parameters.ts";

const WIDTH = 64;
const maps = [linear("block.q", WIDTH, 96), linear("block.k", WIDTH, 32, { bias: false })];
const both = sideBySide(maps);

function drawn(shape: readonly number[], stream: string): HostArray<"float32"> {
  const array = float32(shape);
  new Random(3, stream).fillNormal(array.data);
  return array;
}

const x = drawn([2, 3, WIDTH], "x");
const bias = drawn([96], "bias");
const matrices = maps.map(({ parameters: [spec] }) =>
  quantizeMatrix(drawn(spec!.shape, spec!.name).data, spec!, 8),
);

const parts = (name: string, packed: object) =>
  Object.fromEntries(Object.entries(packed).map(([part, array]) => [`${name}.${part}`, array as HostArray]));
const apart = {
  "block.q.bias": bias,
  ...parts("block.q.weight", matrices[0]!),
  ...parts("block.k.weight", matrices[1]!),
};
const together = { "block.q.bias": bias, ...parts("block.q+k", oneAfterAnother(matrices)) };

const run = async (weights: object, change = (p: Parameters, _x: Tensor) => p) => {
  const step = compile((p: Parameters, x: Tensor) => [...both(change(p, x), x).parts], {
    backend: nodeBackend({ threads: 1 }),
  });
  const outputs = (await step(weights as never, x as never)) as unknown as HostArray<"float32">[];
  await step.release();
  return outputs.map(({ shape, data }) => ({ shape, data }));
};

it("gives what each map gives", async () => {
  const wanted = await run(apart);
  expect(wanted.map(({ shape }) => shape)).toEqual([
    [2, 3, 96],
    [2, 3, 32],
  ]);
  expect(await run(together)).toEqual(wanted);
});

it("adds the adapter of each map to its part", async () => {
  const [a, b] = [drawn([4, WIDTH], "a"), drawn([32, 4], "b")];
  const adapted = (p: Parameters, _: Tensor) =>
    withAdapters(p, new Map([["block.k", { a: p.a!, b: p.b!, scale: 0.5, dropout: (y: Tensor) => y }]]));
  const wanted = await run({ ...apart, a, b }, adapted);
  expect(await run({ ...together, a, b }, adapted)).toEqual(wanted);
  expect(wanted[1]).not.toEqual((await run(apart))[1]);
});

it("leaves maps alone of which one is more than linear, or there twice", () => {
  const [q, k] = maps as [(typeof maps)[0], (typeof maps)[0]];
  const more = layer(k.parameters, (p, y: Tensor) => k(p, k(p, y)));
  const packedIn = (specs: readonly ParameterSpec[]) => specs.map((spec) => spec.packedIn);
  expect(packedIn(sideBySide([q, more]).parameters)).toEqual([undefined, undefined, undefined]);
  expect(packedIn(sideBySide([q, k, k]).parameters).every((name) => name === undefined)).toBe(true);
  expect(packedIn(sideBySide([q]).parameters)).toEqual([undefined, undefined]);
  expect(packedIn(both.parameters)).toEqual(["block.q+k", undefined, "block.q+k"]);
  expect(sizeOf(both.parameters[0]!.shape)).toBe(96 * WIDTH);
});
