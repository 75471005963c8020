/** What was measured to choose a device, as sentences. */
import type { Device } from "../runtime/backend.ts";
import type { TrainEvent } from "./events.ts";

type Measured = Extract<TrainEvent, { type: "device" }>;

/**
 * `webgpu computes: 12 ms a step, and 30 ms on cpu.` Or with the reason why another device cannot be used.
 * @param names what devices are called. Default: as the option has them
 */
export function measuredInWords(
  { device: chosen, measured }: Measured,
  names: Readonly<Partial<Record<Device, string>>> = {},
): string {
  const called = (device: Device): string => names[device] ?? device;
  const times: string[] = [];
  const reasons: string[] = [];
  for (const { device, secondsPerStep, reason } of measured) {
    if (reason !== undefined) reasons.push(` ${called(device)} cannot be used: ${reason}`);
    if (secondsPerStep === undefined) continue;
    const time = inMilliseconds(secondsPerStep);
    if (device === chosen) times.unshift(`: ${time} a step`);
    else times.push(`, and ${time} on ${called(device)}`);
  }
  return `${called(chosen)} computes${times.join("")}.${reasons.join("")}`;
}

function inMilliseconds(seconds: number): string {
  const milliseconds = 1000 * seconds;
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}
