/** Pages take the place of pages alone: a name given by mistake must not cost a file of texts. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { UsageError } from "../../core/errors.ts";
import { writeFileAtomic } from "../../files/atomic.ts";

/**
 * Call it before long work; {@link writePage} checks again.
 * @throws UsageError where the file exists and is no HTML page
 */
export function refuseOverOther(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  // What is no file is refused by the writing itself, in its own words.
  if (!found?.isFile() || found.size === 0) return;
  const handle = openSync(file, "r");
  const start = Buffer.alloc(256);
  const length = readSync(handle, start, 0, start.length, 0);
  closeSync(handle);
  if (/^\s*<!doctype html/i.test(start.toString("latin1", 0, length).replace("\u00ef\u00bb\u00bf", "")))
    return;
  throw new UsageError(
    `${file} exists and is not an HTML page; a page would replace it. Choose another name for the page.`,
  );
}

/** Writes a page whole or not at all. @throws UsageError where it would replace something else */
export async function writePage(file: string, html: string): Promise<void> {
  refuseOverOther(file);
  await writeFileAtomic(file, html);
}
