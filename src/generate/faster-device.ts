/** Which of two devices a model runs faster on: measured once, with the model itself, and held to the CPU. */
import { int32 } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import { carriesState, type State, zeroState } from "../models/model.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import type { DeviceChoice } from "../runtime/measured-in-words.ts";
import { whyUnusable } from "../runtime/unusable.ts";
import type { LanguageModel } from "./language-model.ts";

/** Devices that every machine may have. */
export const measuredDevices = ["cpu", "webgpu"] as const;

/** Tokens of a measured pass, and how often it is measured. */
const LENGTH = 16;
const RUNS = 3;

/** How far logits may be from the CPU's, relative to the largest: far above the rounding of float32. */
const TOLERANCE = 0.01;

/**
 * The model on the faster device; where WebGPU has no adapter here, fails at the model or computes it wrongly, on the
 * CPU.
 */
export async function fasterModel<M extends LanguageModel>(
  load: (device: (typeof measuredDevices)[number]) => Promise<M>,
): Promise<{ readonly lm: M; readonly choice: DeviceChoice }> {
  const onCpu = await load("cpu");
  // What is wrong with the model itself is said when it runs.
  const cpu = await measure(onCpu).catch(() => undefined);
  if (!cpu) return { lm: onCpu, choice: { device: "cpu", measured: [] } };
  const here = { device: "cpu", secondsPerStep: cpu.seconds } as const;
  const onCpuAs = (other: Omit<DeviceChoice["measured"][number], "device">) => ({
    lm: onCpu,
    choice: { device: "cpu", measured: [here, { device: "webgpu", ...other }] } as const,
  });
  try {
    const onGpu = await load("webgpu");
    const gpu = await measure(onGpu);
    if (!isNear(gpu.logits, cpu.logits))
      return onCpuAs({ reason: "Its driver computes this model otherwise than the CPU." });
    if (gpu.seconds >= cpu.seconds) return onCpuAs({ secondsPerStep: gpu.seconds });
    const there = { device: "webgpu", secondsPerStep: gpu.seconds } as const;
    return { lm: onGpu, choice: { device: "webgpu", measured: [there, here] } };
  } catch (error) {
    // The runtime's own words, as of a device without enough memory, are for who works on it.
    const reason = error instanceof InputError ? whyUnusable(error) : "It fails at this model.";
    return onCpuAs({ reason });
  }
}

function isNear(found: Float32Array, expected: Float32Array): boolean {
  let size = 0;
  let off = 0;
  for (const [i, logit] of expected.entries()) {
    size = Math.max(size, Math.abs(logit));
    const distance = Math.abs(found[i]! - logit);
    // NaN is not near.
    if (!(distance <= off)) off = distance;
  }
  return off <= TOLERANCE * size;
}

/** The fastest of a few passes over a short text, and what they give. */
async function measure({
  model,
  weights,
  backend,
}: LanguageModel): Promise<{ readonly seconds: number; readonly logits: Float32Array }> {
  const length = Math.min(LENGTH, model.contextLength);
  const ids = int32([1, length]);
  const pass = compile(
    (p: Parameters, x: { readonly ids: Tensor; readonly state: State }) =>
      model.forward(p, x, evaluation).logits,
    { backend },
  );
  const state = carriesState(model) ? zeroState(model.state(1)) : {};
  try {
    const { data } = await pass(weights, { ids, state });
    let fastest = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS; run++) {
      const begun = performance.now();
      await pass(weights, { ids, state });
      fastest = Math.min(fastest, (performance.now() - begun) / 1000);
    }
    return { seconds: fastest, logits: data as Float32Array };
  } finally {
    await pass.release();
  }
}
