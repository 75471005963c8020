/** A training small enough for a test: some letters, a few hundred numbers, milliseconds a step. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type PreparedData, prepareText } from "../src/data/prepare.ts";
import { openSafetensors } from "../src/hub/safetensors-file.ts";
import type { TrainOptions } from "../src/train/options.ts";
import { readLog } from "../src/train/results.ts";
import type { TrainRequest } from "../src/train/train.ts";

const words = ["why", "did", "the", "hen", "cross", "a", "road", "to", "see", "its", "other", "side"];

/** Sentences of those words, without end; a fixed rule draws them. */
export function babble(characters: number): string {
  let text = "";
  for (let k = 1; text.length < characters; k++)
    text += `${words[(k * k + 3 * k) % words.length]}${k % 7 ? " " : ".\n"}`;
  return text.slice(0, characters);
}

const tinyModel = { layers: 1, width: 12, embedding: 6, dropout: 0.1 };

export const tinyOptions = {
  steps: 24,
  batchSize: 4,
  seqLen: 8,
  learningRate: 0.01,
  validateEvery: 8,
  logEvery: 3,
  seed: 5,
} satisfies Partial<TrainOptions>;

/** What `train` takes; `options` are added to the tiny ones. */
export function tinyTraining(
  options: Partial<TrainOptions> = {},
  text = babble(2000),
): Omit<Extract<TrainRequest, { readonly model: unknown }>, "data"> & { readonly data: PreparedData } {
  return {
    model: "char-lstm",
    modelOptions: tinyModel,
    data: prepareText(text),
    options: { ...tinyOptions, ...options },
  };
}

/** All that a run holds, without what the clock says. */
export async function contentsOf(folder: string) {
  const text = (name: string) => readFileSync(join(folder, name), "utf8");
  const log = (await readLog(folder)).map(({ seconds: _, tokens_per_s: __, ...row }) => row);
  const { seconds: _, interval: __, ...state } = JSON.parse(text("state.json"));
  const tensors: Record<string, Float32Array> = {};
  for (const name of ["optimizer.safetensors", "model.safetensors", "adapter_model.safetensors"]) {
    if (!existsSync(join(folder, name))) continue;
    const source = await openSafetensors(join(folder, name));
    for (const [key, { shape }] of source.tensors) {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      await source.read(key, data);
      tensors[`${name}/${key}`] = data;
    }
    await source.close();
  }
  const files = readdirSync(folder, { recursive: true }).map(String).sort();
  return { files, log, state, samples: text("samples.md"), config: text("config.json"), tensors };
}
