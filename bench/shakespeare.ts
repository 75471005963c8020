/**
 * Validation loss on tiny-shakespeare against minutes of training on this machine. The last tenth of the
 * text validates. The mark to pass is 1.88 nats per character, nanoGPT's published result for a CPU.
 *
 *     PUNCHLINE_ASSETS=... npm run bench -- shakespeare
 */
import type { TrainOptions } from "../src/train/options.ts";
import { train } from "../src/train/train.ts";
import { type BenchRow, plain } from "./bench.ts";
import { amount } from "./quick.ts";
import { PUBLISHED, tinyShakespeare } from "./training/shakespeare.ts";

export default async function shakespeare(): Promise<BenchRow[]> {
  const minutes = amount("PUNCHLINE_MINUTES", 10, 0.2);
  const data = await tinyShakespeare();
  const curve: { minute: number; loss: number }[] = [];
  const begun = performance.now();
  const options: Partial<TrainOptions> = {
    maxMinutes: minutes,
    batchSize: 32,
    seqLen: 128,
    learningRate: 8e-3,
    weightDecay: 0.05,
    validationTokens: 200_000,
    sampleEvery: 0,
  };
  const { summary } = await train({
    model: "char-lstm",
    modelOptions: { layers: 1, width: 512, embedding: 64, dropout: 0.2 },
    data,
    options,
    onEvent: (event) => {
      if (event.type !== "validation") return;
      const minute = (performance.now() - begun) / 60_000;
      curve.push({ minute, loss: event.loss });
      process.stderr.write(`${minute.toFixed(2)} min  step ${event.step}  ${event.loss.toFixed(4)} nats\n`);
    },
  });
  const passed = curve.find(({ loss }) => loss <= PUBLISHED);
  const best = Math.min(...curve.map(({ loss }) => loss));
  return [
    {
      case: `validation loss within ${minutes} min (${summary.parameters} parameters)`,
      unit: "nats/character",
      ours: best,
      peer: PUBLISHED,
      peer_name: "nanoGPT, CPU recipe, as published",
      ratio: PUBLISHED / best,
    },
    ...(passed
      ? [
          plain(
            `minute at which ${PUBLISHED} is passed`,
            "minutes",
            passed.minute,
            "the published figure gives no time",
          ),
        ]
      : []),
  ];
}
