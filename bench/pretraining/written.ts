/** What a model writes that was fine-tuned on the jokes, as figures beside those of jokes that it has not seen. */
import { join } from "node:path";
import type { PreparedData } from "../../src/data/prepare.ts";
import { readRawText } from "../../src/data/prepare-sources.ts";
import { evenly } from "../../src/evaluate/evenly.ts";
import { tokensOf } from "../../src/evaluate/ngram-counts.ts";
import { distinct, diversityOf, vocabularyOf } from "../../src/evaluate/quality/diversity.ts";
import type { LanguageModel } from "../../src/generate/language-model.ts";
import { type Sample, sample } from "../../src/generate/sample.ts";
import { type BenchRow, row } from "../bench.ts";

/** Texts that are written, and the tokens that each may have. */
const WRITTEN = 500;
const MOST_TOKENS = 64;

/**
 * Whether its texts end by themselves, its words are real, and it repeats itself.
 * @param assets the folder that has public-domain, whose words are real too
 * @param topP as of `sample`; at temperature 1
 */
export async function writtenRows(
  lm: LanguageModel,
  jokes: PreparedData,
  { assets, name, topP }: { readonly assets: string; readonly name: string; readonly topP?: number },
): Promise<BenchRow[]> {
  const cut = topP === undefined ? {} : { topP };
  const samples = await sample(lm, { n: WRITTEN, maxLength: MOST_TOKENS, seed: 1, ...cut });
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
  const what = `${WRITTEN} texts of ${name}${topP === undefined ? "" : `, top-p ${topP}`}`;
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
