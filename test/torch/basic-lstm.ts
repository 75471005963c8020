/**
 * Reads a stack of TensorFlow's BasicLSTMCell into a char-lstm: the kernel [inputs + hidden, 4 · hidden] has
 * the gates as columns in the order i, j (our g), f, o, and 1 is added to the forget gate when it runs.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { float32, type HostArray } from "../../src/core/array.ts";
import type { Model } from "../../src/models/model.ts";
import { architectureOf } from "../../src/models/registry.ts";

const HIDDEN = 128;
/** Where gates i, f, g, o stand among i, j, f, o. */
const GATES = [0, 2, 1, 3];

export function loadBasicLstm(folder: string): {
  readonly model: Model;
  readonly weights: Record<string, HostArray<"float32">>;
  readonly ids: Readonly<Record<string, number>>;
} {
  const stored = JSON.parse(readFileSync(join(folder, "vocab.json"), "utf8")) as Record<string, number>;
  // In the published file the keys of two characters are lost: "  " stands where u was, "" where U was.
  const { "  ": u, "": U, ...others } = stored;
  const ids: Record<string, number> = { ...others, ...(u === undefined || U === undefined ? {} : { u, U }) };
  const read = (name: string) => {
    const { buffer, byteOffset, byteLength } = Uint8Array.from(readFileSync(join(folder, name)));
    return new Float32Array(buffer, byteOffset, byteLength / 4);
  };
  const architecture = architectureOf("char-lstm");
  const vocabulary = Object.keys(ids).length;
  const model = architecture.build(
    architecture.configure({ layers: 2, width: HIDDEN, embedding: HIDDEN }, vocabulary),
  );
  const weights = Object.fromEntries(model.parameters.map(({ name, shape }) => [name, float32(shape)]));
  weights["embedding.weight"]!.data.set(read("embedding"));
  transpose(read("rnnlm_softmax_w"), HIDDEN, vocabulary, weights["head.weight"]!.data);
  weights["head.bias"]!.data.set(read("rnnlm_softmax_b"));
  for (const layer of [0, 1]) {
    const cell = `rnnlm_multi_rnn_cell_cell_${layer}_basic_lstm_cell`;
    const kernel = new Float32Array(2 * HIDDEN * 4 * HIDDEN);
    transpose(read(`${cell}_weights`), 2 * HIDDEN, 4 * HIDDEN, kernel);
    const biases = read(`${cell}_biases`);
    GATES.forEach((from, to) => {
      for (let j = 0; j < HIDDEN; j++) {
        const [row, out] = [from * HIDDEN + j, to * HIDDEN + j];
        const input = kernel.subarray(row * 2 * HIDDEN, row * 2 * HIDDEN + HIDDEN);
        const recurrent = kernel.subarray(row * 2 * HIDDEN + HIDDEN, (row + 1) * 2 * HIDDEN);
        weights[`rnn.weight_ih_l${layer}`]!.data.set(input, out * HIDDEN);
        weights[`rnn.weight_hh_l${layer}`]!.data.set(recurrent, out * HIDDEN);
        weights[`rnn.bias_ih_l${layer}`]!.data[out] = biases[row]! + (to === 1 ? 1 : 0);
      }
    });
  }
  return { model, weights, ids };
}

function transpose(from: Float32Array, rows: number, columns: number, to: Float32Array): void {
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) to[c * rows + r] = from[r * columns + c]!;
}
