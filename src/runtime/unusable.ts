/** Why a device cannot be used here. */
import { InputError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { listed } from "../core/sentence.ts";
import { type Device, devices } from "./backend.ts";

/** A refusal of a device: the reason, and what to do for whoever asked for it. */
const refusal = (code: string, device: Device, reason: string, advice: string, cause?: unknown): InputError =>
  new InputError(code, `${reason}; ${advice}.`, { device, reason: `${reason}.` }, cause);

/** The reason alone, where a device is only a possibility: in a list, or where another one computes. */
export function whyUnusable(error: unknown): string {
  if (error instanceof InputError && typeof error.details.reason === "string") return error.details.reason;
  return error instanceof Error ? error.message : String(error);
}

/** @param supported what the runtime has on this system */
export function notSupported(device: Device, supported: readonly string[]): InputError {
  const others = devices.filter((name) => supported.includes(name));
  const systems: Partial<Record<Device, string>> = {
    coreml: "macOS",
    dml: "Windows",
    cuda: "Linux and Windows",
  };
  const only = systems[device] === undefined ? "" : `, only on ${systems[device]}`;
  return refusal(
    "device",
    device,
    `ONNX Runtime has no "${device}" on this system${only}`,
    `choose another ${option("device")}, of ${listed(others)}`,
  );
}

/** Whether the runtime's own library for a device is missing, or one that it needs. */
export const isNoLibrary = (error: unknown): boolean =>
  error instanceof Error && /Failed to load (shared )?library/i.test(error.message);

export const noLibrary = (device: Device, cause: unknown): InputError =>
  refusal(
    "no-library",
    device,
    `The libraries with which ONNX Runtime uses "${device}" are not installed here`,
    `cards of NVIDIA compute by ${option("device", "webgpu")} too, which needs only their driver; without a card leave ${option("device")} out`,
    cause,
  );

/** Whether there is no GPU that WebGPU can use. */
export const isNoAdapter = (error: unknown): boolean =>
  error instanceof Error &&
  /Failed to get a WebGPU adapter|no available backend found|requestAdapter/i.test(error.message);

export const noAdapter = (device: Device, cause: unknown): InputError =>
  refusal(
    "no-adapter",
    device,
    "WebGPU finds no graphics card here, or no driver for it (on Linux, one with Vulkan)",
    `leave ${option("device")} out to compute on the processor`,
    cause,
  );
