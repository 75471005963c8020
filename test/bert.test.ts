/** BERT and DistilBERT against plain PyTorch, on random checkpoints in Hugging Face's layout. */
import { describe, expect, it } from "vitest";
import { float32, int32, sizeOf } from "../src/core/array.ts";
import { InputError } from "../src/core/errors.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { readTensors } from "../src/hub/match-tensors.ts";
import type { TensorInfo } from "../src/hub/safetensors.ts";
import { bert, distilbert } from "../src/models/bert.ts";
import { countParameters, type ModelInput } from "../src/models/model.ts";
import { evaluation } from "../src/nn/mode.ts";
import type { Parameters } from "../src/nn/parameters.ts";
import { compile } from "../src/runtime/compile.ts";
import { withRandomFolder } from "./torch/forward.ts";
import { pythonWithTorch } from "./torch/python.ts";
import { backend, expectParity, forward, loadFolder, randomIds, rows, worst } from "./transformers.ts";

const full = process.env.PUNCHLINE_FULL_SIZE;
const sizes = { layers: 2, width: 24, heads: 4, context: 16 };

describe("masked encoders", () => {
  it("have the published sizes", () => {
    // As Hugging Face counts BertForMaskedLM and DistilBertForMaskedLM, the tied head once.
    expect(countParameters(bert.build(bert.configure({ config: "base" }, 30522)))).toBe(109_514_298);
    expect(countParameters(distilbert.build(distilbert.configure({ config: "base" }, 30522)))).toBe(
      66_985_530,
    );
  });

  it("refuse configurations that they would compute wrongly", () => {
    const config = bert.configure(sizes, 31);
    expect(() => bert.build({ ...config, position_embedding_type: "relative_key" })).toThrow(/relative_key/);
    expect(() => bert.build({ ...config, num_attention_heads: 5 })).toThrow(InputError);
    expect(() => distilbert.build({ ...config, model_type: "distilbert" })).toThrow(/"dim"/);
  });

  it("read checkpoints of other habits: old names, no prefix, poolers and a second copy of the head", async () => {
    const model = bert.build(bert.configure(sizes, 31));
    const stored = new Map(
      model.parameters.map(({ name, shape }) => {
        const old = name
          .replace(/^bert\./, "")
          .replace(/(LayerNorm)\.weight/, "$1.gamma")
          .replace(/(LayerNorm)\.bias/, "$1.beta");
        return [old, info(old, shape)] as const;
      }),
    );
    for (const [name, shape] of [
      ["pooler.dense.weight", [24, 24]],
      ["cls.seq_relationship.bias", [2]],
      ["embeddings.position_ids", [1, 16]],
      ["cls.predictions.decoder.weight", [31, 24]],
    ] as const)
      stored.set(name, info(name, shape));
    const read: string[] = [];
    const slots = model.parameters.map(({ name, shape }) => ({
      name,
      shape,
      data: new Float32Array(sizeOf(shape)),
    }));
    const source = {
      tensors: stored,
      metadata: {},
      read: async (name: string) => void read.push(name),
      close: async () => {},
    };
    expect(await readTensors(slots, source, bert.checkpointMapping)).toEqual([]);
    expect(read).toHaveLength(model.parameters.length);
  });

  it("compute logits of chosen tokens alone", async () => {
    await withRandomFolder(bert.build(bert.configure(sizes, 31)), async (folder) => {
      const { model, weights } = await loadFolder(folder);
      const ids = rows(randomIds(31, 2, 7));
      const all = (await forward(model, weights, { ids })).logits.data;
      const chosen = compile(
        (parameters: Parameters, input: ModelInput, at: Tensor) =>
          model.forward(parameters, input, evaluation, { at }).logits,
        { backend },
      );
      const some = await chosen(weights as never, { ids } as never, int32([2], [3, 12]) as never);
      await chosen.release();
      const expected = [...all.subarray(3 * 31, 4 * 31), ...all.subarray(12 * 31, 13 * 31)];
      expect(worst(some.data as Float32Array, expected)).toBeLessThan(1e-5);
    });
  });
});

const info = (name: string, shape: readonly number[]): TensorInfo => ({
  name,
  dtype: "F32",
  shape,
  begin: 0,
  end: float32(shape).data.byteLength,
});

describe.skipIf(!pythonWithTorch)("masked encoders against PyTorch (needs a Python with torch)", () => {
  const ids = randomIds(31, 2, 9);
  const mask = [new Array(9).fill(1), [1, 1, 1, 1, 1, 1, 0, 0, 0]];
  const types = [
    [0, 0, 0, 0, 1, 1, 1, 1, 1],
    [0, 0, 1, 1, 1, 1, 0, 0, 0],
  ];

  it("bert: padding and segments", () =>
    withRandomFolder(bert.build(bert.configure(sizes, 31)), (folder) =>
      expectParity(folder, { ids, mask, types }),
    ));

  it("distilbert: padding", () =>
    withRandomFolder(distilbert.build(distilbert.configure(sizes, 31)), (folder) =>
      expectParity(folder, { ids, mask }),
    ));

  it.skipIf(!full)(
    "bert-base, 110M random weights (set PUNCHLINE_FULL_SIZE)",
    async () => {
      const model = bert.build(bert.configure({ config: "base" }, 30522));
      await withRandomFolder(model, (folder) => expectParity(folder, { ids: randomIds(30522, 2, 64) }));
    },
    300_000,
  );
});
