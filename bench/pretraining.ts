/**
 * Does pre-training help? A small GPT-2 is trained on an encyclopedia and then on jokes, and beside it the same model
 * on jokes alone: for as long as the fine-tuning took, and for as long as both took. Then the quality of several kinds
 * of models on the test split, in bits per byte, in which vocabularies can be compared.
 *
 *     PUNCHLINE_ASSETS=... PUNCHLINE_MINUTES=15 PUNCHLINE_TUNING_MINUTES=8 npm run bench -- pretraining
 *
 * The curves go to standard error, and to curves.json in PUNCHLINE_OUT where that names a folder.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSplit } from "../src/data/prepare.ts";
import { unigramLoss } from "../src/evaluate/reference.ts";
import {
  evaluateTexts,
  type LanguageModel,
  type PreparedData,
  prepareData,
  prepareRawText,
  sample,
  type TrainOptions,
  type TrainRequest,
  train,
  withSubwords,
} from "../src/index.ts";
import { type BenchRow, row } from "./bench.ts";

const VOCABULARY = 4096;
const model = "gpt2";
const modelOptions = { layers: 4, width: 256, heads: 4, context: 128, dropout: 0.1 };
/** One recipe for all three trainings on jokes, so that the first weights alone differ. */
const recipe: Partial<TrainOptions> = {
  batchSize: 16,
  seqLen: 128,
  learningRate: 1e-3,
  schedule: "cosine",
  weightDecay: 0.1,
  packing: "blocks",
  sampleEvery: 0,
};
/** Texts of the validation split that are scored along the way: a validation is to take a second or two. */
const VALIDATED = 1000;
/** Texts that are written to see how many end by themselves, and the tokens that each may have. */
const WRITTEN = 400;
const MOST_TOKENS = 64;

/** Minutes since the training began, and bits per byte of the validation split. */
type Curve = readonly (readonly [minute: number, bits: number])[];

export default async function pretraining(): Promise<BenchRow[]> {
  const assets = process.env.PUNCHLINE_ASSETS;
  if (!assets) throw new Error("Set PUNCHLINE_ASSETS to a folder that has short-jokes and wikitext-2.");
  const before = Number(process.env.PUNCHLINE_MINUTES ?? 15);
  const after = Number(process.env.PUNCHLINE_TUNING_MINUTES ?? before / 2);
  const { wiki, jokes, characters } = await readData(assets);
  const folder = await mkdtemp(join(tmpdir(), "punchline-pretraining-"));
  try {
    const base = { folder: join(folder, "base"), name: "pre-trained" };
    const wikiRecipe = { ...recipe, packing: "stream", maxMinutes: before } as const;
    await train({ model, modelOptions, data: wiki, options: wikiRecipe, out: base.folder });
    const on = (minutes: number) => ({ data: jokes, options: { ...recipe, maxMinutes: minutes } });
    const tuned = await watched("fine-tuned", { base, ...on(after) });
    const brief = await watched("from scratch, as long as the fine-tuning", {
      model,
      modelOptions,
      ...on(after),
    });
    const whole = await watched("from scratch, as long as both", {
      model,
      modelOptions,
      ...on(before + after),
    });
    const spelled = await watched("char-lstm", {
      model: "char-lstm",
      modelOptions: { layers: 1, width: 512, embedding: 64, dropout: 0.2 },
      data: characters,
      options: { maxMinutes: before + after, batchSize: 32, seqLen: 128, learningRate: 8e-3, sampleEvery: 0 },
    });
    if (process.env.PUNCHLINE_OUT) {
      const curves = Object.fromEntries(
        [tuned, brief, whole, spelled].map(({ name, curve }) => [name, curve]),
      );
      await writeFile(join(process.env.PUNCHLINE_OUT, "curves.json"), JSON.stringify(curves, null, 2));
    }
    const minutes = `${before} + ${after} min`;
    const better = (title: string, ours: Watched, peer: Watched) =>
      row({
        case: title,
        unit: "bits/byte",
        better: "less",
        ours: ours.best,
        peer: peer.best,
        peerName: peer.name,
      });
    const quality = async (title: string, { lm }: Watched, alone: boolean) =>
      plain(
        `test split: ${title}`,
        "bits/byte",
        (await evaluateTexts(lm, jokes.splits.test, { alone })).bits_per_byte,
      );
    return [
      better(`pre-trained and fine-tuned, ${minutes}, at equal time of all`, tuned, whole),
      better(`pre-trained and fine-tuned, ${minutes}, at equal time on jokes`, tuned, brief),
      plain(`end by themselves within ${MOST_TOKENS} tokens, of ${WRITTEN}`, "%", await ending(tuned.lm)),
      plain("test split: how common each character is", "bits/byte", unigram(characters)),
      await quality(`char-lstm, ${before + after} min`, spelled, false),
      await quality(`small GPT-2 from scratch, ${before + after} min`, whole, true),
      await quality(`small GPT-2 pre-trained and fine-tuned, ${minutes}`, tuned, true),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Both data sets in one vocabulary, learned from both, so that it favours neither; and the jokes in characters. */
async function readData(assets: string) {
  const all = await prepareData(join(assets, "short-jokes/shortjokes.csv"));
  const validation = all.splits.validation.slice(0, VALIDATED);
  const characters = { ...all, splits: { ...all.splits, validation } };
  const articles = ["valid.txt", "test.txt"].map((name) => join(assets, "wikitext-2", name));
  const wiki = await prepareRawText(articles, { fractions: { validation: 0.05, test: 0 } });
  const train = [...wiki.splits.train, ...characters.splits.train];
  const { tokenizer } = withSubwords({ ...characters, splits: { ...characters.splits, train } }, VOCABULARY);
  return { wiki: { ...wiki, tokenizer }, jokes: { ...characters, tokenizer }, characters };
}

interface Watched {
  readonly name: string;
  readonly lm: LanguageModel;
  readonly curve: Curve;
  /** Bits per byte of the best validation. */
  readonly best: number;
}

/** A training, and its validations in bits per byte along the way. */
async function watched(name: string, request: TrainRequest): Promise<Watched> {
  const { data } = request;
  const bitsPerNat = tokensPerByte(data) / Math.LN2;
  const curve: [number, number][] = [];
  const begun = performance.now();
  const { lm } = await train({
    ...request,
    options: { ...request.options, validationTokens: 10_000_000 },
    onEvent: (event) => {
      if (event.type !== "validation") return;
      const minute = (performance.now() - begun) / 60_000;
      curve.push([minute, event.loss * bitsPerNat]);
      process.stderr.write(
        `${name}: ${minute.toFixed(2)} min  step ${event.step}  ${(event.loss * bitsPerNat).toFixed(4)} bits/byte\n`,
      );
    },
  });
  return { name, lm, curve, best: Math.min(...curve.map(([, bits]) => bits)) };
}

/** Tokens of the validation split for each of its bytes, the end of each text counting as one. */
function tokensPerByte(data: PreparedData): number {
  const bytes = new TextEncoder().encode(`${data.splits.validation.join("\n")}\n`).length;
  return encodeSplit(data, "validation").tokens.length / bytes;
}

async function ending(lm: LanguageModel): Promise<number> {
  const samples = await sample(lm, { n: WRITTEN, maxLength: MOST_TOKENS, seed: 1 });
  return (100 * samples.filter(({ finish }) => finish === "eos").length) / samples.length;
}

/** Bits per byte of the test split, of which every character is one byte, by frequencies in the training split. */
function unigram(data: PreparedData): number {
  const [seen, held] = [encodeSplit(data, "train"), encodeSplit(data, "test")];
  return unigramLoss(seen.tokens, held.tokens, data.tokenizer.size) / Math.LN2;
}

const plain = (title: string, unit: string, ours: number): BenchRow => ({
  case: title,
  unit,
  ours,
  peer: null,
  peer_name: "none",
  ratio: null,
});
