/** The story's first model: a network that writes one character at a time. */
import type { PreparedData } from "../../data/prepare.ts";
import type { TrainOptions } from "../../train/options.ts";
import { train } from "../../train/train.ts";
import type { Telling } from "../context.ts";
import type { StoryRun } from "../runs.ts";

const MODEL = "char-lstm";

const WINDOW = 64;
const MOST_LANES = 32;

/** Of a training on so many characters: as many lanes as leave each a few windows. */
const trainOptions = (characters: number): Partial<TrainOptions> => ({
  batchSize: Math.max(1, Math.min(MOST_LANES, Math.floor(characters / (4 * WINDOW)))),
  seqLen: WINDOW,
  learningRate: 1.2e-2,
  weightDecay: 0.05,
});

/** Cells, widest first, with the dropout that each needs on some thousands of short texts. */
const sizes = [
  { width: 512, dropout: 0.4 },
  { width: 384, dropout: 0.3 },
  { width: 256, dropout: 0.2 },
  { width: 192, dropout: 0.1 },
  { width: 128, dropout: 0 },
] as const;
/** The size whose speed is measured. */
const PROBED = sizes[2].width;
/** Passes over the training texts that a network needs before a narrower one is no longer better. */
const PASSES = 12;

export const charactersModel = ({ runs, data, sources, plan, seed }: Telling): Promise<StoryRun> =>
  runs.get("characters", async () => ({
    what: "the character model",
    model: MODEL,
    modelOptions: { layers: 1, embedding: 64, ...(await fittingSize(data, plan.characters)) },
    data,
    sources,
    options: { ...trainOptions(charactersOf(data)), maxMinutes: plan.characters, seed },
  }));

/**
 * The widest network that this machine can train well in the time: a wide one that sees the texts only a few
 * times is worse than a narrow one that sees them often.
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

/** Of one pass over the training texts, their ends included. */
const charactersOf = ({ splits }: PreparedData): number =>
  splits.train.reduce((sum, text) => sum + text.length + 1, 0);

/**
 * @param speed characters a second of a network with 256 cells
 * @param characters of one pass over the training texts
 */
export function sizeFor(speed: number, seconds: number, characters: number): (typeof sizes)[number] {
  // The work for a character grows with the square of the width, a little less in practice.
  const passes = (width: number) => (speed * (PROBED / width) ** 1.7 * seconds) / characters;
  return sizes.find(({ width }) => passes(width) >= PASSES) ?? sizes[sizes.length - 1]!;
}
