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
import { prepareData, readRawText } from "../src/data/prepare-sources.ts";
import { encodeSplit } from "../src/data/tokens.ts";
import { evenly } from "../src/evaluate/evenly.ts";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { tokensOf } from "../src/evaluate/ngram-counts.ts";
import { distinct, diversityOf, vocabularyOf } from "../src/evaluate/quality/diversity.ts";
import { unigramLoss } from "../src/evaluate/reference.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { type Sample, sample } from "../src/generate/sample.ts";
import { resolveModel } from "../src/hub/pull.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { type BenchRow, plain, row } from "./bench.ts";
import { sizesOf, watchable, watched } from "./training/watched.ts";

const MODEL = "punchline-gpt2";
/** What is right for short texts in a model of words, pre-trained or not: rows of a few jokes, many steps. */
const rows = { batchSize: 16, seqLen: 64, packing: "blocks", sampleEvery: 0 } as const;
/** Texts that are written, and the tokens that each may have. */
const WRITTEN = 500;
const MOST_TOKENS = 64;

export default async function pretraining(): Promise<BenchRow[]> {
  const assets = process.env.PUNCHLINE_ASSETS;
  if (!assets) throw new Error("Set PUNCHLINE_ASSETS to a folder that has short-jokes and public-domain.");
  const maxMinutes = Number(process.env.PUNCHLINE_MINUTES ?? 2);
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
    ...(await written(tuned.lm, jokes, assets)),
  ];
}

/** What the model writes, at temperature 1, beside real jokes that it has not seen. */
async function written(lm: LanguageModel, jokes: PreparedData, assets: string): Promise<BenchRow[]> {
  const samples = await sample(lm, { n: WRITTEN, maxLength: MOST_TOKENS, seed: 1 });
  for (const { text } of samples.slice(0, 10)) process.stderr.write(`${text}\n`);
  const ended = samples.filter(({ finish }: Sample) => finish === "eos").length;
  const texts = samples.map(({ text }) => text);
  const real = evenly([...jokes.splits.validation, ...jokes.splits.test], WRITTEN);
  // The words of texts that neither side is made of.
  const books = await readRawText(join(assets, "public-domain/train-worldwide.txt.gz"));
  const vocabulary = vocabularyOf([...jokes.splits.train, books]);
  const known = (some: readonly string[]) => 100 * diversityOf(some, { vocabulary }).real_words;
  // As many tokens of each, since more text repeats more.
  const tokens = (some: readonly string[]) => some.flatMap((text) => [...tokensOf(text), "\n"]);
  const [mine, theirs] = [tokens(texts), tokens(real)];
  const most = Math.min(mine.length, theirs.length);
  const share = (all: readonly string[]) => 100 * distinct([all.slice(0, most)], 2);
  const what = `${WRITTEN} texts of ${MODEL} fine-tuned`;
  return [
    row({
      case: `${what}: end by themselves within ${MOST_TOKENS} tokens`,
      unit: "%",
      better: "more",
      ours: (100 * ended) / samples.length,
      peer: 97,
      peerName: "the aim",
    }),
    row({
      case: `${what}: words that are real`,
      unit: "%",
      better: "more",
      ours: known(texts),
      peer: known(real),
      peerName: "held-out jokes",
      note: "real is a word of the training jokes or of the books; the aim is 97 %",
    }),
    row({
      case: `${what}: distinct among ${most} bigrams`,
      unit: "%",
      better: "more",
      ours: share(mine),
      peer: share(theirs),
      peerName: "held-out jokes",
      note: "the aim is within 10 % of them",
    }),
  ];
}

/** Bits per byte of the test split, of which every character is one byte, by frequencies in the training split. */
function unigram(data: PreparedData): number {
  const [seen, held] = [encodeSplit(data, "train"), encodeSplit(data, "test")];
  return unigramLoss(seen.tokens, held.tokens, data.tokenizer.size) / Math.LN2;
}
