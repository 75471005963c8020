/** The machine that figures were measured on, in words. */
import { cpus, totalmem } from "node:os";

export function machine(): string {
  const all = cpus();
  const model = all[0]?.model.replace(/\s+/g, " ").trim() || "unknown processor";
  return `${model}, ${all.length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}`;
}
