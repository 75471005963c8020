/** The models that are on this machine under a name: those of the package, and those in the Hub's cache. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions } from "../core/options.ts";
import { builtInFolder, builtInModels, builtInRoot, isBuiltIn } from "../hub/built-in.ts";
import { cachedModels } from "../hub/cache.ts";
import { readModelConfig } from "../hub/folder.ts";
import { cachedModel } from "../hub/pull.ts";
import { type HubSettings, hubSettingNames, hubSettings } from "../hub/settings.ts";
import { countParameters } from "../models/model.ts";
import { buildModel } from "../models/registry.ts";

export interface ListedModel {
  readonly name: string;
  readonly builtIn: boolean;
  /** Whether it predicts the next token or a hidden one; undefined of a model that Punchline cannot run. */
  readonly kind: "causal" | "masked" | undefined;
  readonly architecture: string | undefined;
  readonly parameters: number | undefined;
  /** Tokens that it sees at once; undefined where nothing bounds them. */
  readonly context: number | undefined;
  /** Bytes of its files. */
  readonly bytes: number;
  readonly path: string;
  readonly about: string;
  /** The file or page of its model card. */
  readonly card: string;
}

/** The built-in models, and those that are whole in the Hub's cache by their names. Never uses the network. */
export async function listModels(given: Partial<HubSettings> = {}): Promise<ListedModel[]> {
  checkOptions(given, hubSettingNames);
  const settings = await hubSettings(given);
  const builtIn = builtInModels.map(async ({ name, about }) => ({
    name,
    ...(await describeModel(builtInFolder(name))),
    about,
    card: join(builtInRoot(), "README.md"),
  }));
  const cached = (await cachedModels(settings.cacheDir)).sort().map(async (name) => {
    const path = await cachedModel(name, settings).catch(() => undefined);
    if (path === undefined || isBuiltIn(name)) return [];
    return [
      {
        name,
        ...(await describeModel(path)),
        about: "In the Hub's cache",
        card: `${settings.endpoint}/${name}`,
      },
    ];
  });
  const all = [...(await Promise.all(builtIn)), ...(await Promise.all(cached)).flat()];
  return all.map((model) => ({ ...model, builtIn: isBuiltIn(model.name) }));
}

/** The model in a folder; one that cannot be built leaves its facts open. */
export async function describeModel(
  path: string,
): Promise<Omit<ListedModel, "name" | "builtIn" | "about" | "card">> {
  const model = await readModelConfig(path)
    .then((config) => buildModel(config, { folder: path }))
    .catch(() => undefined);
  return {
    path,
    bytes: await bytesOf(path),
    kind: model && (model.predicts === "masked" ? ("masked" as const) : ("causal" as const)),
    architecture: model?.architecture.type,
    parameters: model && countParameters(model),
    context: model?.contextLength,
  };
}

async function bytesOf(path: string): Promise<number> {
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => stat(join(path, name)).catch(() => undefined)));
  return sizes.reduce((sum, entry) => sum + (entry?.isFile() ? entry.size : 0), 0);
}
