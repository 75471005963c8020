/**
 * Models by name: from a folder, from the Hub's cache, or from the Hub.
 *
 * @example
 * const folder = await resolveModel("distilgpt2", { onProgress: ({ received, total }) => show(received / total) });
 * const model = await openModelFolder(folder);
 */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../core/errors.ts";
import { readJsonObject } from "../files/json-file.ts";
import { isNetworkError, listRepo, type RepoFile } from "./api.ts";
import { builtInFolder, isBuiltIn, isModelFolder, meansBuiltIn } from "./built-in.ts";
import { cachedModels, findSnapshot, modelCompleteness, repoFolder, writeRef } from "./cache.ts";
import { CONFIG_FILE, noWeights, WEIGHTS_FILE, WEIGHTS_INDEX_FILE } from "./folder.ts";
import { adviceFor, isRepoName, parseRepoName, type RepoName, wellKnownModels } from "./name.ts";
import { shardNames } from "./safetensors-shards.ts";
import { type HubSettings, hubSettings } from "./settings.ts";
import { type Pulled, type PullOptions, Snapshot } from "./snapshot.ts";

/**
 * The folder of a model given as a run folder, a Hugging Face folder, the name of a built-in model, or a name
 * on the Hub (`owner/name@revision`), looked for in this order. A name that is in the cache is used as it is there, without the network;
 * {@link pullModel} brings the newest.
 *
 * @throws InputError `not-a-model` for a path that is no model's folder, `offline` where the model is not
 * cached and the network is not to be used, and those of {@link pullModel}. UsageError for an impossible name, and for a
 * revision of a built-in model.
 */
export async function resolveModel(model: string, options: PullOptions = {}): Promise<string> {
  if (await isModelFolder(model)) return model;
  const found = await stat(model).catch(() => undefined);
  const isFolder = found?.isDirectory() ?? false;
  const builtIn = found && !isBuiltIn(model) ? undefined : meansBuiltIn(model, options.revision);
  if (builtIn !== undefined) return builtInFolder(builtIn);
  // A folder that happens to be called as a model on the Hub, and is no model's, is not meant.
  const known = wellKnownModels.includes(model);
  const meansPath = looksLikePath(model) || (!known && (await standsInFolder(model)));
  const meansHub = !meansPath && (!found || (isFolder && known));
  if (!meansHub) throw await notAModel(model, found !== undefined, isFolder);
  const settings = await hubSettings(options.settings);
  const repo = parseRepoName("model", model, options.revision);
  const cached = await findSnapshot(settings.cacheDir, repo);
  const complete = cached === undefined ? "part" : await modelCompleteness(cached);
  if (cached !== undefined && complete === "all") return cached;
  try {
    return (await pull(repo, settings, options)).path;
  } catch (error) {
    const unavailable = isNetworkError(error) || (error instanceof InputError && error.code === "offline");
    if (unavailable && cached !== undefined && complete === "without-tokenizer") return cached;
    throw isNetworkError(error) && !known && !found ? nowhere(model, error as InputError) : error;
  }
}

/** The folder of a built-in model, or of one on the Hub where it is whole in the cache; never uses the network. */
export async function cachedModel(
  name: string,
  settings?: Partial<HubSettings>,
): Promise<string | undefined> {
  if (isBuiltIn(name)) return builtInFolder(name);
  const { cacheDir } = await hubSettings(settings);
  const path = await findSnapshot(cacheDir, parseRepoName("model", name));
  return path !== undefined && (await modelCompleteness(path)) === "all" ? path : undefined;
}

/**
 * Fetches what is needed of a model on the Hub, and nothing else: configuration, safetensors weights,
 * tokenizer. Files that are cached, also by Python, are not fetched again; a cut download goes on where it
 * was cut; each file is checked against the hash that the Hub announces.
 *
 * @throws InputError `hub-not-found`, `hub-gated`, `hub-unreachable` and the others of `hubFetch`;
 * `hub-cut`, `hub-checksum`, `disk-full` of `downloadBlob`; `pickle-refused` or `not-a-model` where the
 * repository has no safetensors weights; `offline` where HF_HUB_OFFLINE forbids the network and the model is
 * not whole in the cache.
 *
 * A built-in model is there already: its folder is answered, and `built-in` as its commit.
 */
export async function pullModel(name: string, options: PullOptions = {}): Promise<Pulled> {
  const builtIn = meansBuiltIn(name, options.revision);
  if (builtIn !== undefined) return whole(builtInFolder(builtIn), BUILT_IN_COMMIT);
  const repo = parseRepoName("model", name, options.revision);
  const settings = await hubSettings(options.settings);
  return (settings.offline ? await wholeInCache(settings, repo) : undefined) ?? pull(repo, settings, options);
}

/** What a pull would answer without the network, where the cache holds all of a model. */
async function wholeInCache({ cacheDir }: HubSettings, repo: RepoName): Promise<Pulled | undefined> {
  const path = await findSnapshot(cacheDir, repo);
  if (path === undefined || (await modelCompleteness(path)) !== "all") return undefined;
  return whole(path, basename(path));
}

/** What a pull answers of a model that is all in `path`. */
async function whole(path: string, commit: string): Promise<Pulled> {
  const names = (await readdir(path, { recursive: true })).map((name) => name.replaceAll("\\", "/")).sort();
  const sizes = await Promise.all(names.map((name) => stat(join(path, name))));
  const files = names.filter((_, i) => sizes[i]!.isFile());
  const bytes = sizes.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
  return { path, commit, files, bytes, fetched: 0 };
}

/** In place of the commit of a model that comes with the package. */
const BUILT_IN_COMMIT = "built-in";

/** Files beside the weights that a model or its tokenizer may need. */
const COMPANIONS = [
  CONFIG_FILE,
  "generation_config.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "run.json",
];

async function pull(repo: RepoName, settings: HubSettings, options: PullOptions): Promise<Pulled> {
  if (settings.offline) throw await offline(repo, settings);
  const { commit, files } = await listRepo(repo, settings, options.signal);
  const byName = new Map(files.map((file) => [file.path, file]));
  const single = byName.has(WEIGHTS_FILE);
  if (!single && !byName.has(WEIGHTS_INDEX_FILE)) throw noWeights(repo.name, [...byName.keys()]);
  if (!byName.has(CONFIG_FILE)) {
    throw new InputError(
      "not-a-model",
      `${repo.name} on the Hub has no config.json, so it is no model that Punchline reads.`,
      {
        name: repo.name,
      },
    );
  }
  const vocabulary = byName.has("tokenizer.json")
    ? ["tokenizer.json"]
    : ["vocab.json", "merges.txt", "vocab.txt"];
  const present = (names: readonly string[]): RepoFile[] => names.flatMap((name) => byName.get(name) ?? []);
  const snapshot = new Snapshot(repo, commit, settings, options);
  await snapshot.fetch(present([...COMPANIONS, ...vocabulary, single ? WEIGHTS_FILE : WEIGHTS_INDEX_FILE]));
  if (!single) {
    const index = join(snapshot.path, WEIGHTS_INDEX_FILE);
    await snapshot.fetch(present(shardNames(await readJsonObject(index), index)));
  }
  // Last, so that a pull that was cut leaves the branch at its earlier, whole commit.
  await writeRef(repoFolder(settings.cacheDir, repo), repo.revision, commit);
  return snapshot.result();
}

/** Whether `text` is a path by its form: `./a`, `/a`, `~/a`, `C:\\a`, `a/b/c`, `runs/a`. */
function looksLikePath(text: string): boolean {
  if (/^(\.|~|runs\/)|^[A-Za-z]:[\\/]/.test(text)) return true;
  return /[\\/]/.test(text) && !isRepoName(text.replace(/@.*$/, ""));
}

/** Whether `text` names something in a folder that exists here: `models/a` where `models` is one. */
async function standsInFolder(text: string): Promise<boolean> {
  if (!text.includes("/")) return false;
  const parent = await stat(dirname(text)).catch(() => undefined);
  return parent?.isDirectory() ?? false;
}

/** Neither here nor to be asked for: the name may have been meant for either. */
function nowhere(model: string, { code, message, details }: InputError): InputError {
  const hub = message.charAt(0).toLowerCase() + message.slice(1);
  return new InputError(
    code,
    `No folder here is called "${model}", and for a model of the Hub: ${hub}`,
    details,
  );
}

async function notAModel(path: string, found: boolean, isFolder: boolean): Promise<InputError> {
  const fail = (reason: string) => new InputError("not-a-model", `${path} ${reason}`, { path });
  if (isFolder)
    return fail(
      `is not a model's folder: it has no ${CONFIG_FILE}; give a run folder or a Hugging Face folder.`,
    );
  if (found) return fail("is a file; give the model's folder.");
  const parent = dirname(resolve(path));
  const name = basename(path);
  const near = isBuiltIn(name)
    ? ` Did you mean the built-in "${name}"?`
    : adviceFor(name, await readdir(parent).catch(() => []));
  return fail(`does not exist.${near || " Give a run folder, a Hugging Face folder or a name on the Hub."}`);
}

async function offline(repo: RepoName, settings: HubSettings): Promise<InputError> {
  const known = await cachedModels(settings.cacheDir);
  const advice = adviceFor(repo.name, known);
  return new InputError(
    "offline",
    `"${repo.name}" is not whole in the cache (${settings.cacheDir}) and HF_HUB_OFFLINE forbids the network; unset it, or pull the model where there is one.${advice}`,
    { name: repo.name, cached: known },
  );
}
