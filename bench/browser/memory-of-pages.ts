/** What the pages of a browser hold, by Linux. */
import { readdirSync, readFileSync } from "node:fs";

/** Processes of pages among those that `root` started. */
export function renderers(root: number): number[] {
  const parents = new Map<number, number>();
  const found: number[] = [];
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!pid) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer")) found.push(pid);
    } catch {
      // It has ended since.
    }
  }
  const descends = (pid: number): boolean => pid === root || (pid > 1 && descends(parents.get(pid) ?? 0));
  return found.filter(descends);
}

/** Megabytes of memory of their own that processes hold: a page's heap, its workers' and WebAssembly's. */
export function megabytes(pids: readonly number[]): number {
  const bytes = pids.map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return 1024 * Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0);
  });
  return bytes.reduce((a, b) => a + b, 0) / 2 ** 20;
}
