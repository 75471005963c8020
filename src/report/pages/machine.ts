/** The machine that figures were measured on, and how a page came about, in words. */
import { cpus, totalmem } from "node:os";
import { version } from "../../core/version.ts";
import type { ReportData } from "../index.ts";

function machine(): string {
  const all = cpus();
  const model = all[0]?.model.replace(/\s+/g, " ").trim() || "unknown processor";
  return `${model}, ${all.length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}`;
}

/** The foot of a page: when, by which command, where and with what it was made. */
export function made(command: string, seconds?: number): ReportData["made"] {
  return {
    date: new Date().toISOString(),
    command,
    machine: machine(),
    versions: `Punchline ${version}, Node ${process.versions.node}`,
    ...(seconds === undefined ? {} : { seconds }),
  };
}
