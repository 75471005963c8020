/** Writing a page: it replaces nothing but a page, so that a mistaken name cannot cost a file of texts. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { version } from "../../core/version.ts";
import { writeFileAtomic } from "../../files/atomic.ts";
import { type ReportData, renderReport } from "../index.ts";

/**
 * Call it before long work; {@link writePage} checks again.
 * @throws UsageError where something is there that is no HTML page
 */
export function refuseOverOther(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory())
    throw new UsageError(
      `${file} is a folder; give a file in it for the page, such as ${join(file, "report.html")}.`,
    );
  // Writing itself refuses what is no file.
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
export async function writePage(file: string, page: ReportData): Promise<void> {
  refuseOverOther(file);
  await writeFileAtomic(file, await renderReport(page));
}

function machine(): string {
  const all = cpus();
  const model = all[0]?.model.replace(/\s+/g, " ").trim() || "unknown processor";
  return `${model}, ${all.length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}`;
}

/** The foot of a page: when, by which command, on which machine and with which versions it was made. */
export function provenance(command: string, seconds?: number): ReportData["provenance"] {
  return {
    date: new Date().toISOString(),
    command,
    machine: machine(),
    versions: `Punchline ${version}, Node ${process.versions.node}`,
    seconds,
  };
}
