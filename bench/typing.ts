/**
 * Predictive typing on held-out jokes: a 1x512 character LSTM trained for some minutes on this machine, then
 * a typist who takes right suggestions. Beside each figure stands the aim, where there is one.
 *
 *     PUNCHLINE_ASSETS=... PUNCHLINE_MINUTES=20 npm run bench -- typing
 *
 * Without PUNCHLINE_ASSETS the built-in jokes train and test it, which are too few to learn words from.
 * PUNCHLINE_TEXTS is the number of jokes typed, 200 by default.
 */
import { join } from "node:path";
import { prepareData } from "../src/data/prepare-sources.ts";
import { evaluateTyping } from "../src/evaluate/typing.ts";
import { lowLatency } from "../src/generate/load.ts";
import { train } from "../src/train/train.ts";
import { type BenchRow, plain } from "./bench.ts";
import { amount } from "./quick.ts";

export default async function typing(): Promise<BenchRow[]> {
  const assets = process.env.PUNCHLINE_ASSETS;
  const minutes = amount("PUNCHLINE_MINUTES", 20, 0.2);
  const data = await prepareData([assets ? join(assets, "short-jokes/shortjokes.csv") : "one-liners"]);
  const { lm, summary } = await train({
    model: "char-lstm",
    modelOptions: { layers: 1, width: 512, embedding: 64, dropout: 0.1 },
    data,
    options: {
      maxMinutes: minutes,
      batchSize: 32,
      seqLen: 96,
      learningRate: 8e-3,
      validationTokens: 10_000,
      sampleEvery: 0,
    },
    onEvent: (event) => {
      if (event.type === "validation")
        process.stderr.write(`step ${event.step}  ${event.loss.toFixed(4)} nats/character\n`);
    },
  });
  const held = data.splits.test;
  const count = Math.min(held.length, amount("PUNCHLINE_TEXTS", 200, 5));
  const quality = await evaluateTyping(lowLatency(lm), held.slice(0, count), { n: 3 });
  for (const { typed, completion, probability } of quality.examples)
    process.stderr.write(`${typed}[${completion}] ${(100 * probability).toFixed(0)} %\n`);

  const trained = `${minutes} min, ${summary.val_loss?.toFixed(3)} nats/character; ${count} jokes of ${assets ? "short-jokes" : "the built-in ones"}`;
  const aimed = (what: string, unit: string, ours: number, peer: number, ratio: number): BenchRow => ({
    case: what,
    unit,
    ours,
    peer,
    peer_name: "the aim",
    ratio,
  });
  const { keystrokes_saved: saved, p95_ms } = quality;
  return [
    aimed("keystrokes saved, list of 3", "of keys", saved, 0.25, saved / 0.25),
    plain("keystrokes saved, first only", "of keys", quality.keystrokes_saved_first, trained),
    plain("next word, first suggestion", "of words", quality.top1),
    plain("next word, first three", "of words", quality.top3),
    plain("key to list, median", "ms", quality.p50_ms),
    aimed("key to list, 95th percentile", "ms", p95_ms, 15, 15 / p95_ms),
  ];
}
