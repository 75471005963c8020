/** Files of a disk as sources. */
import { readdir } from "node:fs/promises";
import { didYouMean } from "../../core/did-you-mean.ts";
import { InputError, UsageError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import { builtInSources } from "./built-in-names.ts";
import { csvLibrary } from "./csv-library.ts";
import { openFile } from "./disk.ts";
import { fileSource, isData, knownFormat } from "./formats.ts";
import type { SourceKind } from "./source.ts";
import { isTokenFile } from "./token-files.ts";

/** Any name is a file; this kind comes last. */
export const fileKind: SourceKind = {
  name: "file",
  matches: () => true,
  async open(name, options) {
    if (isTokenFile(name))
      throw new UsageError(
        `${name} has tokens of texts that are prepared already; give it alone, as the ${option("data")} of a training, or to \`openTokenFile\`.`,
        { option: "sources", value: name },
      );
    const file = await openFile(name, isData).catch(async (error: unknown) => {
      throw await withAdvice(error, name);
    });
    return fileSource(file, options, csvLibrary);
  },
};

/** A source that was built in, which runs of 0.1.0 may name. */
const GONE = "moby-dick";

/** A missing name may be a slip for a built-in one; a folder may hold just the file that was meant. */
async function withAdvice(error: unknown, name: string): Promise<unknown> {
  if (!(error instanceof InputError)) return error;
  if (error.code === "missing-file" && name === GONE) {
    return new InputError(
      "missing-file",
      `${GONE}, the novel that came with Punchline 0.1.0, is no longer built in; give a text of your own, or one-liners, and to begin with a model that has read books, fine-tune punchline-gpt2. A run that was trained on the novel goes on with the same text in a file, a paragraph a line, as ${option("data", "FILE")}.`,
      error.details,
      error,
    );
  }
  if (error.code === "missing-file" && !/[./\\]/.test(name)) {
    return new InputError(
      "missing-file",
      `${name === "" ? '""' : name} is neither a file nor a built-in source; ${didYouMean(name, builtInSources)}`,
      error.details,
      error,
    );
  }
  if (error.code === "not-a-file") {
    const inside = await readdir(name).catch(() => []);
    const file = inside.find((entry) => knownFormat(entry) !== undefined);
    if (file !== undefined) {
      return new InputError(
        error.code,
        `${name} is a folder; give a file in it, such as ${file}.`,
        error.details,
      );
    }
  }
  return error;
}
