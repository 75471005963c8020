/** Data sets of the Hugging Face Hub, `hf:owner/name`, which are no source until their files are here. */
import { UsageError } from "../../core/errors.ts";
import type { SourceKind } from "./source.ts";

const prefix = "hf:";

/** A downloader fetches them first; here such names are refused. */
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
