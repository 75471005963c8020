/** The calls of the studio's page that the engine of this machine answers. */
import type { EngineCalls } from "../../browser/worker/calls.ts";

/** What needs no run stays in the page. */
export type NativeCalls = Omit<EngineCalls, "inspect" | "prepare" | "windows">;

/**
 * `lasting`: one at a time, and it goes on without its page, which can come back to it; `short`: it ends with its page.
 */
export const nativeCalls: Readonly<Record<keyof NativeCalls, "lasting" | "short">> = {
  train: "lasting",
  resume: "lasting",
  branch: "lasting",
  finetune: "lasting",
  runs: "short",
  history: "short",
  remove: "short",
  exportRun: "short",
  importRun: "short",
  sample: "short",
  watch: "short",
  novelty: "short",
  copiesAlong: "short",
  suggest: "short",
  typing: "short",
};
