/**
 * Which of several backends trains a model fastest: each takes a few passes over the training's own first batch, and the
 * fastest one goes on. One that fails its check against the CPU, or cannot compute the model, is never chosen.
 */
import type { Backend, Device } from "../runtime/backend.ts";
import type { MeasuredDevice } from "../runtime/measured-in-words.ts";
import { whyUnusable } from "../runtime/unusable.ts";
import type { Computing, Setup } from "./setup.ts";

/** A backend that a training may run on. */
export interface OtherBackend extends Pick<Backend, "device"> {
  /** @throws an error that says why it cannot be used here */
  readonly open: () => Backend | Promise<Backend>;
  /** It is not tried where a step of the first backend takes less. Default 0. */
  readonly minSeconds?: number | undefined;
}

/**
 * The setup on the fastest of its own backend and the others. The weights must be in the arena already: a device copies
 * them to its memory.
 */
export async function onFastest(
  setup: Setup,
  others: readonly OtherBackend[],
  signal?: AbortSignal,
): Promise<Setup> {
  if (others.length === 0) return setup;
  const { backend, optimizer, step } = setup;
  let best: Computing = { backend, optimizer, step };
  let fastest = await secondsOf(setup, best);
  const measured: MeasuredDevice[] = [{ device: backend.device, secondsPerStep: fastest }];
  for (const { device, open, minSeconds = 0 } of others) {
    // The training itself stops at the signal.
    if (signal?.aborted) break;
    if (fastest < minSeconds) continue;
    let other: Computing | undefined;
    try {
      other = setup.on(await open(), step);
      const secondsPerStep = await secondsOf(setup, other);
      measured.push({ device, secondsPerStep });
      if (secondsPerStep < fastest) {
        if (best.step !== step) await release(best);
        [best, other, fastest] = [other, undefined, secondsPerStep];
      }
    } catch (error) {
      measured.push(failed(device, error));
    } finally {
      if (other) await release(other);
    }
  }
  if (best.step !== step) await release({ optimizer, step });
  return { ...setup, ...best, measured };
}

/**
 * The setup on the device that its run began on, where that is another; where it is not here any more, or fails, on its
 * own backend.
 */
export async function onItsDevice(
  setup: Setup,
  device: string,
  others: readonly OtherBackend[],
): Promise<Setup> {
  const other = others.find((one) => one.device === device);
  if (!other || device === setup.backend.device) return setup;
  const { optimizer, step } = setup;
  let itsOwn: Computing | undefined;
  try {
    itsOwn = setup.on(await other.open(), step);
    await secondsOf(setup, itsOwn);
  } catch (error) {
    if (itsOwn) await release(itsOwn);
    return { ...setup, measured: [{ device: setup.backend.device }, failed(other.device, error)] };
  }
  await release({ optimizer, step });
  return { ...setup, ...itsOwn };
}

const failed = (device: Device, error: unknown): MeasuredDevice => ({
  device,
  reason: whyUnusable(error),
});

const secondsOf = (
  { arena, batches, options: { seed, accumulate } }: Setup,
  { step }: Pick<Computing, "step">,
): Promise<number> => step.measure(arena, batches, { seed, step: 0, accumulate, progress: 0 });

async function release({ step, optimizer }: Pick<Computing, "step" | "optimizer">): Promise<void> {
  await step.release();
  await optimizer.release?.();
}
