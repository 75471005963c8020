/** The windows that a training reads. Runs in a browser. */
import { type TrainingWindow, tokenWriter, windowsOf } from "../data/batches/window.ts";
import type { ResolvedRequest } from "./resolve-scratch.ts";
import { readAsBatches } from "./setup.ts";
import { windowKind } from "./streams.ts";

/** The rows of its batches in the order in which it reads them, without end. @param signal its reason is thrown */
export async function* windowsOfTraining(
  resolved: ResolvedRequest,
  signal?: AbortSignal,
): AsyncGenerator<TrainingWindow, never> {
  const { model, options } = resolved;
  const { data: read, batches } = readAsBatches(resolved);
  const { packing = "stream" } = options;
  const { reset_token_id: reset } = model.config;
  const write = tokenWriter(read.tokenizer);
  const reading = {
    kind: packing === "stream" ? windowKind(model, options) : packing,
    predicts: model.predicts,
    reset: typeof reset === "number" ? reset : undefined,
  };
  for (let number = 0; ; number++) {
    signal?.throwIfAborted();
    yield* windowsOf(batches.next(), write, { ...reading, number });
  }
}
