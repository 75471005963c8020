/**
 * Every operation of the registry against itself: the inferred shape is the real one, the runtime
 * agrees with the float64 reference, and the gradient agrees with finite differences of that reference.
 * PUNCHLINE_DEVICE chooses the device (default: cpu).
 */
import { describe, expect, it } from "vitest";
import { gradients } from "../src/autodiff/grad.ts";
import type { HostArray } from "../src/core/array.ts";
import { input } from "../src/graph/leaves.ts";
import type { Attributes, Tensor } from "../src/graph/tensor.ts";
import { drawInputs, probe, worstError } from "../src/ops/conformance.ts";
import type { ReferenceArray } from "../src/ops/define.ts";
import { interpret, toReference } from "../src/ops/interpret.ts";
import { registry } from "../src/ops/registry.ts";
import type { Device } from "../src/runtime/backend.ts";
import { compile } from "../src/runtime/compile.ts";
import { nodeBackend } from "../src/runtime/node.ts";

const device = (process.env.PUNCHLINE_DEVICE ?? "cpu") as Device;
const backend = nodeBackend({ device });

const symbols = (arrays: readonly HostArray[]): Tensor[] =>
  arrays.map((a, i) => input(`x${i}`, a.dtype, a.shape));
const feedsOf = (tensors: readonly Tensor[], arrays: readonly HostArray[]) =>
  new Map<Tensor, ReferenceArray>(tensors.map((t, i) => [t, toReference(arrays[i]!)]));

for (const op of registry.values()) {
  describe(`${op.name} on ${device}`, () => {
    it("has samples", () => expect(op.samples.length).toBeGreaterThan(0));

    const agrees = async (attributes: Attributes, arrays: readonly HostArray[]): Promise<boolean> => {
      const compiled = compile((...inputs: Tensor[]) => op.apply(inputs, attributes), { backend });
      const tensors = symbols(arrays);
      const expected = interpret(op.apply(tensors, attributes), feedsOf(tensors, arrays));
      try {
        const actual = await compiled(...(arrays as never[]));
        return expected.every((e, i) => worstError(actual[i]!.data, e.data) < 2e-5);
      } catch {
        return false;
      }
    };

    for (const sample of op.samples) {
      const arrays = drawInputs(op.name, sample);

      if (device === "webgpu" && sample.notOnWebgpu) {
        it(`${sample.title}: known not to run on WebGPU: ${sample.notOnWebgpu}`, async () => {
          expect(await agrees(sample.attributes, arrays)).toBe(false);
        });
        continue;
      }

      it(`${sample.title}: runs as its reference, with the inferred shape`, async () => {
        const compiled = compile((...inputs: Tensor[]) => op.apply(inputs, sample.attributes), { backend });
        const actual = await compiled(...(arrays as never[]));
        await compiled.release();
        const tensors = symbols(arrays);
        const outputs = op.apply(tensors, sample.attributes);
        const expected = interpret(outputs, feedsOf(tensors, arrays));
        outputs.forEach((out, i) => {
          expect(actual[i]!.shape).toEqual(out.shape);
          expect(actual[i]!.dtype).toBe(out.dtype);
          expect(expected[i]!.shape).toEqual(out.shape);
          expect(worstError(actual[i]!.data, expected[i]!.data)).toBeLessThan(2e-5);
        });
      });

      if (typeof op.vjp !== "function") continue;
      it(`${sample.title}: gradient agrees with finite differences, and lowers`, async () => {
        const tensors = symbols(arrays);
        const scalar = probe(op, op.apply(tensors, sample.attributes));
        const wrt = tensors.filter((t) => t.dtype === "float32");
        const analytic = interpret(gradients(scalar, wrt), feedsOf(tensors, arrays));

        wrt.forEach((t, k) => {
          const feeds = feedsOf(tensors, arrays);
          const base = feeds.get(t)!;
          const numeric = base.data.map((_, i) => {
            const at = (shift: number) => {
              const data = base.data.slice();
              data[i]! += shift;
              return interpret([scalar], new Map(feeds).set(t, { shape: base.shape, data }))[0]!.data[0]!;
            };
            const h = 1e-5;
            return (at(h) - at(-h)) / (2 * h);
          });
          expect(analytic[k]!.shape).toEqual(t.shape);
          expect(worstError(analytic[k]!.data, numeric)).toBeLessThan(1e-7);
        });

        const compiled = compile(
          (...inputs: Tensor[]) =>
            gradients(
              probe(op, op.apply(inputs, sample.attributes)),
              inputs.filter((t) => t.dtype === "float32"),
            ),
          { backend },
        );
        const actual = await compiled(...(arrays as never[]));
        await compiled.release();
        actual.forEach((a, k) => {
          expect(worstError(a.data, analytic[k]!.data)).toBeLessThan(2e-5);
        });
      });
    }

    if (typeof op.vjp !== "function") {
      const { none } = op.vjp;
      it("says why it has no gradient", () => expect(none.length).toBeGreaterThan(10));
    }
  });
}
