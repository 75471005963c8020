/**
 * Peers that run in Node, each in a process of its own: from the folder that PUNCHLINE_PEERS names, where
 * `npm install --prefix FOLDER node-llama-cpp @huggingface/transformers` puts them.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { peers } from "../test/peers.ts";
import type { Absent } from "./bench.ts";
import { type Peer, startNode } from "./python.ts";

const packages = { llama: "node-llama-cpp", transformers: "@huggingface/transformers" } as const;

/**
 * Starts a peer.
 * @param script a TypeScript file that reads one JSON value per line, and answers each with one
 */
export function startJavaScript(script: URL, peer: keyof typeof packages): Peer | Absent {
  const name = packages[peer];
  const entry = peers[peer];
  if (entry === undefined) {
    return {
      absent: `${name} is not installed (npm install --prefix FOLDER ${name}, and PUNCHLINE_PEERS=FOLDER)`,
    };
  }
  const manifest = fileURLToPath(new URL("../package.json", entry));
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return startNode(script, `${name} ${version}`);
}
