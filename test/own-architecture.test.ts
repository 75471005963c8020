/** An architecture that is not one of Punchline's, through all that takes a model. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { exportModel } from "../src/export/export.ts";
import { openLocal } from "../src/generate/open.ts";
import { readSize } from "../src/models/config.ts";
import { defineArchitecture, integer } from "../src/models/define.ts";
import { gpt2 } from "../src/models/gpt2.ts";
import type { Model } from "../src/models/model.ts";
import { embedding } from "../src/nn/embedding.ts";
import { parametersOf } from "../src/nn/layer.ts";
import { linear } from "../src/nn/linear.ts";
import { reshape } from "../src/ops/broadcast.ts";
import { slice } from "../src/ops/movement.ts";
import { resume, train } from "../src/train/train.ts";
import { temporaryFolder } from "./cli.ts";
import { tinyOptions, tinyTraining } from "./training-fixture.ts";

const bigram = defineArchitecture({
  type: "bigram",
  summary: "what follows a character, from that character alone",
  tokens: "character",
  options: { width: integer(8, "numbers that represent one character") },
  configure: ({ width }, vocabularySize) => ({ vocab_size: vocabularySize, hidden_size: width }),
  build(config) {
    const [vocabulary, width] = [readSize(config, "vocab_size"), readSize(config, "hidden_size")];
    const characters = embedding("embedding", vocabulary, width);
    const head = linear("head", width, vocabulary, { head: true });
    return {
      parameters: parametersOf(characters, head),
      contextLength: 8,
      predicts: "each",
      state: () => ({}),
      forward(p, { ids: all }, _mode, { logits } = {}) {
        const ids = logits === "last" ? slice(all, 1, -1, 1) : all;
        const [batch, length] = ids.shape as [number, number];
        const rows = reshape(characters(p, ids), [batch * length, width]);
        return { logits: head(p, rows), state: {} };
      },
    };
  },
});

it("trains, resumes, opens, samples, scores and exports", async () => {
  const parent = temporaryFolder();
  const folder = join(parent, "run");
  const architectures = [bigram];
  const { data } = tinyTraining();
  const options = { ...tinyOptions, steps: 4, schedule: "constant" } as const;
  const whole = await train({ model: bigram, data, options: { ...options, steps: 8 } });
  await train({ model: bigram, data, options, out: folder });
  const request = { data: data, options: { steps: 8 } };
  await expect(resume(folder, request)).rejects.toThrow(/no model "bigram"/);
  const resumed = await resume(folder, { ...request, architectures });
  expect(resumed.summary.val_loss).toBe(whole.summary.val_loss);

  const stranger = /holds a network that Punchline does not have.*\{ architectures: \[yours\] \}/;
  await expect(openLocal(folder)).rejects.toThrow(stranger);
  await expect(resume(folder, request)).rejects.toThrow(stranger);
  const model = await openLocal(folder, { architectures });
  expect(model.model.architecture).toBe(bigram);
  const [written] = await model.sample({ maxLength: 5, slide: true });
  expect(written!.text).not.toBe("");
  await model.release();
  const { loss } = await evaluateTexts(model, data.splits.validation);
  expect(loss).toBeLessThan(Math.log(data.tokenizer.size));

  const out = join(parent, "exported");
  await exportModel(folder, { format: "hf", out, architectures });
  expect(JSON.parse(await readFile(join(out, "config.json"), "utf8"))).toMatchObject({
    model_type: "bigram",
  });

  const base = { folder, name: "bigram" };
  const tuned = await train({ base, architectures, data, options });
  expect(tuned.lm.model.architecture).toBe(bigram);
});

it("is refused where an export would write another network's graph", async () => {
  // GPT-2's names and sizes, under a name of its own: what its blocks compute, no file says.
  const mine = {
    ...gpt2,
    type: "mine",
    configure: (...given: Parameters<typeof gpt2.configure>) => ({
      ...gpt2.configure(...given),
      model_type: "mine",
    }),
    build: (config: Parameters<typeof gpt2.build>[0]): Model => ({
      ...gpt2.build({ ...config, model_type: "gpt2" }),
      config,
      architecture: mine,
    }),
  };
  const folder = join(temporaryFolder(), "run");
  const { data } = tinyTraining();
  const modelOptions = { layers: 1, width: 8, heads: 2, context: 16 };
  await train({ model: mine, modelOptions, data, options: { ...tinyOptions, steps: 1 }, out: folder });
  // A GGUF file names an architecture, and llama.cpp computes what it knows by that name.
  const gguf = exportModel(folder, { format: "gguf", out: `${folder}-gguf`, architectures: [mine] });
  await expect(gguf).rejects.toThrow(/mine/);
  // An ONNX file has the graph itself, traced.
  const onnx = await exportModel(folder, { format: "onnx", out: `${folder}-onnx`, architectures: [mine] });
  expect(onnx.files).toContain("onnx/model.onnx");
});
