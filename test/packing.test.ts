/** Texts packed in a row do not see each other: what a model says of each is what it says of it alone. */
import { describe, expect, it } from "vitest";
import { gradients } from "../src/autodiff/grad.ts";
import { float32, int32 } from "../src/core/array.ts";
import { Random } from "../src/core/random.ts";
import { tensorsOf } from "../src/data/batches/batch.ts";
import { itemPass } from "../src/data/batches/items.ts";
import { type ModelInput, type OptionValues, objective, type TrainingInput } from "../src/models/model.ts";
import { architectures } from "../src/models/registry.ts";
import { evaluation, training } from "../src/nn/mode.ts";
import type { Parameters } from "../src/nn/parameters.ts";
import { compile } from "../src/runtime/compile.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { BatchScorer } from "../src/train/scoring.ts";

const VOCABULARY = 40;
const backend = nodeBackend({ threads: 1 });
const sizes: OptionValues = { layers: 2, width: 16, heads: 2, context: 24, dropout: 0 };

const models = architectures.flatMap((architecture) => {
  const given = Object.fromEntries(Object.entries(sizes).filter(([name]) => name in architecture.options));
  const variants = "positions" in architecture.options ? [{}, { positions: "learned" }] : [{}];
  return variants
    .map((variant) => architecture.build(architecture.configure({ ...given, ...variant }, VOCABULARY)))
    .filter((model) => model.separatesDocuments)
    .map(
      (model) => [`${model.config.model_type} ${model.config.position_embedding_type ?? ""}`, model] as const,
    );
});

/** Three texts of which each, ended by 0, has so many tokens. */
const lengths = [9, 6, 7];
const texts = lengths.map((length, i) =>
  Int32Array.from({ length }, (_, t) => (t === length - 1 ? 0 : 1 + ((t * 7 + i * 11) % 39))),
);
const stream = {
  tokens: Int32Array.from(texts.flatMap((text) => [...text])),
  offsets: Int32Array.of(0, 9, 15, 22),
  endOfText: 0,
};

it("covers decoders with both kinds of positions, and encoders", () => {
  expect(models.map(([name]) => name.trim())).toEqual([
    "char-transformer rotary",
    "char-transformer absolute",
    "openai-gpt",
    "gpt2",
    "llama",
    "qwen2",
    "qwen3",
    "gpt_neox",
    "bert",
    "distilbert",
    "roberta",
    "modernbert",
  ]);
});

describe.each(models)("%s", (_, model) => {
  const weights = Object.fromEntries(
    model.parameters.map(({ name, shape, initialise }) => {
      const array = float32(shape);
      initialise(array.data, new Random(4, name));
      for (let i = 0; i < array.data.length; i++) array.data[i]! *= 3;
      return [name, array];
    }),
  );

  it("gives the logits of each text alone", async () => {
    const run = compile((p: Parameters, input: ModelInput) => model.forward(p, input, evaluation).logits, {
      backend,
    });
    const logitsOf = async (input: object) =>
      (await run(weights as never, input as never)).data as Float32Array;
    const row = texts.flatMap((text) => [...text]);
    const packed = await logitsOf({
      ids: int32([1, 24], [...row, 5, 5]),
      positions: int32([1, 24], [...texts.flatMap((text) => [...text.keys()]), 0, 0]),
      documents: int32([1, 24], [...texts.flatMap((text, i) => [...text].map(() => i)), -1, -1]),
    });
    let at = 0;
    for (const text of texts) {
      const alone = await logitsOf({ ids: int32([1, text.length], text) });
      alone.forEach((logit, i) => {
        expect(Math.abs(logit - packed[at + i]!)).toBeLessThan(2e-5);
      });
      at += alone.length;
    }
    await run.release();
  });

  it("gives the same loss and gradients packed as one a row, padding and end of text being one id", async () => {
    const results = [];
    const step = compile(
      (p: Parameters, input: TrainingInput) => {
        const { loss } = objective(model, p, input, training());
        const names = Object.keys(p);
        const found = gradients(
          loss,
          names.map((name) => p[name]!),
        );
        return { loss, gradients: Object.fromEntries(names.map((name, i) => [name, found[i]!])) };
      },
      { backend },
    );
    // An encoder sees its targets here, which does not matter for what is compared; it needs its padding marked.
    const layouts = model.predicts === "masked" ? [24] : [24, 0];
    for (const length of layouts) {
      const options = length ? { batch: 1, length, packed: true } : { batch: 3, length: 9 };
      const [batch, ...rest] = [...itemPass(stream, options)];
      expect(rest).toEqual([]);
      expect(batch!.targets).toBe(22);
      const { loss, gradients } = await step(weights as never, tensorsOf(batch!) as never);
      const scorer = new BatchScorer(model, backend);
      const scored = await scorer.score(weights, [batch!]);
      await scorer.release();
      expect(scored.nats).toBeCloseTo(Number(loss.data[0]), 3);
      results.push({ loss: Number(loss.data[0]), gradients });
    }
    await step.release();
    const [packed, padded] = results;
    if (!padded) return;
    expect(packed!.loss).toBeCloseTo(padded.loss, 3);
    for (const [name, { data }] of Object.entries(packed!.gradients)) {
      const other = padded.gradients[name]!.data;
      const ours = Float32Array.from(data, Number);
      const largest = ours.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
      ours.forEach((g, i) => {
        expect(Math.abs(g - Number(other[i]))).toBeLessThan(1e-4 * largest + 1e-5);
      });
    }
  });
});
