/**
 * Does pre-training help? `punchline-gpt2` is fine-tuned on jokes for some minutes, and for the same time the same
 * network learns from scratch, and a character LSTM. All are judged on the test split in bits per byte, in which
 * vocabularies can be compared; then what the fine-tuned model writes.
 *
 *     PUNCHLINE_ASSETS=... PUNCHLINE_MINUTES=2 npm run bench -- pretraining
 *
 * The curves go to standard error with some of the texts.
 */
import { join } from "node:path";
import type { PreparedData } from "../src/data/prepare.ts";
import { prepareData } from "../src/data/prepare-sources.ts";
import { encodeSplit } from "../src/data/tokens.ts";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { unigramLoss } from "../src/evaluate/reference.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { resolveModel } from "../src/hub/pull.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { type BenchRow, plain, row } from "./bench.ts";
import { writtenRows } from "./pretraining/written.ts";
import { amount } from "./quick.ts";
import { sizesOf, watchable, watched } from "./training/watched.ts";

const MODEL = "punchline-gpt2";
/** What is right for short texts in a model of words, pre-trained or not: rows of a few jokes, many steps. */
const rows = { batchSize: 16, seqLen: 64, packing: "blocks", sampleEvery: 0 } as const;

export default async function pretraining(): Promise<BenchRow[]> {
  const assets = process.env.PUNCHLINE_ASSETS;
  if (!assets) throw new Error("Set PUNCHLINE_ASSETS to a folder that has short-jokes and public-domain.");
  const maxMinutes = amount("PUNCHLINE_MINUTES", 2, 0.1);
  const folder = await resolveModel(MODEL);
  const file = join(assets, "short-jokes/shortjokes.csv");
  const jokes = watchable(await prepareData(file, { vocabulary: await loadTokenizer(folder) }));
  const characters = watchable(await prepareData(file));
  const modelOptions = await sizesOf(folder);
  const tuned = await watched("fine-tuned", {
    base: { folder, name: MODEL },
    data: jokes,
    options: { ...rows, maxMinutes },
  });
  const scratch = await watched("the same network from scratch", {
    model: "gpt2",
    modelOptions,
    data: jokes,
    options: { ...rows, maxMinutes },
  });
  const lstm = await watched("character LSTM 1x512", {
    model: "char-lstm",
    modelOptions: { layers: 1, width: 512, embedding: 64, dropout: 0 },
    data: characters,
    options: { maxMinutes, batchSize: 32, seqLen: 128, learningRate: 8e-3, sampleEvery: 0 },
  });
  const bits = async ({ lm }: { readonly lm: LanguageModel }, alone: boolean) =>
    (await evaluateTexts(lm, jokes.splits.test, { alone })).bits_per_byte;
  const ours = await bits(tuned, true);
  const peers = [
    { peer: await bits(scratch, true), peerName: scratch.name },
    { peer: await bits(lstm, false), peerName: lstm.name },
    { peer: unigram(characters), peerName: "how common each character is" },
  ];
  return [
    ...peers.map(({ peer, peerName }) =>
      row({
        case: `test jokes, ${MODEL} fine-tuned ${maxMinutes} min; the peer ${maxMinutes} min`,
        unit: "bits/byte",
        better: "less",
        ours,
        peer,
        peerName,
        note: `${(peer - ours).toFixed(2)} bits per byte ahead of it`,
      }),
    ),
    plain(
      "test jokes, before fine-tuning",
      "bits/byte",
      (await evaluateTexts(await loadModel(folder), jokes.splits.test, { alone: true })).bits_per_byte,
    ),
    ...(await writtenRows(tuned.lm, jokes, { assets, name: `${MODEL} fine-tuned` })),
  ];
}

/** Bits per byte of the test split, of which every character is one byte, by frequencies in the training split. */
function unigram(data: PreparedData): number {
  const [seen, held] = [encodeSplit(data, "train"), encodeSplit(data, "test")];
  return unigramLoss(seen.tokens, held.tokens, data.tokenizer.size) / Math.LN2;
}
