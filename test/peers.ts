/**
 * Programs of others that load what Punchline exports, where they are installed: in the folder that
 * PUNCHLINE_PEERS names, by `npm install --prefix FOLDER node-llama-cpp @huggingface/transformers`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.env.PUNCHLINE_PEERS;

function entryOf(name: string, file: string): string | undefined {
  const path = folder === undefined ? "" : join(folder, "node_modules", name, file);
  return existsSync(path) ? pathToFileURL(path).href : undefined;
}

/** Where each peer's module stands, or undefined. */
export const peers = {
  llama: entryOf("node-llama-cpp", "dist/index.js"),
  transformers: entryOf("@huggingface/transformers", "dist/transformers.node.mjs"),
} as const;

/** What the name of a test says where its peer may be missing. */
export const peerReason = (name: string): string => `(needs ${name} in the folder of PUNCHLINE_PEERS)`;
