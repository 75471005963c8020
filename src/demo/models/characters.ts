/** The first model of the demo: a network that writes one character at a time. */
import type { PreparedData } from "../../data/prepare.ts";
import type { TrainOptions } from "../../train/options.ts";
import { train } from "../../train/train.ts";
import type { DemoContext } from "../context.ts";
import type { DemoRun } from "../runs.ts";

const MODEL = "char-lstm";

const WINDOW = 64;
const MAX_BATCH = 32;

/** For a training on so many characters: as many rows as leave each a few windows. */
const trainOptions = (characters: number): Partial<TrainOptions> => ({
  batchSize: Math.max(1, Math.min(MAX_BATCH, Math.floor(characters / (4 * WINDOW)))),
  seqLen: WINDOW,
  learningRate: 1.2e-2,
  weightDecay: 0.05,
});

/** Widths, largest first, with the dropout that each needs on some thousands of short texts. */
const sizes = [
  { width: 512, dropout: 0.4 },
  { width: 384, dropout: 0.3 },
  { width: 256, dropout: 0.2 },
  { width: 192, dropout: 0.1 },
  { width: 128, dropout: 0 },
] as const;
/** The width of the network that is timed. */
const PROBED = sizes[2].width;
/** A network that makes fewer passes over the training texts than this is worse than a narrower one. */
const PASSES = 12;

export const trainedCharacters = ({ runs, data, sources, plan, seed }: DemoContext): Promise<DemoRun> =>
  runs.get("characters", async () => ({
    what: "the character model",
    network: {
      model: MODEL,
      modelOptions: { layers: 1, embedding: 64, ...(await fittingSize(data, plan.characters)) },
    },
    data,
    sources,
    options: { ...trainOptions(charactersOf(data)), maxMinutes: plan.characters, seed },
  }));

/**
 * The widest network that this machine can train well in the time: a wide one that reads the texts only a few times is
 * worse than a narrow one that reads them often.
 */
async function fittingSize(data: PreparedData, minutes: number): Promise<(typeof sizes)[number]> {
  const characters = charactersOf(data);
  const { summary } = await train({
    model: MODEL,
    modelOptions: { layers: 1, width: PROBED, embedding: 64 },
    data: { ...data, splits: { ...data.splits, validation: [] } },
    options: { ...trainOptions(characters), steps: 8, logEvery: 8, sampleEvery: 0 },
  });
  return sizeFor(summary.tokens_per_s, minutes * 60, characters);
}

/** Characters of the training texts, their ends included. */
const charactersOf = ({ splits }: PreparedData): number =>
  splits.train.reduce((sum, text) => sum + text.length + 1, 0);

/**
 * @param speed of a network of {@link PROBED} cells, in characters per second
 * @param characters of the training texts
 */
export function sizeFor(speed: number, seconds: number, characters: number): (typeof sizes)[number] {
  // The work per character grows with the square of the width, in practice a little less.
  const passes = (width: number) => (speed * (PROBED / width) ** 1.7 * seconds) / characters;
  return sizes.find(({ width }) => passes(width) >= PASSES) ?? sizes[sizes.length - 1]!;
}
