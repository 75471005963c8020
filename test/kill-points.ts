/** What `kill -9` leaves at each moment: a copy of a folder before every change that the program makes to a file. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import fileSystem from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { hostname } from "node:os";
import { join } from "node:path";
import { temporaryFolder } from "./cli.ts";

const changes = ["appendFile", "copyFile", "link", "mkdir", "rename", "rm", "writeFile", "open"] as const;

/**
 * Lets `before` be called before a file changes while `work` runs. The functions of Node's module are exchanged
 * themselves, as the sources may have been loaded by another test file.
 */
async function watching<T>(before: (what: string) => void, work: () => Promise<T>): Promise<T> {
  const real = { ...fileSystem };
  const wrapped = Object.fromEntries(
    changes.map((name) => [
      name,
      (...words: unknown[]) => {
        if (name !== "open" || /[wa]/.test(String(words[1] ?? "r"))) before(`${name} ${words[0]}`);
        return (real[name] as (...words: unknown[]) => unknown)(...words);
      },
    ]),
  );
  try {
    Object.assign(fileSystem, wrapped);
    syncBuiltinESMExports();
    return await work();
  } finally {
    Object.assign(fileSystem, Object.fromEntries(changes.map((name) => [name, real[name]])));
    syncBuiltinESMExports();
  }
}

export interface KillPoint {
  /** The change that did not come any more. */
  readonly before: string;
  /** The copy of the folder; missing where the folder was. */
  readonly folder: string;
}

/** Runs `work`, and returns every state that `folder` was in, each once. */
export async function killPoints(folder: string, work: () => Promise<unknown>): Promise<KillPoint[]> {
  const copies = temporaryFolder();
  const points: KillPoint[] = [];
  const seen = new Set<string>();
  const before = (what: string) => {
    const state = stateOf(folder);
    if (seen.has(state)) return;
    seen.add(state);
    const copy = join(copies, String(points.length));
    if (existsSync(folder)) cpSync(folder, copy, { recursive: true });
    for (const lock of locksIn(copy)) writeFileSync(lock, deadHolder);
    points.push({ before: what, folder: copy });
  };
  await watching(before, work);
  return points;
}

const filesIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String).sort() : [];

/** Names and contents of all files; locks by their being there. */
function stateOf(folder: string): string {
  const hash = createHash("sha256").update(String(existsSync(folder)));
  for (const name of filesIn(folder)) {
    const path = join(folder, name);
    hash.update(name.replace(/\.[0-9a-f]{8}\.partial$/, ".partial"));
    if (statSync(path).isFile() && !/\.lock/.test(name)) hash.update(readFileSync(path));
  }
  return hash.digest("hex");
}

const locksIn = (folder: string): string[] =>
  filesIn(folder)
    .filter((name) => name.endsWith(".lock"))
    .map((name) => join(folder, name));

/** The lock of a process that there is not: the largest pid of Linux is below. */
const deadHolder = JSON.stringify({
  pid: 2 ** 22 + 1,
  host: hostname(),
  started: "2026-01-01T00:00:00.000Z",
  processStart: "1",
});
