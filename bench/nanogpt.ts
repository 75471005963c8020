/**
 * nanoGPT's recipe for a CPU on tiny-shakespeare, which `char-transformer` follows by default but for its rotary
 * positions: 4 layers, 4 heads, 128 wide; 2,000 batches of 12 windows of 64 characters, 1.5 million characters in
 * all. The published validation loss is 1.88 nats; the time beside ours is PyTorch's on the same two threads, for as
 * many steps. The same with learned positions, as nanoGPT has them.
 *
 *     PUNCHLINE_ASSETS=... npm run bench -- nanogpt
 *
 * PUNCHLINE_STEPS shortens it for a try.
 */

import type { PreparedData } from "../src/data/prepare.ts";
import { encodeSplit } from "../src/data/tokens.ts";
import { StreamScorer } from "../src/train/scoring.ts";
import { train } from "../src/train/train.ts";
import { type BenchRow, row } from "./bench.ts";
import { amount } from "./quick.ts";
import { compareTraining } from "./training/compare.ts";
import { PUBLISHED, tinyShakespeare } from "./training/shakespeare.ts";

const MODEL = "char-transformer";
const BATCH = 12;
const LENGTH = 64;

const size = { model: MODEL, batch: BATCH, length: LENGTH };

export default async function nanogpt(): Promise<BenchRow[]> {
  const steps = amount("PUNCHLINE_STEPS", 2000, 20);
  const data = await tinyShakespeare();
  const rows: BenchRow[] = [];
  for (const positions of ["rotary", "learned"]) {
    const options = { positions };
    const speed = await compareTraining({ ...size, options, vocabulary: data.tokenizer.size });
    const { loss, scored, seconds } = await trained(data, options, steps);
    const { tokensPerSecond, peerName, note } = speed;
    const characters = steps * BATCH * LENGTH;
    const { peer } = tokensPerSecond;
    const name = `${steps.toLocaleString("en-US")} steps, ${positions} positions`;
    rows.push(
      row({
        case: `validation loss after ${name}`,
        unit: "nats/character",
        better: "less",
        ours: loss,
        peer: PUBLISHED,
        peerName: "nanoGPT, as published",
        note: `${characters.toLocaleString("en-US")} characters trained on, ${scored.toLocaleString("en-US")} scored in windows of ${LENGTH}`,
      }),
      row({
        case: `time for ${name}`,
        unit: "s",
        better: "less",
        ours: seconds,
        peer: typeof peer === "number" ? characters / peer : peer,
        peerName,
        note: ["ours with validation, the peer's from its speed in some steps", note]
          .filter(Boolean)
          .join("; "),
      }),
      row({
        case: `a training step, ${positions} positions`,
        unit: "characters/s",
        better: "more",
        ...tokensPerSecond,
        peerName,
      }),
    );
  }
  return rows;
}

/** Trains by the recipe, and scores as nanoGPT does: windows without overlap, in which every position counts. */
async function trained(data: PreparedData, modelOptions: { positions: string }, steps: number) {
  const begun = performance.now();
  const { lm } = await train({
    model: MODEL,
    modelOptions,
    data,
    options: { steps, sampleEvery: 0, validateEvery: 500, validationTokens: 20_000, keep: "last" },
    backend: { threads: 2 },
    onEvent: (event) => {
      if (event.type === "validation")
        process.stderr.write(`step ${event.step}  ${event.loss.toFixed(4)} nats/character\n`);
    },
  });
  const seconds = (performance.now() - begun) / 1000;
  const scorer = new StreamScorer(lm.model, lm.backend, { length: LENGTH, stride: LENGTH });
  try {
    const { nats, tokens } = await scorer.score(lm.weights, encodeSplit(data, "validation").tokens);
    return { loss: nats / tokens, scored: tokens, seconds };
  } finally {
    await scorer.release();
  }
}
