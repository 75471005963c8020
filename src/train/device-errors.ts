/** What a training says when the device fails it. */
import { InputError, PunchlineError } from "../core/errors.ts";
import { option } from "../core/options.ts";

/** Error codes of {@link deviceError}. */
export const DEVICE_LOST = "device-lost";
export const DEVICE_MEMORY = "device-memory";

/**
 * A buffer that could not be made is what ONNX Runtime's next call finds invalid; why it could not goes to standard error
 * alone. An array larger than one binding takes several, of which a shader has few.
 */
const isMemory =
  /out[ -_]of[ -_](device[ -_])?memory|allocat|max\w*[ -]?buffer[ -]?\w*[ -]?size|BufferBindingSize|larger than the (device )?limit|Invalid Buffer\b.*\bprevious error|too many storage buffers/i;
const isLost = /device[ -](is |was )?(lost|removed|hung)|lost.*device|DXGI_ERROR|VK_ERROR_DEVICE_LOST/i;

const isNoHalf = /requires f16 but the device does not support it/;

/**
 * An error of the runtime while a device computed, in words that say what to do; others as they are.
 * @param half whether products are in 16 bits, which the processor does not compute
 */
export function deviceError(error: unknown, device: string, half = false): unknown {
  if (half && error instanceof InputError && typeof error.details.reason === "string")
    return new InputError(
      error.code,
      `${error.details.reason} ${option("precision", "f16")} needs a graphics card: take ${option("precision", "f32")}, which the processor computes too.`,
      error.details,
      error,
    );
  const message = error instanceof Error ? error.message : String(error);
  if (isLost.test(message))
    return new PunchlineError(
      DEVICE_LOST,
      `The device "${device}" was lost: its driver was restarted or updated, or the machine slept.`,
      { details: { device }, cause: error },
    );
  if (isMemory.test(message))
    return new PunchlineError(
      DEVICE_MEMORY,
      `The device "${device}" has too little memory for this training: take a smaller ${option("batchSize")}, a shorter ${option("seqLen")}, or ${option("device", "cpu")}.`,
      { details: { device }, cause: error },
    );
  if (isNoHalf.test(message))
    return new InputError(
      "no-half",
      `This graphics card, or its driver, has no 16-bit floats (WebGPU's "shader-f16"): take ${option("precision", "f32")}.`,
      { device },
      error,
    );
  return error;
}

/** The same with the place to go on from. @param checkpoint step of the last checkpoint; -1 where there is none */
export function withCheckpoint(error: unknown, step: number, checkpoint: number): unknown {
  if (!(error instanceof PunchlineError)) return error;
  const { code } = error;
  // What does not fit before the first step would not fit after it.
  if (code !== DEVICE_LOST && !(code === DEVICE_MEMORY && step > 0)) return error;
  const next =
    checkpoint < 0
      ? "Nothing was trained yet; start again."
      : `The checkpoint of step ${checkpoint} is whole: go on from it with ${option("resume")}, here or with ${option("device", "cpu")}.`;
  return new PunchlineError(code, `Training stopped at step ${step}. ${error.message} ${next}`, {
    details: { ...error.details, step, checkpoint },
    cause: error,
  });
}
