import { expect, it } from "vitest";
import { compile } from "../../test/node-compile.ts";
import { valueAndGrad } from "../autodiff/grad.ts";
import { worstError } from "../conformance/compare.ts";
import { float32, int32 } from "../core/array.ts";
import { input } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { sum } from "../ops/broadcast.ts";
import { multiply } from "../ops/elementwise.ts";
import { gather } from "../ops/indexing.ts";
import { interpret, toReference } from "../ops/interpret.ts";
import { gemm } from "../ops/matmul.ts";
import { splitRowAdditions } from "./row-additions.ts";

/** A table that is read by row and multiplied with: a tied embedding. */
const tied = (w: Tensor, ids: Tensor): [Tensor, Tensor] => {
  const loss = (table: Tensor) => {
    const x = gather(table, ids);
    return sum(
      multiply(
        gemm(x, table, undefined, { transposeB: true }),
        gemm(x, table, undefined, { transposeB: true }),
      ),
    );
  };
  const [value, gradient] = valueAndGrad(loss)(w);
  return [gradient, value];
};

it("adds the rows of a tied embedding's gradient on the host, into the memory that is given", async () => {
  const w = float32(
    [5, 3],
    Float32Array.from({ length: 15 }, (_, i) => Math.sin(7 * i) / 2),
  );
  const ids = int32([4], [4, 0, 4, 2]);
  const symbols = [input("w", "float32", [5, 3]), input("ids", "int32", [4])] as const;
  const outputs = tied(...symbols);
  const feeds = new Map([
    [symbols[0], toReference(w)],
    [symbols[1], toReference(ids)],
  ]);
  const [expected, value] = interpret(outputs, feeds);
  expect(splitRowAdditions(outputs).additions).toHaveLength(1);

  const f = compile((table: Tensor, rows: Tensor) => tied(table, rows));
  const into = float32([5, 3]);
  const [gradient, loss] = await f.run([w, ids], { into: [into] as never });
  expect(gradient.data).toBe(into.data);
  expect(worstError(into.data, expected!.data)).toBeLessThan(1e-5);
  expect(loss.data[0]).toBeCloseTo(value!.data[0]!, 4);
  const [again] = await f(w, ids);
  expect(worstError(again.data, expected!.data)).toBeLessThan(1e-5);
  await f.release();
});
