/**
 * How the loss falls with parameters and with tokens: GPT-2 in three sizes, each trained from scratch on two amounts of
 * the same books by one recipe, and the power law that these six say, from which a larger training can be planned.
 *
 *     PUNCHLINE_ASSETS=... PUNCHLINE_TOKENS=1000000 npm run bench -- scaling
 *
 * PUNCHLINE_TOKENS is the larger amount, the smaller is a quarter of it. The last row sets what the law foretells for
 * `punchline-gpt2` beside what it reached.
 */
import { join } from "node:path";
import type { PreparedData } from "../src/data/prepare.ts";
import { prepareData } from "../src/data/prepare-sources.ts";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { loadModel } from "../src/generate/load.ts";
import { resolveModel } from "../src/hub/pull.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { countParameters } from "../src/models/model.ts";
import { readLog } from "../src/train/results.ts";
import { train } from "../src/train/train.ts";
import { type BenchRow, plain, row } from "./bench.ts";
import { amount, quick } from "./quick.ts";
import { fitPowerLaw, type Trained } from "./scaling/power-law.ts";

const MODEL = "punchline-gpt2";
const usualSizes = [
  { layers: 2, width: 64, heads: 2 },
  { layers: 4, width: 128, heads: 4 },
  { layers: 6, width: 192, heads: 4 },
] as const;
const sizes = quick ? usualSizes.slice(0, 2) : usualSizes;
/** The recipe of `punchline-gpt2` (models/README.md). */
const recipe = {
  batchSize: 16,
  seqLen: 256,
  packing: "blocks",
  optimizer: "muon",
  learningRate: 5e-3,
  beta2: 0.95,
  weightDecay: 0.1,
  schedule: "wsd",
  keep: "last",
  validateEvery: 1_000_000,
  sampleEvery: 0,
} as const;

export default async function scaling(): Promise<BenchRow[]> {
  const assets = process.env.PUNCHLINE_ASSETS;
  if (!assets) throw new Error("Set PUNCHLINE_ASSETS to a folder that has public-domain.");
  const most = amount("PUNCHLINE_TOKENS", 1_000_000, 164_000);
  const folder = await resolveModel(MODEL);
  const file = (name: string) => join(assets, "public-domain", `${name}.txt.gz`);
  const data = await prepareData(file("train-worldwide"), {
    vocabulary: await loadTokenizer(folder),
    validationSource: file("valid"),
    fractions: { test: 0 },
  });
  const { validation } = data.splits;
  const scored = quick ? validation.slice(0, 50) : validation;
  const runs: Trained[] = [];
  const rows: BenchRow[] = [];
  for (const size of sizes) {
    for (const tokens of [most / 4, most]) {
      const run = await trainOne(data, scored, size, tokens);
      process.stderr.write(
        `${size.layers}x${size.width}, ${run.tokens} tokens: ${run.bits.toFixed(3)} bits/byte, ${run.seconds.toFixed(0)} s\n`,
      );
      runs.push(run);
      rows.push(
        plain(
          `${size.layers}x${size.width}, ${millions(run.parameters)} parameters, ${millions(run.tokens)} tokens`,
          "bits/byte",
          run.bits,
          `${run.seconds.toFixed(0)} s`,
        ),
      );
    }
  }
  const law = fitPowerLaw(runs);
  const lm = await loadModel(folder);
  const log = await readLog(join(folder, "training")).catch(() => []);
  const tokens = log.at(-1)?.tokens;
  const reached = await evaluateTexts(lm, scored, { alone: true });
  const parameters = countParameters(lm.model);
  return [
    ...rows,
    plain("ten times the parameters: the loss falls to", "%", 100 * 10 ** law.parameters),
    plain("ten times the tokens: the loss falls to", "%", 100 * 10 ** law.tokens),
    row({
      case: `${MODEL}, ${millions(parameters)} parameters, ${tokens === undefined ? "tokens unknown" : `${millions(tokens)} tokens`}`,
      unit: "bits/byte",
      better: "less",
      ours: reached.bits_per_byte,
      peer: tokens === undefined ? { absent: "its log is not there" } : law.bits(parameters, tokens),
      peerName: "foretold by the law",
      note: `a law of ${runs.length} short trainings, far beyond which it is a guess`,
    }),
  ];
}

async function trainOne(
  data: PreparedData,
  scored: readonly string[],
  size: (typeof sizes)[number],
  tokens: number,
): Promise<Trained & { readonly seconds: number }> {
  const steps = Math.max(10, Math.round(tokens / (recipe.batchSize * recipe.seqLen)));
  const { lm, summary } = await train({
    model: "gpt2",
    modelOptions: { ...size, context: 256, dropout: 0 },
    data,
    options: { ...recipe, steps, warmup: Math.min(100, Math.ceil(steps / 10)) },
  });
  const { bits_per_byte } = await evaluateTexts(lm, scored, { alone: true });
  return {
    parameters: summary.parameters,
    tokens: steps * recipe.batchSize * recipe.seqLen,
    bits: bits_per_byte,
    seconds: summary.seconds,
  };
}

const millions = (count: number): string => `${(count / 1e6).toFixed(2)}M`;
