/** Fetches files of a repository into its snapshot folder in the cache. */
import { join } from "node:path";
import { optionNames } from "../core/options.ts";
import { exists } from "../files/exists.ts";
import { withFileLock } from "../files/lock.ts";
import { describeFile, fileUrl, hubFetch, type RepoFile } from "./api.ts";
import { blobLock, linkBlob, repoFolder } from "./cache.ts";
import { downloadBlob } from "./download.ts";
import type { RepoName } from "./name.ts";
import { type HubSettings, hubSettingNames } from "./settings.ts";

export interface PullProgress {
  /** The file that is being fetched. */
  readonly file: string;
  /** Bytes received of all files of this pull, cached ones included. */
  readonly received: number;
  /** Bytes of all files known so far; a model's shards are added when its index is read. */
  readonly total: number;
  /** Bytes received over the network, without those in the cache or of an earlier, cut pull. */
  readonly fetched: number;
}

export interface PullOptions {
  /** A branch, tag or commit; goes before `@revision` in the name. */
  readonly revision?: string | undefined;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Stops the download; the next one resumes from there. */
  readonly signal?: AbortSignal | undefined;
  /** Replaces settings of the environment, for tests and programs with a cache of their own. */
  readonly settings?: Partial<HubSettings> | undefined;
}

const inPullOptions = { settings: hubSettingNames } as const;
export const pullOptionNames = optionNames<keyof PullOptions>()(
  "revision onProgress signal settings",
  inPullOptions,
);
export const datasetOptionNames = optionNames<keyof PullOptions | "accept">()(
  "revision onProgress signal settings accept",
  inPullOptions,
);

export interface Pulled {
  /** The snapshot's folder in the cache. */
  readonly path: string;
  readonly commit: string;
  /** Paths below `path`. */
  readonly files: readonly string[];
  /** Bytes of these files. */
  readonly bytes: number;
  /** Bytes that came over the network. */
  readonly fetched: number;
}

/** Fetches files of one commit, in one or several calls; progress counts over all calls. */
export interface Snapshot {
  /** Its folder in the cache. */
  readonly path: string;
  /** Fetches the files that are not cached, smallest first. Errors: `hubFetch` and `downloadBlob`. */
  fetch(files: readonly RepoFile[]): Promise<void>;
  result(): Pulled;
}

export function openSnapshot(
  repo: RepoName,
  commit: string,
  settings: HubSettings,
  { signal, onProgress }: PullOptions,
): Snapshot {
  const { cacheDir, retryDelayMs } = settings;
  const folder = repoFolder(cacheDir, repo);
  const path = join(folder, "snapshots", commit);
  const done: string[] = [];
  let [total, received, fetched] = [0, 0, 0];
  const report = (file: string, ofThisFile = 0) =>
    onProgress?.({ file, received: received + ofThisFile, total, fetched });

  async function fetchOne(file: string, size: number, etag: string): Promise<void> {
    const pointer = join(path, file);
    if (await exists(pointer)) return;
    const blob = join(folder, "blobs", etag);
    await withFileLock(blobLock(cacheDir, repo, etag), `${repo.name}/${file}`, async () => {
      if (!(await exists(blob))) {
        let known: number | undefined; // the first report counts the bytes of an earlier pull
        await downloadBlob({
          url: fileUrl(repo, commit, file, settings),
          path: blob,
          size,
          etag,
          fetch: hubFetch(repo, settings, signal),
          retryDelayMs,
          onProgress: (now) => {
            fetched += Math.max(0, now - (known ?? now));
            known = now;
            report(file, now);
          },
          signal,
        });
      }
      await linkBlob(blob, pointer);
    });
  }

  return {
    path,
    async fetch(files) {
      const described = [];
      for (const file of files) described.push(await describeFile(repo, commit, file, settings, signal));
      for (const { size } of described) total += size;
      for (const { path: file, size, etag } of described.sort((a, b) => a.size - b.size)) {
        await fetchOne(file, size, etag);
        received += size;
        done.push(file);
        report(file);
      }
    },
    result: () => ({ path, commit, files: done.toSorted(), bytes: received, fetched }),
  };
}
