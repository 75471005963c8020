import { readFileSync } from "node:fs";

/**
 * The most bytes that this process has had in memory. From `/proc` where the kernel keeps it: the `maxRSS` of
 * getrusage(2) begins, in a child process, with what its parent has.
 */
export function peakBytes(): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))!;
    return 1024 * Number(kilobytes);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}
