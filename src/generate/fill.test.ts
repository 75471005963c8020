import { beforeAll, describe, expect, it } from "vitest";
import { float32, int32 } from "../core/array.ts";
import { Random } from "../core/random.ts";
import type { Tensor } from "../graph/tensor.ts";
import { architectureOf } from "../models/registry.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import { nodeBackend } from "../runtime/node.ts";
import { printableTokenizer } from "../text/characters.ts";
import { huggingfaceTokenizer } from "../text/huggingface.ts";
import { wordPieceFiles } from "../text/wordpiece-files.ts";
import { createFiller, fillMasks } from "./fill.ts";
import type { LanguageModel } from "./language-model.ts";

const vocabulary = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  "the",
  "fox",
  "jumps",
  "high",
  "in",
  "air",
  "##s",
  ".",
  "sea",
];

function tinyBert(): LanguageModel {
  const { "tokenizer.json": json, "tokenizer_config.json": config } = wordPieceFiles(vocabulary.join("\n"));
  const model = architectureOf("bert").build({
    model_type: "bert",
    vocab_size: vocabulary.length,
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 32,
    max_position_embeddings: 16,
    type_vocab_size: 2,
    hidden_act: "gelu",
    layer_norm_eps: 1e-12,
  });
  const weights = Object.fromEntries(
    model.parameters.map(({ name, shape, initialise }) => {
      const array = float32(shape);
      initialise(array.data, new Random(4, name));
      if (shape.length > 1) for (let i = 0; i < array.data.length; i++) array.data[i]! *= 20;
      return [name, array];
    }),
  );
  return {
    model,
    weights,
    tokenizer: huggingfaceTokenizer(json, config),
    backend: nodeBackend(),
    stopAtEos: true,
    name: "tiny-bert",
  };
}

describe("fillMasks", () => {
  let lm: LanguageModel;
  beforeAll(() => {
    lm = tinyBert();
  });

  it("lists distinct tokens by falling probability, over the whole vocabulary", async () => {
    const { masks, text } = await fillMasks(lm, "the fox jumps in the [MASK].", { topK: vocabulary.length });
    expect(masks).toHaveLength(1);
    const [candidates] = masks;
    expect(new Set(candidates!.map(({ id }) => id)).size).toBe(vocabulary.length);
    expect(candidates!.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    candidates!.forEach(({ token, id, probability }, i) => {
      expect(token).toBe(vocabulary[id]);
      if (i > 0) expect(probability).toBeLessThanOrEqual(candidates![i - 1]!.probability);
    });
    expect(text).not.toContain("[MASK]");
  });

  it("says of each mask what the model says in its place", async () => {
    const text = "the [MASK] jumps in the [MASK].";
    const { masks } = await fillMasks(lm, text, { topK: vocabulary.length });
    // [CLS] the [MASK] jumps in the [MASK] . [SEP]
    const ids = [2, 5, 4, 7, 9, 5, 4, 12, 3];
    const forward = compile(
      (parameters: Parameters, ids: Tensor) => lm.model.forward(parameters, { ids }, evaluation).logits,
      { backend: lm.backend },
    );
    const { data } = await forward(lm.weights as never, int32([1, ids.length], ids));
    await forward.release();
    for (const [m, place] of [2, 6].entries()) {
      const logits = (data as Float32Array).subarray(
        place * vocabulary.length,
        (place + 1) * vocabulary.length,
      );
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      for (const { id, probability } of masks[m]!)
        expect(probability).toBeCloseTo(Math.exp(logits[id]!) / total, 5);
    }
  });

  it("sees both sides of a mask", async () => {
    const high = await fillMasks(lm, "the [MASK] jumps in the air.");
    const low = await fillMasks(lm, "the [MASK] jumps in the sea.");
    expect(high.masks[0]![0]!.probability).not.toBeCloseTo(low.masks[0]![0]!.probability, 4);
  });

  it("fills one after the other where asked, each reading what was filled before", async () => {
    const text = "[MASK] [MASK] fox [MASK] the air.";
    const once = await fillMasks(lm, text, { topK: 1 });
    const inTurn = await fillMasks(lm, text, { topK: 1, iterative: true });
    expect(inTurn.masks).toHaveLength(3);
    const surest = once.masks
      .map(([c]) => c!.probability)
      .reduce((best, p, i, all) => (p > all[best]! ? i : best), 0);
    expect(inTurn.masks[surest]![0]).toEqual(once.masks[surest]![0]);
    const filler = createFiller(lm);
    const filled = text
      .split("[MASK]")
      .map((part, i) =>
        i === surest + 1 ? once.masks[surest]![0]!.token + part : i === 0 ? part : `[MASK]${part}`,
      )
      .join("");
    const next = await filler.fill(filled, { topK: 1 });
    const second = next.masks
      .map(([c]) => c!.probability)
      .reduce((best, p, i, all) => (p > all[best]! ? i : best), 0);
    const place = [0, 1, 2].filter((i) => i !== surest)[second]!;
    expect(inTurn.masks[place]![0]!.id).toBe(next.masks[second]![0]!.id);
    await filler.release();
  });

  it("says that the vocabulary is another model's where it has no mask", async () => {
    const other = { ...lm, tokenizer: printableTokenizer() };
    await expect(fillMasks(other, "the [MASK].")).rejects.toThrow(
      /fills masks, and its vocabulary has none, so it is that of another model; put/,
    );
  });

  it("says what is missing", async () => {
    await expect(fillMasks(lm, "the fox jumps.")).rejects.toThrow(/no mask: write \[MASK\]/);
    const apart = `[MASK] ${"the ".repeat(20)}[MASK]`;
    await expect(fillMasks(lm, apart)).rejects.toThrow(/lie 22 tokens apart and tiny-bert sees at most 14/);
    const other = {
      ...lm,
      model: architectureOf("char-rnn").build({
        model_type: "char-rnn",
        vocab_size: 100,
        embedding_size: 2,
        hidden_size: 2,
        num_layers: 1,
      }),
      tokenizer: printableTokenizer(),
      name: "runs/a",
    };
    await expect(fillMasks(other, "the [MASK]")).rejects.toThrow(
      /runs\/a \(char-rnn\) has no \[MASK\].*from the left/,
    );
  });
});
