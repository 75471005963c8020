/** Runs Punchline's command line as a person would: a process of its own, in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";

export const root = resolve(import.meta.dirname, "..");

export interface Ran {
  /** Null where a signal ended the process. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** A fresh folder by default, removed after the test. */
  readonly cwd?: string;
  /** Added to the environment; the variables that change colours and traces are unset first. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Called once the process runs: to send signals, or to close its output. */
  readonly meanwhile?: (child: ChildProcess) => void;
}

/** An empty folder, removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "punchline-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** `punchline ...words`, as built in `dist/`. @throws where the build is older than the sources. */
export function punchline(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return runNode([builtCli(), ...words], options);
}

/** A TypeScript program of the tests, through the same hook as the benchmarks. */
export function runSource(file: string, words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return runNode(["--import", join(root, "bench/register.mjs"), join(root, file), ...words], options);
}

/** `node ...words` in a folder of its own. */
export function runNode(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { NO_COLOR: _n, FORCE_COLOR: _f, DEBUG: _d, NODE_OPTIONS: _o, ...env } = process.env;
  const child = spawn(process.execPath, [...words], {
    cwd: options.cwd ?? temporaryFolder(),
    env: { ...env, ...options.env },
    stdio: "pipe",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  options.meanwhile?.(child);
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (status, signal) => done({ status, signal, stdout, stderr }));
  });
}

/** The built program's path. */
export function builtCli(): string {
  const built = join(root, "dist/cli.js");
  if (!existsSync(built)) throw new Error('There is no build: run "npm run build" first.');
  const newer = newerSource(join(root, "src"), statSync(built).mtimeMs);
  if (newer) throw new Error(`The build is older than ${newer}: run "npm run build" first.`);
  return built;
}

/** A file of the program's sources that was changed after a moment, in milliseconds; undefined where there is none. */
export function newerSource(folder: string, than: number): string | undefined {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const found = newerSource(path, than);
      if (found) return found;
    } else if (/(?<!\.test)\.(?:tsx?|css|html)$/.test(entry.name) && statSync(path).mtimeMs > than)
      return path;
  }
  return undefined;
}
