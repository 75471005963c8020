/**
 * Every operation of src/ops, held to itself by the function that holds those of others.
 * On WebGPU: `webgpu/conformance.test.ts`.
 */
import { describe, expect, it } from "vitest";
import { checkOp } from "../src/conformance/check-op.ts";
import { staticShape } from "../src/core/shape.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { kernelsOf } from "../src/onnx/kernels.ts";
import { defineOp, real } from "../src/ops/define.ts";
import { multiply } from "../src/ops/elementwise.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { everyOp } from "./every-op.ts";

const backend = nodeBackend();
describe("every operation on the CPU", () => {
  it("is found", () => expect(new Set(everyOp.map(([name]) => name)).size).toBeGreaterThan(50));
  it.each(everyOp)("%s", (_, op) => checkOp(op, { backend }));
});

describe("every operation as it is lowered for WebGPU, on the CPU", () => {
  const lowered = { ...nodeBackend(), kernels: kernelsOf("webgpu") };
  it.each(everyOp)("%s", (_, op) => checkOp(op, { backend: lowered }));
});

/** x², in as many wrong ways as there are parameters. */
function square(
  mistakes: { slope?: number; lowered?: string; reshaped?: boolean; power?: 1 | 2 },
  gradient?: (g: Tensor) => { x: Tensor },
) {
  const { slope = 2, lowered = "Mul", reshaped = false, power = 2 } = mistakes;
  return defineOp({
    name: "square",
    inputs: ["x"],
    outputs: ["y"],
    infer: ({ x }) => ({ y: x }),
    vjp: ({ y: g }, { x }): { x: Tensor } =>
      gradient ? gradient(g) : { x: multiply(g, multiply(slope, x)) },
    again: ({ x }) => ({ y: power === 1 ? x : multiply(x, x) }),
    lower(emit, { x }) {
      const y = emit.node(lowered, [x, x]);
      return { y: reshaped ? emit.node("Reshape", [y, emit.ints(staticShape("square", x.shape))]) : y };
    },
    reference: ({ x }, _, { y }) => y.data.set(x.data.map((v) => v * v)),
    samples: [{ title: "matrix", inputs: { x: real(2, 3) } }],
  });
}

describe("an operation from outside", () => {
  it("passes where it is right", () => checkOp(square({}), { backend }));

  it.each([
    ["its gradient", { slope: 3 }, /finite differences disagree with the gradient: dx\[\d, \d\] is/],
    ["its result once more", { power: 1 } as const, /computed again, it is not the same: y\[\d, \d\] is/],
    ["its lowering", { lowered: "Add" }, /square.*\n- sample "matrix": y\[\d, \d\] is .* expected/],
    ["its graph", { lowered: "Multiply" }, /it is built, but does not run: .*Multiply/s],
    ["its sizes", { reshaped: true }, /with axis 0 of x only a name: it is built, but does not run/],
  ])("is refused where %s is wrong", async (_, mistakes, message) => {
    await expect(checkOp(square(mistakes), { backend })).rejects.toThrow(message);
  });

  it.each([
    [
      "nothing",
      () => undefined,
      /sample "matrix": square: its vjp returns undefined; return the gradients by/,
    ],
    [
      "another input's gradient",
      (g: Tensor) => ({ z: g }),
      /square: the gradient of "z" belongs to no input/,
    ],
  ])("is named where its vjp returns %s", async (_, vjp, message) => {
    const op = square({}, (g) => vjp(g) as never);
    await expect(checkOp(op)).rejects.toMatchObject({
      code: "conformance",
      message: expect.stringMatching(message),
      details: { op: "square" },
    });
  });

  it("is named where its vjp returns fewer gradients than a list has tensors", async () => {
    const op = defineOp({
      name: "sum_of_all",
      inputs: ["...terms"],
      outputs: ["y"],
      infer: ({ terms }) => ({ y: terms[0]! }),
      vjp: ({ y: g }) => ({ terms: [g] }),
      lower: (emit, { terms }) => ({ y: emit.node("Sum", terms) }),
      reference: ({ terms }, _, { y }) => {
        for (let i = 0; i < 3; i++) y.data[i] = terms[0]!.data[i]! + terms[1]!.data[i]!;
      },
      samples: [{ title: "two", inputs: { terms: [real(3), real(3)] } }],
    });
    await expect(checkOp(op)).rejects.toThrow(
      'sum_of_all: its vjp gives another number of gradients than the 2 tensors of "terms"',
    );
  });

  it("is tried without a backend too", async () => {
    await checkOp(square({ lowered: "Add" }));
    await expect(checkOp(square({ slope: 3 }))).rejects.toThrow(/finite differences/);
  });
});
