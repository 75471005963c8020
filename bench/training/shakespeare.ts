/** Tiny-shakespeare as the benchmarks train on it: its last tenth validates. */
import { join } from "node:path";
import type { PreparedData } from "../../src/data/prepare.ts";
import { prepareRawText } from "../../src/data/prepare-sources.ts";

/** nanoGPT's published validation loss of its recipe for a CPU, in nats per character. */
export const PUBLISHED = 1.88;

/** @throws Error where PUNCHLINE_ASSETS is not set */
export function tinyShakespeare(): Promise<PreparedData> {
  const assets = process.env.PUNCHLINE_ASSETS;
  if (!assets) throw new Error("Set PUNCHLINE_ASSETS to a folder that has tiny-shakespeare/input.txt.");
  return prepareRawText(join(assets, "tiny-shakespeare/input.txt"), {
    fractions: { validation: 0.1, test: 0 },
  });
}
