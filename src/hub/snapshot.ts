/** Fetches files of a repository into its snapshot folder in the cache. */
import { join } from "node:path";
import { withFileLock } from "../files/lock.ts";
import { describeFile, fileUrl, hubFetch, type RepoFile } from "./api.ts";
import { blobLock, exists, linkBlob, repoFolder } from "./cache.ts";
import { downloadBlob } from "./download.ts";
import type { RepoName } from "./name.ts";
import type { HubSettings } from "./settings.ts";

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
export class Snapshot {
  readonly path: string;
  readonly #files: string[] = [];
  #total = 0;
  #received = 0;
  #fetched = 0;
  readonly #repo: RepoName;
  readonly #commit: string;
  readonly #settings: HubSettings;
  readonly #options: PullOptions;

  constructor(repo: RepoName, commit: string, settings: HubSettings, options: PullOptions) {
    this.#repo = repo;
    this.#commit = commit;
    this.#settings = settings;
    this.#options = options;
    this.path = join(repoFolder(settings.cacheDir, repo), "snapshots", commit);
  }

  /** Fetches the files that are not cached, smallest first. Errors: `hubFetch` and `downloadBlob`. */
  async fetch(files: readonly RepoFile[]): Promise<void> {
    const described = [];
    for (const file of files) {
      described.push(
        await describeFile(this.#repo, this.#commit, file, this.#settings, this.#options.signal),
      );
    }
    for (const { size } of described) this.#total += size;
    for (const file of described.sort((a, b) => a.size - b.size)) {
      await this.#fetchOne(file);
      this.#received += file.size;
      this.#files.push(file.path);
      this.#report(file.path, 0);
    }
  }

  result(): Pulled {
    return {
      path: this.path,
      commit: this.#commit,
      files: [...this.#files].sort(),
      bytes: this.#received,
      fetched: this.#fetched,
    };
  }

  async #fetchOne({ path, size, etag }: { path: string; size: number; etag: string }): Promise<void> {
    const pointer = join(this.path, path);
    if (await exists(pointer)) return;
    const { cacheDir, retryDelayMs } = this.#settings;
    const blob = join(repoFolder(cacheDir, this.#repo), "blobs", etag);
    await withFileLock(blobLock(cacheDir, this.#repo, etag), `${this.#repo.name}/${path}`, async () => {
      if (!(await exists(blob))) {
        let known: number | undefined; // the first report counts the bytes of an earlier pull
        await downloadBlob({
          url: fileUrl(this.#repo, this.#commit, path, this.#settings),
          path: blob,
          size,
          etag,
          fetch: hubFetch(this.#repo, this.#settings, this.#options.signal),
          retryDelayMs,
          onProgress: (received) => {
            this.#fetched += Math.max(0, received - (known ?? received));
            known = received;
            this.#report(path, received);
          },
          signal: this.#options.signal,
        });
      }
      await linkBlob(blob, pointer);
    });
  }

  #report(file: string, ofThisFile: number): void {
    const received = this.#received + ofThisFile;
    this.#options.onProgress?.({ file, received, total: this.#total, fetched: this.#fetched });
  }
}
