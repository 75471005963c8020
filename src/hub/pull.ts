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
import { checkOptions, checkText } from "../core/options.ts";
import { isFolder } from "../files/exists.ts";
import { readJsonObject } from "../files/json-file.ts";
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from "./adapter.ts";
import { isNetworkError, listRepo, type RepoFile } from "./api.ts";
import { builtInFolder, isBuiltIn, isModelFolder, meansBuiltIn } from "./built-in.ts";
import { cachedModels, findSnapshot, modelCompleteness, repoFolder, writeRef } from "./cache.ts";
import { CONFIG_FILE } from "./folder.ts";
import { adviceFor, isRepoName, parseRepoName, type RepoName, wellKnownModels } from "./name.ts";
import { noWeights } from "./no-weights.ts";
import { WEIGHTS_FILE } from "./safetensors.ts";
import { type HubSettings, hubSettings } from "./settings.ts";
import { shardNames, WEIGHTS_INDEX_FILE } from "./shard-map.ts";
import { openSnapshot, type Pulled, type PullOptions, pullOptionNames } from "./snapshot.ts";

/**
 * The folder of a model, looked for in this order: the name of a built-in model, a run folder or Hugging Face folder,
 * a name on the Hub (`owner/name@revision`). A folder that has the name of a built-in model is `./NAME`. A model in
 * the cache is used without the network; {@link pullModel} fetches the newest commit.
 *
 * @throws InputError `not-a-model` for a path that is no model's folder, `offline` where the model is not cached
 * and HF_HUB_OFFLINE is set, and those of {@link pullModel}; UsageError for an invalid name, and for a revision of
 * a built-in model.
 */
export async function resolveModel(model: string, options: PullOptions = {}): Promise<string> {
  checkOptions(options, pullOptionNames);
  checkText(model, "model");
  if (!isBuiltIn(model) && (await isModelFolder(model))) return model;
  const found = await stat(model).catch(() => undefined);
  const folder = found?.isDirectory() ?? false;
  const builtIn = found && !isBuiltIn(model) ? undefined : meansBuiltIn(model, options.revision);
  if (builtIn !== undefined) return builtInFolder(builtIn);
  // A folder with the name of a well-known model on the Hub, but without a model in it, does not count.
  const known = wellKnownModels.includes(model);
  const meansPath = looksLikePath(model) || (!known && (await hasParentFolder(model)));
  const meansHub = !meansPath && (!found || (folder && known));
  if (!meansHub) throw await notAModel(model, found !== undefined, folder);
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
    throw isNetworkError(error) && !known && !found ? notFoundAnywhere(model, error as InputError) : error;
  }
}

/** The folder of a built-in model, or of one that is complete in the Hub's cache; never uses the network. */
export async function cachedModel(
  name: string,
  settings?: Partial<HubSettings>,
): Promise<string | undefined> {
  if (isBuiltIn(name)) return builtInFolder(name);
  return completeIn(await hubSettings(settings), parseRepoName("model", name));
}

/**
 * Fetches the files of a model on the Hub that Punchline needs: configuration, safetensors weights, tokenizer; of a
 * LoRA adapter its own files, and not its base.
 * Cached files, Python's too, are not fetched again; a cut download resumes where it was cut; each file is checked
 * against the hash that the Hub announces. For a built-in model, returns its folder, and `built-in` as the commit.
 *
 * @throws InputError `hub-not-found`, `hub-gated`, `hub-unreachable` and the others of `hubFetch`; `hub-cut`,
 * `hub-checksum`, `disk-full` of `downloadBlob`; `pickle-refused` or `not-a-model` where the repository has no
 * safetensors weights; `offline` where HF_HUB_OFFLINE is set and the model is not complete in the cache.
 */
export async function pullModel(name: string, options: PullOptions = {}): Promise<Pulled> {
  checkOptions(options, pullOptionNames);
  checkText(name, "name");
  const builtIn = meansBuiltIn(name, options.revision);
  if (builtIn !== undefined) return completePull(builtInFolder(builtIn), BUILT_IN_COMMIT);
  const repo = parseRepoName("model", name, options.revision);
  const settings = await hubSettings(options.settings);
  const cached = settings.offline ? await completeIn(settings, repo) : undefined;
  return cached === undefined ? pull(repo, settings, options) : completePull(cached, basename(cached));
}

/** The folder of a model that is complete in the cache. */
async function completeIn({ cacheDir }: HubSettings, repo: RepoName): Promise<string | undefined> {
  const path = await findSnapshot(cacheDir, repo);
  return path !== undefined && (await modelCompleteness(path)) === "all" ? path : undefined;
}

async function completePull(path: string, commit: string): Promise<Pulled> {
  const names = (await readdir(path, { recursive: true })).map((name) => name.replaceAll("\\", "/")).sort();
  const sizes = await Promise.all(names.map((name) => stat(join(path, name))));
  const files = names.filter((_, i) => sizes[i]!.isFile());
  const bytes = sizes.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
  return { path, commit, files, bytes, fetched: 0 };
}

const BUILT_IN_COMMIT = "built-in";

/** Files that a model or its tokenizer may need besides weights and vocabulary. */
const COMPANIONS = [
  CONFIG_FILE,
  "generation_config.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "chat_template.jinja",
  "run.json",
];

async function pull(repo: RepoName, settings: HubSettings, options: PullOptions): Promise<Pulled> {
  if (settings.offline) throw await offline(repo, settings);
  const { commit, files } = await listRepo(repo, settings, options.signal);
  const byName = new Map(files.map((file) => [file.path, file]));
  const single = byName.has(WEIGHTS_FILE);
  const sharded = !single && byName.has(WEIGHTS_INDEX_FILE);
  const adapter = !single && !sharded && byName.has(ADAPTER_CONFIG_FILE);
  if (!single && !sharded && !(adapter && byName.has(ADAPTER_WEIGHTS_FILE)))
    throw noWeights(repo.name, [...byName.keys()]);
  if (!adapter && !byName.has(CONFIG_FILE)) {
    throw new InputError(
      "not-a-model",
      `${repo.name} on the Hub has no config.json, so it is no model that Punchline reads.`,
      { name: repo.name },
    );
  }
  const vocabulary = byName.has("tokenizer.json")
    ? ["tokenizer.json"]
    : ["vocab.json", "merges.txt", "vocab.txt"];
  const present = (names: readonly string[]): RepoFile[] => names.flatMap((name) => byName.get(name) ?? []);
  const snapshot = openSnapshot(repo, commit, settings, options);
  const weights = adapter
    ? [ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE]
    : [single ? WEIGHTS_FILE : WEIGHTS_INDEX_FILE];
  await snapshot.fetch(present([...COMPANIONS, ...vocabulary, ...weights]));
  if (sharded) {
    const index = join(snapshot.path, WEIGHTS_INDEX_FILE);
    await snapshot.fetch(present(shardNames(await readJsonObject(index), index)));
  }
  // Last, so that after a cut the branch still points to its earlier, complete commit.
  await writeRef(repoFolder(settings.cacheDir, repo), repo.revision, commit);
  return snapshot.result();
}

/** Whether `text` looks like a path: `./a`, `/a`, `~/a`, `C:\\a`, `a/b/c`, `runs/a`. */
function looksLikePath(text: string): boolean {
  if (/^(\.|~|runs\/)|^[A-Za-z]:[\\/]/.test(text)) return true;
  return /[\\/]/.test(text) && !isRepoName(text.replace(/@.*$/, ""));
}

/** Whether the parent folder of `text` exists: `models` of `models/a`. */
async function hasParentFolder(text: string): Promise<boolean> {
  return text.includes("/") && isFolder(dirname(text));
}

/** The error for a name that is no folder here, while the Hub cannot be asked. */
function notFoundAnywhere(model: string, { code, message, details }: InputError): InputError {
  const hub = message.charAt(0).toLowerCase() + message.slice(1);
  return new InputError(
    code,
    `No folder here is called "${model}", and for a model of the Hub: ${hub}`,
    details,
  );
}

async function notAModel(path: string, found: boolean, folder: boolean): Promise<InputError> {
  const fail = (reason: string) => new InputError("not-a-model", `${path} ${reason}`, { path });
  if (folder)
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
