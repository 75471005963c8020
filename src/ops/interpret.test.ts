/** A graph by the references, whole and cut. */
import { expect, it } from "vitest";
import { input } from "../graph/leaves.ts";
import { multiply, tanh } from "./elementwise.ts";
import { interpret } from "./interpret.ts";

const one = (value: number) => ({ shape: [], data: Float64Array.of(value) });

it("takes a value inside the graph in place of computing it, and then needs nothing before it", () => {
  const x = input("x", "float32", []);
  const inner = tanh(x);
  const y = multiply(inner, inner);
  expect(interpret([y], new Map([[x, one(0.3)]]))[0]!.data[0]).toBeCloseTo(Math.tanh(0.3) ** 2, 15);
  expect(
    interpret(
      [y],
      new Map([
        [x, one(0.3)],
        [inner, one(5)],
      ]),
    )[0]!.data[0],
  ).toBe(25);
  expect(() => interpret([y], new Map())).toThrow("There is no value for the input x");
});
