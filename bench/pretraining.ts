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
import { encodeSplit, type PreparedData } from "../src/data/prepare.ts";
import { prepareData, readRawText } from "../src/data/prepare-sources.ts";
import { evenly } from "../src/evaluate/evenly.ts";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { tokensOf } from "../src/evaluate/ngram-counts.ts";
import { distinct, textQuality, vocabularyOf } from "../src/evaluate/quality/diversity.ts";
import { unigramLoss } from "../src/evaluate/reference.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { type Sample, sample } from "../src/generate/sample.ts";
import { readModelConfig } from "../src/hub/folder.ts";
import { resolveModel } from "../src/hub/pull.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { type TrainRequest, train } from "../src/train/train.ts";
import { type BenchRow, plain, row } from "./bench.ts";

const MODEL = "punchline-gpt2";
/** What is right for short texts in a model of words, pre-trained or not: rows of a few jokes, many steps. */
const rows = { batchSize: 16, seqLen: 64, packing: "blocks", sampleEvery: 0 } as const;
/** Texts of the validation split that are scored along the way: a validation is to take a second or two. */
const VALIDATED = 500;
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
  const config = await readModelConfig(folder);
  const sizes = { n_layer: "layers", n_embd: "width", n_head: "heads", n_positions: "context" };
  const modelOptions = {
    ...Object.fromEntries(Object.entries(sizes).map(([key, name]) => [name, Number(config[key])])),
    dropout: 0,
  };
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
  const bits = async ({ lm }: Watched, alone: boolean) =>
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

interface Watched {
  readonly name: string;
  readonly lm: LanguageModel;
}

/** A training, with its validations in bits per byte along the way. */
async function watched(name: string, request: TrainRequest & { data: PreparedData }): Promise<Watched> {
  const { data } = request;
  const bitsPerNat = tokensPerByte(data) / Math.LN2;
  const begun = performance.now();
  const { lm } = await train({
    ...request,
    options: { ...request.options, validationTokens: 10_000_000 },
    onEvent: (event) => {
      if (event.type !== "validation") return;
      const minute = (performance.now() - begun) / 60_000;
      process.stderr.write(
        `${name}: ${minute.toFixed(2)} min  step ${event.step}  ${(event.loss * bitsPerNat).toFixed(4)} bits/byte\n`,
      );
    },
  });
  return { name, lm };
}

/** Tokens of the validation split for each of its bytes, the end of each text counting as one. */
function tokensPerByte(data: PreparedData): number {
  const bytes = new TextEncoder().encode(`${data.splits.validation.join("\n")}\n`).length;
  return encodeSplit(data, "validation").tokens.length / bytes;
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
  const known = (some: readonly string[]) => 100 * textQuality(some, { vocabulary }).knownWords!;
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

/** The data with a validation split that is quick to score. */
const watchable = (data: PreparedData): PreparedData => ({
  ...data,
  splits: { ...data.splits, validation: evenly(data.splits.validation, VALIDATED) },
});

/** Bits per byte of the test split, of which every character is one byte, by frequencies in the training split. */
function unigram(data: PreparedData): number {
  const [seen, held] = [encodeSplit(data, "train"), encodeSplit(data, "test")];
  return unigramLoss(seen.tokens, held.tokens, data.tokenizer.size) / Math.LN2;
}
