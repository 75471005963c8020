import { describe, expect, test } from "vitest";
import { input } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reshape, sum } from "../ops/broadcast.ts";
import { add, multiply, tanh } from "../ops/elementwise.ts";
import { lstm } from "../ops/lstm.ts";
import { gemm } from "../ops/matmul.ts";
import { transpose } from "../ops/movement.ts";
import { lower } from "./lower.ts";
import { graphMemory } from "./memory.ts";

const x = (name: string, ...shape: number[]) => input(name, "float32", shape);
/** Of a graph with these outputs, in numbers of four bytes. */
const numbers = (...outputs: Tensor[]) =>
  graphMemory(lower(outputs, (leaf) => String(leaf.node.attributes.name))) / 4;

describe("the peak of a graph", () => {
  test("is nothing where every value is an input or an output", () => {
    expect(numbers(tanh(x("a", 10)))).toBe(0);
  });

  test("holds one value for a chain that writes over itself", () => {
    let y = tanh(x("a", 10));
    for (let k = 0; k < 5; k++) y = tanh(y);
    expect(numbers(tanh(y))).toBe(10);
  });

  test("holds both operands where a value is needed again", () => {
    const a = tanh(x("a", 10));
    // tanh(a) needs a place of its own because a is read again by the product; that takes over one of them.
    expect(numbers(tanh(multiply(a, tanh(a))))).toBe(20);
  });

  test("holds operands and product of a matrix product at once, and then only the product", () => {
    const [a, b] = [tanh(x("a", 3, 5)), tanh(x("b", 5, 7))];
    expect(numbers(tanh(gemm(a, b)))).toBe(15 + 35 + 21);
    expect(numbers(gemm(tanh(x("c", 2, 3)), gemm(a, b)))).toBe(15 + 35 + 21);
  });

  test("counts what the runtime computes first: of two operands, the later one", () => {
    const [a, b] = [tanh(x("a", 3, 5)), tanh(x("b", 5, 7))];
    expect(numbers(gemm(gemm(a, b), tanh(x("c", 7, 2))))).toBe(14 + 15 + 35 + 21);
  });

  test("counts no copy for another shape, and one for a transposition", () => {
    const a = tanh(x("a", 4, 5));
    expect(numbers(add(reshape(a, [20]), x("b", 20)))).toBe(20);
    expect(numbers(add(transpose(a), x("b", 5, 4)))).toBe(40);
  });

  test("of a recurrent layer grows with the steps, the batch and the width", () => {
    const layer = (steps: number, batch: number, hidden: number) => {
      const state = [x("h", batch, hidden), x("c", batch, hidden)] as const;
      const projections = tanh(x("x", steps * batch, 4 * hidden));
      return numbers(sum(lstm(projections, ...state, x("w", 4 * hidden, hidden), steps).output));
    };
    const base = layer(8, 4, 16);
    // The projections and their pieces, one a step, are alive together.
    expect(base).toBeGreaterThanOrEqual(8 * 4 * (4 + 4) * 16);
    for (const double of [layer(16, 4, 16), layer(8, 8, 16), layer(8, 4, 32)]) {
      expect(double / base).toBeGreaterThan(1.8);
      expect(double / base).toBeLessThan(2.2);
    }
  });
});
