/** Fetches data sets from the Hub, as files that Punchline reads. */
import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { InputError } from "../core/errors.ts";
import { checkOptions, checkText } from "../core/options.ts";
import { isNetworkError, listRepo } from "./api.ts";
import { findSnapshot, repoFolder, writeRef } from "./cache.ts";
import { parseRepoName } from "./name.ts";
import { hubSettings } from "./settings.ts";
import { datasetOptionNames, openSnapshot, type PullOptions } from "./snapshot.ts";

/** Formats of data files, best first; a repository with its rows in several is read in the best only. */
const KINDS = [".parquet", ".csv", ".jsonl", ".tsv", ".json", ".txt"];
/** Files that describe a data set and hold no rows. */
const NOT_DATA = /(^|\/)(dataset_infos?\.json|README[^/]*|LICENSE[^/]*|requirements\.txt|\.[^/]*)$/i;

export interface DatasetOptions extends PullOptions {
  /** Selects data files by their path in the repository, such as `data/train-00000.parquet`; default: all. */
  readonly accept?: ((path: string) => boolean) | undefined;
}

/**
 * Fetches the data files (.parquet, else .csv, .jsonl, .tsv, .json, .txt; gzip too) of the data set
 * `owner/name@revision`, also written `hf:owner/name`, into the Hub's cache.
 *
 * @returns full paths, sorted.
 * @throws InputError `no-data` where it has no such files, and those of `pullModel`.
 */
export async function pullDataset(name: string, options: DatasetOptions = {}): Promise<string[]> {
  checkOptions(options, datasetOptionNames);
  checkText(name, "name");
  const settings = await hubSettings(options.settings);
  const repo = parseRepoName("dataset", name.replace(/^hf:/, ""), options.revision);
  const choose = (paths: readonly string[]) => dataFiles(paths).filter(options.accept ?? (() => true));
  const fromCache = async (): Promise<string[]> => {
    const folder = await findSnapshot(settings.cacheDir, repo);
    if (folder === undefined) return [];
    const paths = (await readdir(folder, { recursive: true })).map((path) => path.replaceAll("\\", "/"));
    return choose(paths).map((path) => join(folder, path));
  };
  if (settings.offline) {
    const cached = await fromCache();
    if (cached.length > 0) return cached;
    throw new InputError(
      "offline",
      `The data set "${repo.name}" is not in the cache (${settings.cacheDir}) and HF_HUB_OFFLINE forbids the network; unset it.`,
      { name: repo.name },
    );
  }
  try {
    const { commit, files } = await listRepo(repo, settings, options.signal);
    const chosen = new Set(choose(files.map((file) => file.path)));
    if (chosen.size === 0) {
      throw new InputError(
        "no-data",
        `The data set "${repo.name}" has no file of the kinds ${KINDS.join(", ")}; look for another revision, such as refs/convert/parquet.`,
        { name: repo.name },
      );
    }
    const snapshot = openSnapshot(repo, commit, settings, options);
    await snapshot.fetch(files.filter((file) => chosen.has(file.path)));
    await writeRef(repoFolder(settings.cacheDir, repo), repo.revision, commit);
    return snapshot.result().files.map((path) => join(snapshot.path, path));
  } catch (error) {
    if (!isNetworkError(error)) throw error;
    const cached = await fromCache();
    if (cached.length === 0) throw error;
    return cached;
  }
}

/** The data files among `paths`: all of the best format that there is, sorted. */
function dataFiles(paths: readonly string[]): string[] {
  const kindOf = (path: string) => extname(path.replace(/\.gz$/i, "")).toLowerCase();
  const data = paths.filter((path) => !NOT_DATA.test(path)).sort();
  for (const kind of KINDS) {
    const found = data.filter((path) => kindOf(path) === kind);
    if (found.length > 0) return found;
  }
  return [];
}
