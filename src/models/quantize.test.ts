import { describe, expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { gpt2 } from "./gpt2.ts";
import { quantizable, quantizeMatrix, roundColumns } from "./quantize.ts";

function draw(n: number): Float32Array {
  const data = new Float32Array(n);
  new Random(3, "weights").fillNormal(data);
  return data;
}

/** The number at [output, input], read from the bytes as the format says. */
function numberAt(
  { packed, scales }: ReturnType<typeof quantizeMatrix>,
  bits: 4 | 8,
  output: number,
  input: number,
): number {
  const [, blocks, bytes] = packed.shape as [number, number, number];
  const size = (bytes * 8) / bits;
  const block = Math.floor(input / size);
  const at = (output * blocks + block) * bytes;
  const k = input % size;
  const q = bits === 8 ? packed.data[at + k]! : (packed.data[at + (k >> 1)]! >> (4 * (k % 2))) & 15;
  return (q - (bits === 8 ? 128 : 8)) * scales.data[output * blocks + block]!;
}

describe("quantizeMatrix", () => {
  for (const bits of [8, 4] as const) {
    for (const outputs of [0, 1] as const) {
      it(`${bits} bits, outputs on axis ${outputs}: every number within a step of the format`, () => {
        const [size, rows, columns] = [32, 5, 70];
        const weight = draw(rows * columns);
        weight.fill(0, 0, size);
        const shape = outputs === 0 ? [rows, columns] : [columns, rows];
        const given =
          outputs === 0
            ? weight
            : Float32Array.from(weight, (_, i) => weight[(i % rows) * columns + Math.floor(i / rows)]!);
        const matrix = quantizeMatrix(given, { shape, outputs }, bits);
        expect(matrix.packed.shape).toEqual([5, 3, (size * bits) / 8]);
        for (let o = 0; o < rows; o++) {
          for (let block = 0; block < 3; block++) {
            const inputs = Array.from(
              { length: Math.min(size, columns - block * size) },
              (_, k) => block * size + k,
            );
            const values = inputs.map((i) => weight[o * columns + i]!);
            const most = Math.max(...values.map(Math.abs));
            const step = most / 2 ** (bits - 1);
            const errors = inputs.map((i, k) => Math.abs(numberAt(matrix, bits, o, i) - values[k]!));
            // Half a step; a whole one where the sign opposite to the largest's nearly reaches its size, and in 4 bits
            // what lies beyond smaller steps, which make the sum of the squares less.
            const beyond = bits === 4 ? 2.7 : 1;
            for (const error of errors) expect(error).toBeLessThanOrEqual(beyond * step * 1.0001);
            const squares = (list: readonly number[]) => list.reduce((sum, e) => sum + e * e, 0);
            const plain = values.map((v) => {
              const top = 2 ** (bits - 1) - 1;
              const sign = values.find((w) => Math.abs(w) === most)! > 0 ? -1 : 1;
              const q = step === 0 ? 0 : Math.max(-top - 1, Math.min(top, Math.round((sign * v) / step)));
              return v - sign * q * step;
            });
            expect(squares(errors)).toBeLessThanOrEqual(squares(plain) * 1.001 + 1e-12);
          }
        }
      });
    }
  }
});

it("shares a scale among as many numbers as fit into a row", () => {
  const shape = (bits: 4 | 8, width: number, table = true) =>
    quantizeMatrix(draw(2 * width), { shape: [2, width], outputs: 0, table }, bits).packed.shape;
  expect([shape(8, 768), shape(8, 640), shape(8, 576), shape(8, 96)]).toEqual([
    [2, 3, 256],
    [2, 5, 128],
    [2, 9, 64],
    [2, 3, 32],
  ]);
  expect([shape(4, 768), shape(4, 576), shape(4, 96)]).toEqual([
    [2, 6, 64],
    [2, 9, 32],
    [2, 3, 16],
  ]);
  // Rows that are not looked up may be filled up by an eighth.
  expect([shape(4, 576, false), shape(4, 96, false), shape(8, 576, false)]).toEqual([
    [2, 5, 64],
    [2, 3, 16],
    [2, 9, 64],
  ]);
});

it("takes the matrices of linear maps, the tied embedding among them, and leaves positions and norms", () => {
  const model = gpt2.build(gpt2.configure({ config: "tiny" }, 100));
  const names = quantizable(model).map(({ name }) => name);
  expect(names).toContain("transformer.wte.weight");
  expect(names).toContain("transformer.h.1.mlp.c_proj.weight");
  expect(names).toHaveLength(1 + 2 * 4);
});

it("rounds to whole numbers with a scale for each output, whichever axis the outputs are on", () => {
  const [outputs, inputs] = [3, 5];
  const weight = draw(outputs * inputs);
  weight.fill(0, inputs, 2 * inputs);
  const swapped = Float32Array.from(
    weight,
    (_, i) => weight[(i % outputs) * inputs + Math.floor(i / outputs)]!,
  );
  const matrix = roundColumns(weight, { shape: [outputs, inputs], outputs: 0 });
  expect(roundColumns(swapped, { shape: [inputs, outputs], outputs: 1 })).toEqual(matrix);
  for (let o = 0; o < outputs; o++) {
    const row = weight.subarray(o * inputs, (o + 1) * inputs);
    const step = Math.max(...row.map(Math.abs)) / 127;
    const numbers = Array.from(row, (_, k) => matrix.weights.data[k * outputs + o]! * matrix.scales.data[o]!);
    for (const [k, number] of numbers.entries())
      expect(Math.abs(number - row[k]!)).toBeLessThanOrEqual(0.5001 * step);
  }
});
