/** What was measured to choose a device, as sentences. */
import type { TrainEvent } from "./events.ts";

type Measured = Extract<TrainEvent, { type: "device" }>;

/** `webgpu computes: 12 ms a step, and 30 ms on cpu.` Or with the reason why another device cannot be used. */
export function measuredInWords({ device: chosen, measured }: Measured): string {
  const times: string[] = [];
  const reasons: string[] = [];
  for (const { device, secondsPerStep, reason } of measured) {
    if (reason !== undefined) reasons.push(` ${device} cannot be used: ${reason}`);
    if (secondsPerStep === undefined) continue;
    const time = inMilliseconds(secondsPerStep);
    if (device === chosen) times.unshift(`: ${time} a step`);
    else times.push(`, and ${time} on ${device}`);
  }
  return `${chosen} computes${times.join("")}.${reasons.join("")}`;
}

function inMilliseconds(seconds: number): string {
  const milliseconds = 1000 * seconds;
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}
