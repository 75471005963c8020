/** The device of a comparison: one for all models, as times on two would not compare. */

import { loadModel } from "../generate/load.ts";
import { isHosted } from "../generate/open.ts";
import { resolveModel } from "../hub/pull.ts";
import type { ChosenOptions, CompareOptions } from "./options.ts";

/** Where the device is `auto`: the faster one for the first model that opens; on this machine's CPU where none does. */
export async function chooseDevice(
  names: readonly string[],
  { device, onDevice, ...options }: CompareOptions,
): Promise<ChosenOptions> {
  if (device !== "auto") return { ...options, device };
  const { threads } = options;
  for (const name of names.filter((name) => !isHosted(name))) {
    // Why a model does not open is said when it is asked.
    const lm = await resolveModel(name)
      .then((folder) => loadModel(folder, { device, threads }))
      .catch(() => undefined);
    if (lm?.choice) onDevice?.(lm.choice);
    if (lm) return { ...options, device: lm.backend.device };
  }
  return { ...options, device: "cpu" };
}
