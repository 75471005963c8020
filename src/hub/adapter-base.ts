/** The base model of an adapter's folder: found by its name, checked by its fingerprint. */
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { isFolder } from "../files/exists.ts";
import { readJsonObject } from "../files/json-file.ts";
import { ADAPTER_CONFIG_FILE, type AppliedAdapter, readAdapterConfig } from "./adapter.ts";
import { withBuiltIn } from "./built-in.ts";
import { findSnapshot } from "./cache.ts";
import { knownName } from "./model-name.ts";
import { isRepoName, parseRepoName } from "./name.ts";
import { hubSettings } from "./settings.ts";

export interface AdapterBase {
  readonly applied: AppliedAdapter;
  readonly folder: string;
  /** Whether the folder was chosen, and not found by the base's name. */
  readonly given: boolean;
}

/**
 * Reads the adapter's configuration in `folder` and finds its base: a folder, a built-in model, or a model in the
 * Hub's cache.
 * @param given the base's folder, where it is chosen
 * @throws InputError `no-base` where there is none, and those of {@link readAdapterConfig}
 */
export async function findAdapterBase(folder: string, given?: string): Promise<AdapterBase> {
  const configFile = join(folder, ADAPTER_CONFIG_FILE);
  const applied = readAdapterConfig(await readJsonObject(configFile), configFile);
  if (given !== undefined) return { applied, folder: given, given: true };
  const { base } = applied;
  const path = await withBuiltIn(base);
  if (await isFolder(path)) return { applied, folder: path, given: false };
  const advice = isRepoName(base.replace(/@.*$/, "")) ? `; fetch it with "punchline pull ${base}"` : "";
  if (advice) {
    const { cacheDir } = await hubSettings();
    const cached = await findSnapshot(cacheDir, parseRepoName("model", base));
    if (cached !== undefined) return { applied, folder: cached, given: false };
  }
  throw new InputError(
    "no-base",
    `${folder} is an adapter of "${base}", which is not there${advice || "; put the folder back"}.`,
    { folder, base },
  );
}

/**
 * Checks that an adapter is one of the model that it is applied to, where anything tells: the fingerprint that the
 * adapter recorded of its base, else the names of both. Names of equal models differ in their owners, and in what they
 * say of the bits that they are stored in.
 * @throws InputError `other-base`
 */
export function checkGivenBase(
  adapter: string,
  { applied, folder }: AdapterBase,
  recorded: string | undefined,
  fingerprint: string,
): void {
  const { base } = applied;
  const fail = (reason: string) =>
    new InputError(
      "other-base",
      `${adapter} is an adapter of "${base}", ${reason}; apply it to the model that it was trained on.`,
      { adapter, base, folder },
    );
  if (recorded !== undefined) {
    if (recorded !== fingerprint) throw fail(`and the weights of ${folder} are others`);
    return;
  }
  const name = knownName(folder);
  if (name !== undefined && isRepoName(base) && plainName(base) !== plainName(name))
    throw fail(`and not of "${name}"`);
}

const plainName = (name: string): string =>
  name
    .replace(/^.*\//, "")
    .toLowerCase()
    .replace(/-(unsloth-)?bnb-4bit$/, "");
