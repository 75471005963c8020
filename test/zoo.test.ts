/** Every architecture of characters and words learns from real jokes: more than how frequent each token is. */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { comparedArchitectures } from "../src/compare/architectures.ts";
import { type PreparedData, prepareTexts } from "../src/data/prepare.ts";
import { prepareData } from "../src/data/prepare-sources.ts";
import { withWords } from "../src/data/vocabularies.ts";
import { unigramLoss } from "../src/evaluate/reference.ts";
import { architectureOf } from "../src/models/registry.ts";
import { optionsOfSize } from "../src/models/size.ts";
import { streamOf } from "../src/train/streams.ts";
import { train } from "../src/train/train.ts";

const VALIDATION = 1000;

function smoke(data: () => Promise<PreparedData>) {
  it.each(comparedArchitectures)("%s", async (type) => {
    const architecture = architectureOf(type);
    const characters = await data();
    const own = architecture.tokens === "word" ? withWords(characters, { maxWords: 500 }) : characters;
    const { summary } = await train({
      backend: { threads: 1 },
      model: type,
      modelOptions: { ...optionsOfSize(architecture, 30_000, own.tokenizer.size), dropout: 0 },
      data: own,
      options: {
        steps: 120,
        batchSize: 16,
        learningRate: 1e-2,
        warmup: 5,
        sampleEvery: 0,
        validateEvery: 120,
        validationTokens: VALIDATION,
      },
    });
    const [trained, held] = [
      streamOf(own, "train", own.tokenizer),
      streamOf(own, "validation", own.tokenizer),
    ];
    const unigram = unigramLoss(trained, held.subarray(1, VALIDATION + 1), own.tokenizer.size);
    expect(summary.val_loss).toBeLessThan(unigram);
  });
}

/** Once for all tests of a group. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

describe("on the built-in jokes", () => smoke(once(() => prepareData("one-liners"))));

const assets = process.env.PUNCHLINE_ASSETS;
describe.skipIf(!assets)(`on short-jokes${assets ? "" : " (skipped: PUNCHLINE_ASSETS is not set)"}`, () =>
  smoke(once(async () => prepareTexts([{ texts: await firstJokes(3000) }]))),
);

/** The first texts of a file that is too long to be read for this. */
async function firstJokes(count: number): Promise<string[]> {
  const stream = createReadStream(join(assets!, "short-jokes/shortjokes.csv"));
  const texts: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    // Rows of "ID,Joke"; quotes round a joke are no matter here.
    if (texts.length > count) break;
    texts.push(line.slice(line.indexOf(",") + 1).replace(/^"|"$/g, ""));
  }
  stream.destroy();
  return texts.slice(1);
}
