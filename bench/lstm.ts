/**
 * One training step of a character LSTM (forward, backward, clipping, AdamW), beside PyTorch's, on two
 * threads; how long its graph takes to make; and the peak memory of both processes.
 */
import { type BenchRow, row } from "./bench.ts";
import { measureLimits } from "./limits/limits.ts";
import { compareTraining } from "./training/compare.ts";

const cases = [
  { name: "LSTM 1x256, batch 32x64", width: 256, layers: 1, batch: 32, length: 64 },
  { name: "LSTM 2x512, batch 64x100", width: 512, layers: 2, batch: 64, length: 100 },
] as const;

export default async function lstm(): Promise<BenchRow[]> {
  const limits = await measureLimits();
  const rows: BenchRow[] = [];
  for (const { name, width, layers, batch, length } of cases) {
    const options = { width, layers, embedding: 64, dropout: 0 };
    const found = await compareTraining({ model: "char-lstm", options, vocabulary: 100, batch, length });
    const { tokensPerSecond, operations, megabytes, setup, peerName, note } = found;
    rows.push(
      row({
        case: name,
        unit: "characters/s",
        better: "more",
        ...tokensPerSecond,
        peerName,
        limit: limits.rate({ operations }),
        ...(note ? { note } : {}),
      }),
      row({ case: `${name}: peak memory`, unit: "MB", better: "less", ...megabytes, peerName }),
      row({
        case: `${name}: graph made, loaded and run once`,
        unit: "s",
        better: "less",
        ours: setup,
        peer: { absent: "PyTorch makes none" },
        peerName: "none",
      }),
    );
  }
  return rows;
}
