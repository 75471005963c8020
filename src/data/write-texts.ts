/** Prepared texts into a file that any tool, and Punchline again, can read. */
import { rename, writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { UsageError } from "../core/errors.ts";
import type { PreparedData } from "./prepare.ts";
import { type SplitName, splitNames } from "./split.ts";

/** One text as a line, its line break included. */
type LineOf = (text: string, split: SplitName) => string;

const formats: Readonly<Record<string, { readonly header: string; readonly line: LineOf }>> = {
  ".jsonl": { header: "", line: (text, split) => `${JSON.stringify({ text, split })}\n` },
  ".csv": { header: "text,split\n", line: (text, split) => `"${text.replaceAll('"', '""')}",${split}\n` },
  ".txt": { header: "", line: (text) => `${text}\n` },
};

/**
 * A writer of prepared items to `path`, in the format of its extension: `.jsonl` and `.csv` with fields `text`
 * and `split`, `.txt` with one text per line. The file appears when it is whole.
 * @throws UsageError for another extension; at once, before anything is prepared.
 */
export function textFileWriter(path: string): (data: PreparedData) => Promise<void> {
  const format = formats[extname(path).toLowerCase()];
  if (!format) {
    const known = Object.keys(formats).join(", ");
    throw new UsageError(`Cannot tell the format of ${path}; give a name that ends in one of ${known}.`);
  }
  return async ({ splits }) => {
    const temporary = `${path}.partial`;
    await writeFile(temporary, lines(splits, format.header, format.line));
    await rename(temporary, path);
  };
}

/** The file's contents, some thousand lines at a time. */
function* lines(splits: PreparedData["splits"], header: string, line: LineOf): Generator<string> {
  if (header) yield header;
  for (const split of splitNames) {
    const texts = splits[split];
    for (let i = 0; i < texts.length; i += 4096) {
      yield texts
        .slice(i, i + 4096)
        .map((text) => line(text, split))
        .join("");
    }
  }
}
