/** Where transformers.js finds a model's ONNX graphs: in its folder, or exported for this comparison. */
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { exportModel } from "../../export/export.ts";
import type { Precision } from "../results.ts";

export interface Graphs {
  /** An absolute path, or a Hub name. */
  readonly source: string;
  /** Removes the exported files. */
  release(): Promise<void>;
}

/** Errors: {@link exportModel}. */
export async function graphsOf(name: string, precision: Precision): Promise<Graphs> {
  const isFolder = existsSync(name) && statSync(name).isDirectory();
  if (!isFolder || existsSync(join(name, "onnx")))
    return { source: isFolder ? resolve(name) : name, release: async () => {} };
  const scratch = await mkdtemp(join(tmpdir(), "punchline-compare-"));
  const release = () => rm(scratch, { recursive: true, force: true });
  try {
    const source = join(scratch, "model");
    await exportModel(name, { format: "onnx", out: source, types: [precision] });
    return { source, release };
  } catch (error) {
    await release();
    throw error;
  }
}
