/** The base model of an adapter's folder: found by its name, checked by its fingerprint. */
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { isFolder } from "../files/exists.ts";
import { readJsonObject } from "../files/json-file.ts";
import { ADAPTER_CONFIG_FILE, type AppliedAdapter, readAdapterConfig } from "./adapter.ts";
import { withBuiltIn } from "./built-in.ts";
import { findSnapshot } from "./cache.ts";
import { isRepoName, parseRepoName } from "./name.ts";
import { hubSettings } from "./settings.ts";

export interface AdapterBase {
  readonly applied: AppliedAdapter;
  readonly folder: string;
}

/**
 * Reads the adapter's configuration in `folder` and finds its base: a folder, a built-in model, or a model in the
 * Hub's cache.
 * @throws InputError `no-base` where there is none, and those of {@link readAdapterConfig}
 */
export async function findAdapterBase(folder: string): Promise<AdapterBase> {
  const configFile = join(folder, ADAPTER_CONFIG_FILE);
  const applied = readAdapterConfig(await readJsonObject(configFile), configFile);
  const { base } = applied;
  const path = await withBuiltIn(base);
  if (await isFolder(path)) return { applied, folder: path };
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
