/** Memory of a training in a tab as time goes by, and whether one that was killed ends as one that was not. */
import { cityTexts } from "../../src/data/sources/city-texts.ts";
import { type BenchRow, median, row } from "../bench.ts";
import { megabytes } from "./memory-of-pages.ts";
import type { RunAsk } from "./pages/ours-runs.ts";
import { startSide } from "./side.ts";

const INTERVAL = 500;
const STEPS = 60;

/** @param minutes of the training whose memory is watched */
export async function memoryRows(minutes: number): Promise<BenchRow[]> {
  const side = await startSide({ script: "ours-runs.ts", name: "Punchline" });
  if ("absent" in side) throw new Error(side.absent);
  try {
    const ask = <T>(request: RunAsk) => side.ask<T>(request);
    const texts = [...(await cityTexts())];
    const request = { texts, model: "char-lstm", modelOptions: { width: 256 } } as const;

    const steps = {
      ...request,
      modelOptions: { width: 64 },
      train: {
        steps: STEPS,
        batchSize: 8,
        seqLen: 32,
        checkpointSeconds: 0,
        validateEvery: 20,
        sampleEvery: 0,
      },
    };
    await ask({ op: "train", run: "whole", ...steps });
    const { step } = await ask<{ step: number }>({ op: "train", run: "killed", until: STEPS / 2, ...steps });
    await side.kill();
    await ask({ op: "resume", run: "killed" });
    const sumOf = async (run: string) => (await ask<{ sum: string }>({ op: "weights", run })).sum;
    const same = (await sumOf("whole")) === (await sumOf("killed"));
    await side.kill();

    const samples: number[] = [];
    const timer = setInterval(() => samples.push(megabytes(side.pageProcesses())), INTERVAL);
    await ask({ op: "train", run: "long", ...request, train: { maxMinutes: minutes } }).finally(() =>
      clearInterval(timer),
    );
    const part = (from: number, to: number) =>
      median(samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to)));
    return [
      row({
        case: `memory of the tab at the end of ${minutes} min of training, LSTM 1x256`,
        unit: "MB",
        better: "less",
        ours: part(0.8, 1),
        peer: part(0.2, 0.4),
        peerName: "the same training, early",
        note: `at most ${Math.max(...samples).toFixed(0)} MB; medians of the last fifth and of the second`,
      }),
      row({
        case: `weights equal after the tab was killed at step ${step} of ${STEPS} and the run went on`,
        unit: "of runs",
        better: "more",
        ours: Number(same),
        peer: 1,
        peerName: "the run that was not killed",
      }),
    ];
  } finally {
    await side.stop();
  }
}
