/** Which of two devices a model runs faster on: measured once, with the model itself. */
import { int32 } from "../core/array.ts";
import { PunchlineError } from "../core/errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import { carriesState, type State, zeroState } from "../models/model.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import type { LanguageModel } from "./language-model.ts";
import type { LocalModel } from "./local-model.ts";

/** Devices that every machine may have. */
export const measuredDevices = ["cpu", "webgpu"] as const;

/** Tokens of a measured pass, and how often it is measured. */
const LENGTH = 16;
const RUNS = 3;

/** The model on the faster device; where WebGPU has no adapter here, or cannot run the model, on the CPU. */
export async function fasterModel(
  load: (device: (typeof measuredDevices)[number]) => Promise<LocalModel>,
): Promise<LocalModel> {
  const onCpu = await load("cpu");
  try {
    const onGpu = await load("webgpu");
    if ((await secondsOf(onGpu)) < (await secondsOf(onCpu))) return onGpu;
  } catch (error) {
    if (!(error instanceof PunchlineError)) throw error;
  }
  return onCpu;
}

/** The fastest of a few passes over a short text. */
async function secondsOf({ model, weights, backend }: LanguageModel): Promise<number> {
  const length = Math.min(LENGTH, model.contextLength);
  const ids = int32([1, length]);
  const pass = compile(
    (p: Parameters, x: { readonly ids: Tensor; readonly state: State }) =>
      model.forward(p, x, evaluation).logits,
    { backend },
  );
  const state = carriesState(model) ? zeroState(model.state(1)) : {};
  try {
    await pass(weights, { ids, state });
    let fastest = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS; run++) {
      const begun = performance.now();
      await pass(weights, { ids, state });
      fastest = Math.min(fastest, (performance.now() - begun) / 1000);
    }
    return fastest;
  } finally {
    await pass.release();
  }
}
