/** Fine-tuning goes on where a model's folder stands, in its own vocabulary, and can be resumed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { prepareTexts } from "../src/data/prepare.ts";
import { withSubwords } from "../src/data/vocabularies.ts";
import { loadModel } from "../src/generate/load.ts";
import { sample } from "../src/generate/sample.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { readRun } from "../src/train/run-folder.ts";
import { resume, train } from "../src/train/train.ts";

let folder: string;
const texts = (subject: string) =>
  Array.from(
    { length: 80 },
    (_, i) => `why did the ${subject} number ${i} cross the road? to see the other side.`,
  );
const backend = { threads: 1 };
const quick = {
  batchSize: 4,
  seqLen: 16,
  warmup: 0,
  schedule: "constant",
  sampleEvery: 0,
  logEvery: 1,
  validateEvery: 20,
} as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-finetune-"));
  const data = withSubwords(
    await prepareTexts([{ texts: texts("chicken") }], { vocabulary: "character", nearDuplicates: false }),
    300,
  );
  await train({
    model: "gpt2",
    modelOptions: { config: "tiny", width: 32, heads: 2, context: 32, dropout: 0 },
    data,
    options: { ...quick, steps: 60, learningRate: 5e-3 },
    out: join(folder, "base"),
    backend,
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function finetune(name: string, steps: number) {
  const base = { folder: join(folder, "base"), name: "base" };
  const vocabulary = await loadTokenizer(base.folder);
  const data = await prepareTexts([{ texts: texts("hen") }], { vocabulary, nearDuplicates: false });
  const options = { ...quick, steps, learningRate: 1e-3 };
  return {
    data,
    result: await train({ model: "gpt2", base, data, options, out: join(folder, name), backend }),
  };
}

it("begins with what the base knows, and gets better", async () => {
  const { result } = await finetune("tuned", 30);
  const { vocab_size } = (await loadModel(join(folder, "base"))).model.config;
  expect(result.log[0]!.loss).toBeLessThan(0.7 * Math.log(vocab_size));
  expect(result.log.at(-1)!.loss).toBeLessThan(result.log[0]!.loss);
  expect(await readRun(join(folder, "tuned"))).toMatchObject({ model: "gpt2", base: "base" });
  const [written] = await sample(await loadModel(join(folder, "tuned")), {
    prompt: "why did the",
    temperature: 0,
    maxLength: 12,
  });
  expect(written!.text.length).toBeGreaterThan(3);
});

it("goes on bit for bit when resumed", async () => {
  const whole = (await finetune("whole", 12)).result.log.map(({ loss }) => loss);
  const { data } = await finetune("parts", 5);
  const { log } = await resume(join(folder, "parts"), {
    prepare: async () => data,
    options: { steps: 12 },
    backend,
  });
  expect(log.map(({ loss }) => loss)).toEqual(whole);
});
