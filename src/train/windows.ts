/**
 * The windows that a training reads, before any training.
 *
 * @example
 * for await (const { text, ids, labels } of windows(data, { model: "char-lstm", options: { seqLen: 32 } })) {
 *   console.log(text, ids, labels);
 *   break;
 * }
 */
import { checkOptions, optionNames } from "../core/options.ts";
import type { TrainingWindow } from "../data/batches/window.ts";
import type { TrainingData } from "../data/vocabularies.ts";
import { checkTrainRequest } from "./check-request.ts";
import { type TrainOptions, trainOptionNames } from "./options.ts";
import { resolveRequest, type TrainedModel } from "./resolve-request.ts";
import { windowsOfTraining } from "./training-windows.ts";

export type { TrainingWindow } from "../data/batches/window.ts";

/** Which model reads the texts, and how: as `train` takes it. */
export type WindowsOptions = TrainedModel & {
  readonly options?: Partial<TrainOptions> | undefined;
  readonly signal?: AbortSignal | undefined;
};

type EveryKey<T> = T extends unknown ? keyof T : never;
const windowsNames = optionNames<EveryKey<WindowsOptions>>()(
  "model modelOptions base architectures options signal",
  { options: trainOptionNames },
);

/**
 * The rows of a training's batches in the order in which it reads them: what `train` with the same data and options
 * would read. They have no end, as epoch follows epoch; stop when you have seen enough.
 * @throws UsageError and InputError as `train` does before its first step
 */
export async function* windows(
  data: TrainingData,
  request: WindowsOptions,
): AsyncGenerator<TrainingWindow, never> {
  checkOptions(request, windowsNames);
  await checkTrainRequest({ ...request, data });
  const resolved = await resolveRequest({ ...request, data });
  return yield* windowsOfTraining(resolved, request.signal);
}

/** The first `most` windows to show; of lanes those of the first, each of which goes on where the one before ended. */
export async function firstWindows(
  data: TrainingData,
  request: WindowsOptions,
  most: number,
): Promise<readonly TrainingWindow[]> {
  const shown: TrainingWindow[] = [];
  for await (const window of windows(data, request)) {
    if (window.kind === "stream" && window.row > 0) continue;
    shown.push(window);
    if (shown.length === most) break;
  }
  return shown;
}
