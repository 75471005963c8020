/** What was measured to choose a device, as sentences. */
import type { Device } from "./backend.ts";

/** What a device that was measured takes, or why it cannot be used. */
export interface MeasuredDevice {
  readonly device: Device;
  /** Seconds of a training step without its update, or of a pass over a short text; absent where it cannot be used. */
  readonly secondsPerStep?: number | undefined;
  /** A sentence that says why it cannot be used. */
  readonly reason?: string | undefined;
}

/** The device that computes, and what it was chosen by. */
export interface DeviceChoice {
  readonly device: Device;
  readonly measured: readonly MeasuredDevice[];
}

interface Words {
  /** What devices are called. Default: as the option has them. */
  readonly names?: Readonly<Partial<Record<Device, string>>>;
  /** What the times are of. Default: `a step`. */
  readonly per?: string;
}

/** The times of an opened model, which reads a short text. */
export const SHORT_TEXT = "for a short text";

/** `webgpu computes: 12 ms a step, and 30 ms on cpu.` Or with the reason why another device cannot be used. */
export function measuredInWords(
  { device: chosen, measured }: DeviceChoice,
  { names = {}, per = "a step" }: Words = {},
): string {
  const called = (device: Device): string => names[device] ?? device;
  const times: string[] = [];
  const reasons: string[] = [];
  for (const { device, secondsPerStep, reason } of measured) {
    if (reason !== undefined) reasons.push(` ${called(device)} cannot be used: ${reason}`);
    if (secondsPerStep === undefined) continue;
    const time = inMilliseconds(secondsPerStep);
    if (device === chosen) times.unshift(`: ${time} ${per}`);
    else times.push(`, and ${time} on ${called(device)}`);
  }
  return `${called(chosen)} computes${times.join("")}.${reasons.join("")}`;
}

function inMilliseconds(seconds: number): string {
  const milliseconds = 1000 * seconds;
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}
