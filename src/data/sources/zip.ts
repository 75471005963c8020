/** The one data file in a zip archive, such as a Kaggle download. */
import { readFile } from "node:fs/promises";
import { InputError } from "../../core/errors.ts";

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Unpacks the only file of the archive at `path` that `isData` knows by its name.
 * @throws InputError `archive` where there is none, or more than one, and `broken-zip`
 */
export async function onlyEntry(path: string, isData: (name: string) => boolean): Promise<ZipEntry> {
  const { unzipSync } = await import("fflate");
  const archive = await readFile(path);
  const names: string[] = [];
  try {
    unzipSync(archive, { filter: ({ name }) => !isHidden(name) && isData(name) && names.push(name) < 0 });
    const [name, second] = names;
    if (name === undefined || second !== undefined) {
      throw new InputError(
        "archive",
        name === undefined
          ? `${path} is a zip archive without a file of texts; give a file of one of the known formats.`
          : `${path} is a zip archive of ${names.length} files (${name}, ${second}${names.length > 2 ? ", ..." : ""}); ` +
              "unpack it and give the files that are meant.",
        { file: path },
      );
    }
    return { name, bytes: unzipSync(archive, { filter: (entry) => entry.name === name })[name]! };
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(
      "broken-zip",
      `${path} is not a whole zip archive (${(cause as Error).message}); fetch it again.`,
      { file: path },
      cause,
    );
  }
}

/** What macOS adds to archives. */
const isHidden = (name: string): boolean => name.startsWith("__MACOSX/") || /(^|\/)\./.test(name);
