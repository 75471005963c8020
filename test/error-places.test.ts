/** Errors that come after a graph is built lead to the line that built it. */
import { expect, it } from "vitest";
import { gradients } from "../src/autodiff/grad.ts";
import { float32 } from "../src/core/array.ts";
import type { PunchlineError } from "../src/core/errors.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { sum } from "../src/ops/broadcast.ts";
import { defineOp, none } from "../src/ops/define.ts";
import { add, exp } from "../src/ops/elementwise.ts";
import type { Emitter, Operand } from "../src/ops/emitter.ts";
import { compile } from "./node-compile.ts";

/** An operation that is lowered by `lower`. */
const opOf = (lower: (emit: Emitter, x: Operand) => string) =>
  defineOp({
    name: "custom",
    inputs: ["x"],
    outputs: ["y"],
    infer: ({ x }) => ({ y: x }),
    vjp: none("it is for a test"),
    lower: (emit, { x }) => ({ y: lower(emit, x) }),
    reference: () => undefined,
    samples: [],
  });

/** The operation that an error names, the file and line where it was applied, and the message. */
async function applied(
  run: () => Promise<unknown>,
): Promise<{ op: unknown; file: unknown; message: string }> {
  const error = (await run().catch((caught: unknown) => caught)) as PunchlineError;
  const { op, place } = error.details;
  return { op, file: /[^/:]+:\d+/.exec(String(place))?.[0], message: error.message };
}

/** This file and the line below the call. */
function nextLine(): string {
  const line = /error-places\.test\.ts:(\d+)/.exec(new Error().stack!.split("\n")[2]!)![1];
  return `error-places.test.ts:${Number(line) + 1}`;
}

it("an error of a lowering", async () => {
  const op = opOf(() => {
    throw new RangeError("no such luck");
  });
  let line = "";
  const f = compile((x: Tensor) => {
    line = nextLine();
    return op.apply({ x }).y;
  });
  const { file, ...rest } = await applied(() => f(float32([2])));
  expect(rest).toMatchObject({
    op: "custom",
    message: expect.stringMatching(/^no such luck\. In .*"custom"/),
  });
  expect(file).toBe(line);
});

it("a kernel that ONNX Runtime does not have", async () => {
  const op = opOf((emit, x) => emit.node("Nonesuch", [x]));
  let line = "";
  const f = compile((x: Tensor) => {
    line = nextLine();
    return op.apply({ x }).y;
  });
  const { file, ...rest } = await applied(() => f(float32([2])));
  expect(rest).toMatchObject({ op: "custom", message: expect.stringContaining("Nonesuch") });
  expect(file).toBe(line);
});

it("sizes that do not fit when the graph runs, forward and backward", async () => {
  const named = { dtype: "float32", shape: ["n"] } as const;
  let line = "";
  const forward = compile(
    (a: Tensor, b: Tensor) => {
      line = nextLine();
      return add(exp(a), b);
    },
    { specs: [named, named] },
  );
  const { file, op } = await applied(() => forward(float32([2]), float32([3])));
  expect({ file, op }).toEqual({ file: line, op: "add" });

  const backward = compile(
    (a: Tensor, b: Tensor) => {
      line = nextLine();
      const product = exp(add(a, b));
      return gradients(sum(product), [a]);
    },
    { specs: [named, named] },
  );
  expect((await applied(() => backward(float32([2]), float32([3])))).file).toBe(line);
});
