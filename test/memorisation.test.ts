/**
 * The memorisation measures against a model that is known to have learned its text by heart, and one of the
 * same shape that has learned nothing.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Random } from "../src/core/random.ts";
import { localModel } from "../src/evaluate/local-model.ts";
import { auditSamples } from "../src/evaluate/novelty/audit.ts";
import { measureExtraction } from "../src/evaluate/novelty/extraction.ts";
import { measureMembership } from "../src/evaluate/novelty/membership.ts";
import { buildIndex } from "../src/evaluate/novelty/training-index.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { sample } from "../src/generate/sample.ts";
import { openModelFolder } from "../src/hub/folder.ts";
import { openSafetensors } from "../src/hub/safetensors-file.ts";
import { openWeights } from "../src/hub/stored-weights.ts";
import type { ModelConfig } from "../src/models/model.ts";
import { architectureOf } from "../src/models/registry.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { characterTokenizer } from "../src/text/characters.ts";

const assets = process.env.PUNCHLINE_ASSETS;

/** Sentences of the same letters that stand nowhere in the corpus. */
const unseen = [
  "A: The cat sat on the mat and told nobody about the dog in the garden today.",
  "Q: Where does the river go when it is tired of the sea?",
  "A: My neighbour sells used umbrellas on sunny afternoons, and nobody minds.",
  "Q: How did the old clock learn to whistle in the rain?",
  "A: Seven geese walked into a library and asked for quiet books about bread.",
];

describe.skipIf(!assets)(
  `slm-4096, which has learned its corpus by heart${assets ? "" : " (skipped: PUNCHLINE_ASSETS is not set)"}`,
  async () => {
    if (!assets) return;
    const folder = join(assets, "slm-4096/hf");
    const corpus = readFileSync(join(assets, "slm-4096/corpus.txt"), "utf8");
    const lines = corpus.split("\n").filter((line) => line.startsWith("A: ") && line.length < 120);
    const memorised = await load(folder);
    const untrained: LanguageModel = { ...memorised, name: "untrained", weights: drawn(memorised) };
    const texts = { training: lines, heldout: unseen };

    it("gives away nearly every line from its beginning, and the untrained model none", async () => {
      const [ours, theirs] = [localModel(memorised), localModel(untrained)];
      const found = await measureExtraction(ours, texts, { prefix: 30 });
      expect(found.training.n).toBe(lines.length);
      expect(found.training.rate).toBeGreaterThan(0.95);
      expect(found.heldout.copies).toBe(0);
      // One draw gives most of them away as well.
      expect(found.training.sampled![0]!.rate).toBeGreaterThan(0.8);
      const nothing = await measureExtraction(theirs, texts, { prefix: 30 });
      expect(nothing.training.copies).toBe(0);
      expect(nothing.training.sampled!.at(-1)!.rate).toBeLessThan(1e-3);
      await ours.release();
      await theirs.release();
    });

    it("is told from its likelihoods, and the untrained model not", async () => {
      const ours = await measureMembership(localModel(memorised), texts);
      for (const { signal, auc } of ours.signals) expect(auc, signal).toBeGreaterThan(0.95);
      const { signals } = await measureMembership(localModel(untrained), texts);
      const likelihood = signals[0];
      expect(Math.abs(likelihood!.auc - 0.5)).toBeLessThan(3 * likelihood!.standardError);
    });

    it("writes copies, and the untrained model does not", async () => {
      const index = buildIndex(lines);
      const write = async (lm: LanguageModel) =>
        (await sample(lm, { n: 40, prompt: "A: ", temperature: 0.5, maxLength: 120, seed: 1 })).map(
          ({ prompt, text }) => prompt + text,
        );
      const copies = await auditSamples(await write(memorised), index, { heldOut: unseen });
      expect(copies.rate).toBeGreaterThan(0.7);
      expect(copies.baseline.copies).toBe(0);
      expect((await auditSamples(await write(untrained), index)).copies).toBe(0);
    });
  },
);

/** The folder has its vocabulary in a file of its own, which maps characters to ids. */
async function load(path: string): Promise<LanguageModel> {
  const folder = await openModelFolder(path);
  await folder.close();
  const architecture = architectureOf("gpt2");
  const model = architecture.build(folder.config as ModelConfig);
  const tensors = await openSafetensors(join(path, "model.safetensors"));
  const weights = await openWeights(model.parameters, tensors, architecture.checkpointMapping);
  await tensors.close();
  const ids = JSON.parse(readFileSync(join(path, "char_vocab.json"), "utf8")) as Record<string, number>;
  const characters = Object.keys(ids).sort((a, b) => ids[a]! - ids[b]!);
  const tokenizer = characterTokenizer(characters);
  return { model, weights, tokenizer, backend: nodeBackend(), stopAtEos: true, name: "slm-4096" };
}

function drawn({ model }: LanguageModel): LanguageModel["weights"] {
  return Object.fromEntries(
    model.parameters.map(({ name, shape, initialise }) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      initialise(data, new Random(1, name));
      return [name, { dtype: "float32" as const, shape, data }];
    }),
  );
}
