/** Reads the table of what a shell may complete. */
import { readFileSync } from "node:fs";
import type { CommandEntry } from "../registry.ts";
import { type CompletionTable, TABLE } from "./table.ts";

/** The table of the build, or one made from the commands. */
export async function readTable(registry: readonly CommandEntry[]): Promise<CompletionTable> {
  try {
    return JSON.parse(readFileSync(new URL(TABLE, import.meta.url), "utf8"));
  } catch {
    const { tableOf } = await import("./make-table.ts");
    return tableOf(registry);
  }
}
