import { expect, it } from "vitest";
import { worstError } from "../conformance/compare.ts";
import type { DType } from "../core/array.ts";
import { Random } from "../core/random.ts";
import { input } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ReferenceArray } from "../ops/define.ts";
import { interpret } from "../ops/interpret.ts";
import { localMask, type SelfAttentionConfig, selfAttention } from "./attention.ts";
import { linear } from "./linear.ts";
import { evaluation } from "./mode.ts";

const [length, width, heads] = [3, 8, 2];
const map = (name: string) => linear(name, width, width, { bias: false });

/** What attention gives for one text of tokens at these positions. */
function outputOf(rotary: SelfAttentionConfig["rotary"], positions: readonly number[]): Float64Array {
  const projections = [map("q"), map("k"), map("v")] as const;
  const attention = selfAttention({ projections, output: map("o"), heads, causal: true, rotary });
  const feeds = new Map<Tensor, ReferenceArray>();
  const give = (name: string, dtype: DType, shape: readonly number[], numbers: ArrayLike<number>) => {
    const tensor = input(name, dtype, shape);
    feeds.set(tensor, { shape, data: Float64Array.from(numbers) });
    return tensor;
  };
  const drawn = (name: string, rows: number) =>
    give(name, "float32", [rows, width], new Random(1, name).fillNormal(new Float32Array(rows * width)));
  const p = Object.fromEntries(attention.parameters.map(({ name }) => [name, drawn(name, width)]));
  const given = {
    ids: give("ids", "int32", [1, length], [0, 0, 0]),
    positions: give("positions", "int32", [1, length], positions),
  };
  const { output } = attention(p, drawn("x", length), given, evaluation);
  return interpret([output], feeds)[0]!.data;
}

it("rotates queries and keys by their positions, with a base and a scaling", () => {
  const plain = outputOf({ context: 8 }, [0, 1, 2]);
  expect(worstError(outputOf({ context: 8, scaling: 2 }, [0, 2, 4]), plain)).toBeLessThan(1e-12);
  // Only distances count.
  expect(worstError(outputOf({ context: 8 }, [3, 4, 5]), plain)).toBeLessThan(1e-12);
  for (const other of [undefined, { context: 8, scaling: 2 }, { context: 8, base: 100 }])
    expect(worstError(outputOf(other, [0, 1, 2]), plain)).toBeGreaterThan(1e-3);
});

it.each([0, 1, 2, 46_341, 65_536])("sees %i tokens to each side", (reach) => {
  const ids = input("ids", "int32", [1, 5]);
  const [mask] = interpret(
    [localMask(ids, reach)],
    new Map([[ids, { shape: [1, 5], data: new Float64Array(5) }]]),
  );
  const wanted = Array.from({ length: 25 }, (_, i) => Number(Math.abs(Math.floor(i / 5) - (i % 5)) <= reach));
  expect([...mask!.data]).toEqual(wanted);
});
