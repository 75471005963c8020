/** Data sets of the Hugging Face Hub, `hf:owner/name`, as the files that a downloader fetches. */
import { UsageError } from "../../core/errors.ts";
import { fileKind } from "./file.ts";
import type { SourceKind, TextSource } from "./source.ts";

const prefix = "hf:";

/**
 * A kind of source whose files `download` fetches, given the name without `hf:`; they are read as one, in order.
 * @example prepareData("hf:owner/jokes", { kinds: [hubKind(pullDataset)] })
 */
export function hubKind(download: (name: string) => Promise<readonly string[]>): SourceKind {
  return {
    name: "hub",
    matches: (name) => name.startsWith(prefix),
    async open(name, options) {
      const files: TextSource[] = [];
      for (const file of await download(name.slice(prefix.length))) {
        files.push(await fileKind.open(file, options));
      }
      const first = files[0];
      if (!first) throw new UsageError(`${name} has no data files; name another data set.`);
      return {
        name,
        format: first.format,
        get column() {
          return first.column;
        },
        get promptColumn() {
          return first.promptColumn;
        },
        get reading() {
          return first.reading;
        },
        get progress() {
          return {
            bytes: files.reduce((sum, { progress }) => sum + progress.bytes, 0),
            totalBytes: files.reduce((sum, { progress }) => sum + progress.totalBytes, 0),
          };
        },
        async *batches() {
          for (const file of files) yield* file.batches();
        },
      };
    },
  };
}

/** Refuses such names where there is no downloader. */
export const noHubKind: SourceKind = {
  name: "hub",
  matches: (name) => name.startsWith(prefix),
  open: async (name) => {
    throw new UsageError(
      `${name} is a data set of the Hugging Face Hub and no downloader is at hand; ` +
        "download its .parquet, .csv or .jsonl file and give that.",
    );
  },
};
