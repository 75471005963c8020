/** Processes that other processes started, by Linux; elsewhere none are found. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** All processes that `root` started, and those that these started. */
export function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of existsSync("/proc") ? readdirSync("/proc") : []) {
    const pid = Number(entry);
    if (!pid) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It has ended since.
    }
  }
  const descends = (pid: number): boolean => pid === root || (pid > 1 && descends(parents.get(pid) ?? 0));
  return [...parents.keys()].filter((pid) => pid !== root && descends(pid));
}

/** Ends a process that was started `detached`, all of its group, and what these have started. */
export function endTree(leader: number): void {
  for (const pid of [...descendants(leader), -leader, leader]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended since.
    }
  }
}
