/**
 * What a run writes that was fine-tuned on the short jokes, at temperature 1 and with `--top-p 0.92`: whether its texts
 * end by themselves, its words are real, and it repeats itself, beside jokes that it has not seen.
 *
 *     punchline finetune punchline-gpt2 --data FOLDER/short-jokes/shortjokes.csv --out runs/jokes
 *     PUNCHLINE_ASSETS=FOLDER PUNCHLINE_RUN=runs/jokes npm run bench -- jokes
 *
 * Some of the texts go to standard error.
 */
import { join } from "node:path";
import { prepareData } from "../src/data/prepare-sources.ts";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { loadModel } from "../src/generate/load.ts";
import { type BenchRow, plain } from "./bench.ts";
import { writtenRows } from "./pretraining/written.ts";

export default async function jokes(): Promise<BenchRow[]> {
  const { PUNCHLINE_ASSETS: assets, PUNCHLINE_RUN: run } = process.env;
  if (!assets || !run)
    throw new Error(
      "Set PUNCHLINE_ASSETS to a folder that has short-jokes and public-domain, and PUNCHLINE_RUN to a run.",
    );
  const lm = await loadModel(run);
  const data = await prepareData(join(assets, "short-jokes/shortjokes.csv"));
  const { bits_per_byte } = await evaluateTexts(lm, data.splits.test, { alone: true });
  return [
    plain("test jokes, of the run", "bits/byte", bits_per_byte),
    ...(await writtenRows(lm, data, { assets, name: run })),
    ...(await writtenRows(lm, data, { assets, name: run, topP: 0.92 })),
  ];
}
