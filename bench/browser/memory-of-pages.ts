/** What the pages of a browser hold, by Linux. */
import { readFileSync } from "node:fs";
import { descendants } from "../processes.ts";

/** Processes of pages among those that `root` started. */
export const renderers = (root: number): number[] => descendants(root).filter(isRenderer);

function isRenderer(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer");
  } catch {
    return false; // It has ended since.
  }
}

/** Megabytes of memory of their own that processes hold: a page's heap, its workers' and WebAssembly's. */
export function megabytes(pids: readonly number[]): number {
  const bytes = pids.map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return 1024 * Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0);
  });
  return bytes.reduce((a, b) => a + b, 0) / 2 ** 20;
}
