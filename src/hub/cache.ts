/**
 * The Hub's cache in the layout of Python's huggingface_hub, so that each finds what the other has fetched:
 * `models--owner--name/` with `blobs/ETAG` (the bytes), `snapshots/COMMIT/PATH` (links to them) and
 * `refs/REVISION` (the commit of a branch when it was fetched).
 */
import { copyFile, readdir, readFile, rm, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { writeFileAtomic } from "../files/atomic.ts";
import { exists } from "../files/exists.ts";
import { fileError, systemCode } from "../files/file-errors.ts";
import { readJsonObject } from "../files/json-file.ts";
import { makeFolder } from "../files/make-folder.ts";
import { regularFileIfAny } from "../files/regular-file.ts";
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from "./adapter.ts";
import { repoId } from "./api.ts";
import { hubLibrary } from "./library.ts";
import { type RepoName, sameModel } from "./name.ts";
import { shardNames } from "./shard-map.ts";

const folderName = (repo: RepoName): string => hubLibrary().getRepoFolderName(repoId(repo));

export function repoFolder(cacheDir: string, repo: RepoName): string {
  return join(cacheDir, folderName(repo));
}

export function blobLock(cacheDir: string, repo: RepoName, etag: string): string {
  return join(cacheDir, ".locks", folderName(repo), `${etag}.punchline.lock`);
}

/** The folder of `repo` at its revision, where any of its files are cached under any of its names. */
export async function findSnapshot(cacheDir: string, repo: RepoName): Promise<string | undefined> {
  const names = repo.kind === "model" ? sameModel(repo.name) : [repo.name];
  for (const name of names) {
    const folder = repoFolder(cacheDir, { ...repo, name });
    const commit = await readRef(folder, repo.revision);
    const snapshot = join(folder, "snapshots", commit);
    if (await exists(snapshot)) return snapshot;
  }
  return undefined;
}

async function readRef(folder: string, revision: string): Promise<string> {
  await regularFileIfAny(join(folder, "refs", revision));
  return readFile(join(folder, "refs", revision), "utf8").then(
    (text) => text.trim(),
    () => revision, // a commit, or not cached
  );
}

/** Records the commit of a branch or tag. */
export async function writeRef(folder: string, revision: string, commit: string): Promise<void> {
  if (revision !== commit) await writeFileAtomic(join(folder, "refs", revision), commit);
}

/** Gives a blob its name in a snapshot: a relative link, or a copy where links are not allowed. */
export async function linkBlob(blob: string, pointer: string): Promise<void> {
  try {
    await makeFolder(dirname(pointer));
    await rm(pointer, { force: true });
    await symlink(relative(dirname(pointer), blob), pointer).catch(async (cause: unknown) => {
      if (!/^(EPERM|ENOSYS|ENOTSUP)$/.test(systemCode(cause) ?? "")) throw cause;
      await copyFile(blob, pointer);
    });
  } catch (cause) {
    throw fileError("write", pointer, cause);
  }
}

/** How much of a model a folder holds: `all`, all but the tokenizer, or only a `part`. An adapter has its base's. */
export async function modelCompleteness(folder: string): Promise<"all" | "without-tokenizer" | "part"> {
  const has = (name: string) => exists(join(folder, name));
  if (!(await hasWeights(folder)))
    return (await has(ADAPTER_CONFIG_FILE)) && (await has(ADAPTER_WEIGHTS_FILE)) ? "all" : "part";
  if (!(await has("config.json"))) return "part";
  const tokenizer =
    (await has("tokenizer.json")) ||
    (await has("vocab.txt")) ||
    ((await has("vocab.json")) && (await has("merges.txt")));
  return tokenizer ? "all" : "without-tokenizer";
}

async function hasWeights(folder: string): Promise<boolean> {
  if (await exists(join(folder, "model.safetensors"))) return true;
  const index = join(folder, "model.safetensors.index.json");
  if (!(await exists(index))) return false;
  for (const name of shardNames(await readJsonObject(index), index)) {
    if (!(await exists(join(folder, name)))) return false;
  }
  return true;
}

/** The names of models that are in the cache, at least in part. */
export async function cachedModels(cacheDir: string): Promise<string[]> {
  const names = await readdir(cacheDir).catch(() => []);
  return names
    .filter((n) => n.startsWith("models--"))
    .map((n) => n.slice("models--".length).replaceAll("--", "/"));
}
