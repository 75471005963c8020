/** Where a training leaves its results, and the place that is memory. Runs in a browser. */
import type { Arena } from "../runtime/arena.ts";
import type { LogRow, SampleRow } from "./events.ts";
import type { TrainState } from "./state.ts";
import type { TrainSink } from "./trainer.ts";

/** A sink that gives back, when the training is over, what the run offers. */
export interface Results extends TrainSink {
  /** Puts the weights that the run offers into the arena, and makes them the run's. */
  offer(keep: "best" | "last", state: TrainState): Promise<void>;
  history(): Promise<{ readonly log: readonly LogRow[]; readonly samples: readonly SampleRow[] }>;
}

/** Nothing but memory: copies of the best weights, the log and the samples. */
export function memoryResults(arena: Arena): Results {
  const log: LogRow[] = [];
  const samples: SampleRow[] = [];
  let best: readonly Float32Array[] | undefined;
  return {
    rows: log,
    async best() {
      best = Object.values(arena.trained).map(({ data }) => data.slice());
    },
    async last() {},
    async log(row) {
      log.push(row);
    },
    async sample(row) {
      samples.push(row);
    },
    async snapshot() {},
    async offer(keep) {
      if (keep === "best" && best) {
        for (const [i, { data }] of Object.values(arena.trained).entries()) data.set(best[i]!);
      }
    },
    history: async () => ({ log, samples }),
  };
}
