/** Values computed again in the backward pass: the same gradients to the bit, for less memory. */
import { describe, expect, it } from "vitest";
import { float32, type HostArray } from "../core/array.ts";
import { Random } from "../core/random.ts";
import { dropoutMask } from "../graph/leaves.ts";
import { type Tensor, topologicalOrder } from "../graph/tensor.ts";
import { training } from "../nn/mode.ts";
import { sum } from "../ops/broadcast.ts";
import { add, multiply, tanh } from "../ops/elementwise.ts";
import { matmul } from "../ops/matmul.ts";
import { layerNorm } from "../ops/normalisation.ts";
import { keep } from "../ops/recompute.ts";
import { compile } from "../runtime/compile.ts";
import { nodeBackend } from "../runtime/node.ts";
import { gradients } from "./grad.ts";

const [rows, width, layers] = [64, 16, 8] as const;
const drawn = (name: string, ...shape: number[]): HostArray<"float32"> =>
  float32(shape, new Random(1, name).fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))));
const weights = Array.from({ length: layers }, (_, k) => drawn(`w${k}`, width, width));
const gains = Array.from({ length: layers }, (_, k) => drawn(`g${k}`, width));
const x = drawn("x", rows, width);

/** A residual stack: norm, product, tanh twice, a mask, and a skip. */
const step = (mark: (x: Tensor) => Tensor, stream: (x: Tensor) => Tensor = (v) => v) =>
  compile(
    (ws: readonly Tensor[], gs: readonly Tensor[], first: Tensor) => {
      let h = mark(stream(first));
      ws.forEach((w, k) => {
        const inner = tanh(tanh(matmul(layerNorm(h, gs[k]!, gs[k]!), w)));
        h = mark(add(h, multiply(inner, dropoutMask(inner.shape, 0.25, k))));
      });
      const loss = sum(multiply(h, h));
      // The loss comes last, and before it the last layers: the runtime begins at the end.
      return { gradients: gradients(loss, [first, ...ws.flatMap((w, k) => [w, gs[k]!])]), loss };
    },
    { backend: nodeBackend({ threads: 1 }) },
  );

const run = async (compiled: ReturnType<typeof step>) => {
  const result = await compiled.run([weights, gains, x] as never, { random: { seed: 1, step: 1 } });
  await compiled.release();
  return result as unknown as { loss: HostArray; gradients: HostArray[] };
};

describe("gradients through kept values", () => {
  it("are the same to the bit", async () => {
    const [whole, replayed] = [await run(step((v) => v)), await run(step(keep))];
    expect(replayed).toEqual(whole);
    expect(whole.gradients.some(({ data }) => data.some((value) => value !== 0))).toBe(true);
  });

  it("need less memory at once, and more nodes", () => {
    const [whole, replayed] = [step((v) => v), step(keep)];
    const arguments_ = [weights, gains, x] as const;
    const masks = layers * rows * width * 4;
    const [most, least] = [whole, replayed].map((s) => s.memory(...arguments_) - masks) as [number, number];
    expect(least).toBeLessThan(0.7 * most);
    const tanhs = (text: string) => text.match(/= tanh\(/g)!.length;
    expect(tanhs(whole.dump(...arguments_))).toBe(2 * layers);
    expect(tanhs(replayed.dump(...arguments_))).toBe(4 * layers);
  });

  it("compute nothing again outside of two marks", () => {
    const before = step(keep, (v) => tanh(v));
    expect(before.dump(weights, gains, x).match(/= tanh\(/g)).toHaveLength(4 * layers + 1);
  });
});

it("a mode marks what it is told to keep only where it recomputes", () => {
  const marks = (t: Tensor) => topologicalOrder([t]).filter(({ op }) => op === "keep").length;
  const some = dropoutMask([1], 0.5, 0);
  expect(marks(training({ recompute: true }).checkpoint(some))).toBe(1);
  expect(marks(training().checkpoint(some))).toBe(0);
});
