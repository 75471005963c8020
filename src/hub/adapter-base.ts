/** The base model of an adapter's folder: found by the name that the adapter gives it, and known by its fingerprint. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { readJsonObject } from "../files/json-file.ts";
import { ADAPTER_CONFIG_FILE, type AppliedAdapter, readAdapterConfig } from "./adapter.ts";
import { withBuiltIn } from "./built-in.ts";
import { findSnapshot } from "./cache.ts";
import { isRepoName, parseRepoName } from "./name.ts";
import { hubSettings } from "./settings.ts";

/** Where an adapter's file notes the fingerprint of the weights that it was trained beside. */
export const BASE_FINGERPRINT = "punchline_base";

export interface AdapterBase {
  readonly applied: AppliedAdapter;
  /** The base model's folder. */
  readonly folder: string;
}

/**
 * Reads the adapter's configuration in `folder` and finds its base: a folder, a built-in model, or one in the Hub's cache.
 * @throws InputError `no-base` where it is none of these, and those of {@link readAdapterConfig}
 */
export async function findAdapterBase(folder: string): Promise<AdapterBase> {
  const path = join(folder, ADAPTER_CONFIG_FILE);
  const applied = readAdapterConfig(await readJsonObject(path), path);
  const { base } = applied;
  const there = await withBuiltIn(base);
  const isFolder = await stat(there).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) return { applied, folder: there };
  const advice = isRepoName(base.replace(/@.*$/, "")) ? `; fetch it with "punchline pull ${base}"` : "";
  if (advice) {
    const { cacheDir } = await hubSettings();
    const cached = await findSnapshot(cacheDir, parseRepoName("model", base));
    if (cached !== undefined) return { applied, folder: cached };
  }
  throw new InputError(
    "no-base",
    `${folder} is an adapter of "${base}", which is not there${advice || "; put the folder back"}.`,
    { folder, base },
  );
}

/**
 * @param noted what the adapter, or its run, says that the base's fingerprint was
 * @throws InputError `base-changed` where it is another one now
 */
export function checkBase(
  { applied, folder }: AdapterBase,
  noted: string | undefined,
  fingerprint: string,
): void {
  if (noted === undefined || noted === fingerprint) return;
  throw new InputError(
    "base-changed",
    `The adapter was trained beside other weights than ${applied.base} has now; restore those, or fine-tune anew.`,
    { base: folder, expected: noted, actual: fingerprint },
  );
}
