/** Vectors of texts: whatever the other texts of the batch, and as PyTorch-style means of the hidden states. */
import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { int32 } from "../core/array.ts";
import { Random } from "../core/random.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type State, zeroState } from "../models/model.ts";
import { architectureOf } from "../models/registry.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import { nodeBackend } from "../runtime/node.ts";
import { printableTokenizer } from "../text/characters.ts";
import { huggingfaceTokenizer } from "../text/huggingface.ts";
import { wordPieceFiles } from "../text/wordpiece-files.ts";
import { createEmbedder, embedTexts } from "./embed.ts";
import type { LanguageModel } from "./language-model.ts";

function untrained(type: string): LanguageModel {
  const architecture = architectureOf(type);
  const tokenizer = printableTokenizer();
  const model = architecture.build(architecture.configure({ layers: 2, width: 16 }, tokenizer.size));
  const weights = Object.fromEntries(
    model.parameters.map(({ name, shape, initialise }) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      initialise(data, new Random(3, name));
      return [name, { dtype: "float32" as const, shape, data }];
    }),
  );
  return { model, weights, tokenizer, backend: nodeBackend(), stopAtEos: true, name: type };
}

/** The mean over the tokens of one text alone, by the model's own definition. */
async function meanOf(
  { model, weights, tokenizer, backend }: LanguageModel,
  text: string,
): Promise<number[]> {
  const ids = [tokenizer.endOfText, ...tokenizer.encode(text)];
  const step = compile(
    (parameters: Parameters, input: { ids: Tensor; state: State }) =>
      model.forward(parameters, input, evaluation).hidden!.at(-1)!,
    { backend },
  );
  const state = Number.isFinite(model.contextLength) ? {} : zeroState(model.state(1));
  const { data, shape } = await step(weights, { ids: int32([1, ids.length], Int32Array.from(ids)), state });
  await step.release();
  const width = shape[1]!;
  return Array.from({ length: width }, (_, k) => {
    let sum = 0;
    for (let row = 0; row < ids.length; row++) sum += (data as Float32Array)[row * width + k]!;
    return sum / ids.length;
  });
}

describe.each(["char-lstm", "char-cnn", "char-transformer"])("vectors of %s", (type) => {
  const lm = untrained(type);
  const texts = ["Why did the chicken cross the road?", "", "Knock knock.", "Ünspellable ☃ Knock knock."];

  it("are the means of the text alone, whatever stands beside it in the batch", async () => {
    const vectors = await embedTexts(lm, texts);
    for (const i of [0, 1, 2]) {
      const expected = await meanOf(lm, texts[i]!);
      expected.forEach((value, k) => {
        expect(vectors[i]![k]).toBeCloseTo(value, 4);
      });
    }
    expect(vectors[0]).not.toEqual(vectors[2]);
  });

  it("pass over what the vocabulary cannot spell", async () => {
    const [odd, plain] = await embedTexts(lm, [texts[3]!, "nspellable  Knock knock."]);
    expect(odd).toEqual(plain);
  });
});

it("says that a model which predicts after its window alone has none", async () => {
  const architecture = architectureOf("char-bilstm");
  const lm = untrained("char-lstm");
  const model = architecture.build(architecture.configure({}, lm.tokenizer.size));
  await expect(embedTexts({ ...lm, model }, ["x"])).rejects.toThrow(/no vector for each token/);
});

it("takes the tokens of a text, with the special ones around them or without", async () => {
  const files = wordPieceFiles("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nhen\n##s");
  const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
  const lm = randomModel("bert", { tokenizer, sizes: { layers: 1, width: 8, heads: 2, context: 16 } });
  const embedder = createEmbedder(lm);
  const own = [...tokenizer.encode("a hens")];
  const around = [tokenizer.cls!, ...own, tokenizer.endOfText];
  const [text, plain, whole, empty, none] = await embedder.embed(["a hens", own, around, "", []]);
  expect(plain).toEqual(text);
  expect(whole).toEqual(text);
  expect(none).toEqual(empty);
  // Also such as no text is read as.
  const odd = [own[2]!, own[0]!];
  expect(tokenizer.encode(tokenizer.decode(odd))).not.toEqual(Int32Array.from(odd));
  expect((await embedder.embed([odd]))[0]).not.toEqual((await embedder.embed([tokenizer.decode(odd)]))[0]);
  await embedder.release();
});
