/**
 * Punchline in a browser: training in WebAssembly beside TensorFlow.js, jax-js and Node, the built-in GPT-2 writing beside
 * transformers.js, the studio's first screen and script, its longest task while it trains, a file of 50 MB, and the memory of a training.
 *
 *     PUNCHLINE_PEERS=FOLDER npm run bench -- browser
 *
 * Chromium is the system's, without a window. PUNCHLINE_MINUTES is how long the training lasts whose memory is watched, one
 * by default. PUNCHLINE_PARTS=training,writing,studio,file,memory leaves the others out.
 */
import type { BenchRow } from "./bench.ts";
import { fileRows } from "./browser/file.ts";
import { memoryRows } from "./browser/memory.ts";
import { studioRows } from "./browser/studio.ts";
import { trainingRows } from "./browser/training.ts";
import { writingRows } from "./browser/writing.ts";
import { amount } from "./quick.ts";

const parts: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  training: trainingRows,
  writing: writingRows,
  studio: studioRows,
  file: fileRows,
  memory: () => memoryRows(amount("PUNCHLINE_MINUTES", 1, 0.2)),
};

export default async function browser(): Promise<BenchRow[]> {
  const wanted = process.env.PUNCHLINE_PARTS?.split(",") ?? Object.keys(parts);
  const rows: BenchRow[] = [];
  for (const name of wanted) {
    const part = parts[name];
    if (!part)
      throw new Error(`There is no part "${name}"; PUNCHLINE_PARTS takes ${Object.keys(parts).join(", ")}.`);
    rows.push(...(await part()));
  }
  return rows;
}
