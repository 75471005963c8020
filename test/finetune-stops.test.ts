/** A model that has never seen an end of text learns from real jokes where one stops. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { prepareData, prepareRawText } from "../src/data/prepare-sources.ts";
import { encodeSplit } from "../src/data/tokens.ts";
import { withSubwords } from "../src/data/vocabularies.ts";
import { loadModel } from "../src/generate/load.ts";
import { sample } from "../src/generate/sample.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { train } from "../src/train/train.ts";

const assets = process.env.PUNCHLINE_ASSETS;
const reason = assets ? "" : " (skipped: PUNCHLINE_ASSETS is not set)";
const quick = {
  seqLen: 64,
  batchSize: 16,
  sampleEvery: 0,
  validateEvery: 10_000,
  validationTokens: 2000,
} as const;

it.skipIf(!assets)(
  `a small GPT-2, pre-trained on an encyclopedia and fine-tuned on jokes, ends 95 % of its texts within 64 tokens${reason}`,
  { timeout: 600_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "punchline-stops-"));
    try {
      const base = { folder: join(folder, "base"), name: "base" };
      await train({
        model: "gpt2",
        modelOptions: { layers: 2, width: 64, heads: 2, context: 64, dropout: 0 },
        data: withSubwords(await prepareRawText(join(assets!, "wikitext-2/valid.txt"))),
        options: { ...quick, steps: 60, learningRate: 3e-3 },
        out: base.folder,
      });
      const vocabulary = await loadTokenizer(base.folder);
      const data = await prepareData(join(assets!, "short-jokes/shortjokes.csv"), { vocabulary });
      const { lm } = await train({ base, data, options: { ...quick, steps: 400, learningRate: 6e-3 } });
      const ending = async (model: typeof lm, temperature: number) => {
        const samples = await sample(model, { n: 200, maxLength: 63, temperature, seed: 1 });
        const ended = samples.filter(({ finish }) => finish === "eos").length / samples.length;
        return { ended, tokens: samples.reduce((sum, { tokens }) => sum + tokens, 0) / samples.length };
      };
      expect((await ending(await loadModel(base.folder), 0.8)).ended).toBeLessThan(0.05);
      expect((await ending(lm, 0.8)).ended).toBeGreaterThanOrEqual(0.95);
      // Not by stopping too soon: under the model's own probabilities they are as long as jokes are.
      const { offsets } = encodeSplit(data, "validation");
      const mean = offsets.at(-1)! / (offsets.length - 1);
      const { tokens } = await ending(lm, 1);
      expect(Math.abs(tokens / mean - 1)).toBeLessThan(0.2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
