/**
 * Peers that run in Python: found, asked for what they have, and spoken with line by line.
 *
 * A peer script reads one JSON value per line from standard input and answers each with one JSON line.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Absent } from "./bench.ts";

export interface Python {
  readonly command: string;
  /** Of the module that was asked for: `1.13.1`. */
  readonly version: string;
}

/**
 * The first Python that can import `module`: PUNCHLINE_PYTHON, then `python3` of the PATH, then the
 * system's own, which a virtual environment may hide.
 */
export async function findPython(module = "torch"): Promise<Python | Absent> {
  const candidates = [process.env.PUNCHLINE_PYTHON, "python3", "/usr/bin/python3", "python"];
  for (const command of candidates.filter((candidate) => candidate !== undefined)) {
    const script = `import ${module}; print(${module}.__version__)`;
    const answer = await promisify(execFile)(command, ["-c", script]).catch(() => undefined);
    if (answer) return { command, version: answer.stdout.trim() };
  }
  return {
    absent: `no Python here can import ${module} (Debian: apt-get install python3-torch libopenblas0-pthread; or set PUNCHLINE_PYTHON)`,
  };
}

export interface Peer {
  /** The peer's name with its version: `PyTorch 1.13.1`. */
  readonly name: string;
  /** Sends one request and waits for its answer. */
  ask<T>(request: unknown): Promise<T>;
  /** Ends the process. */
  stop(): Promise<void>;
}

export interface PeerOptions {
  /** Threads that the numeric libraries may use; 2 by default. */
  readonly threads?: number;
  /** The module that the script needs, and whose version counts; `torch` by default. */
  readonly module?: string;
  /** How the peer is called, without its version; `PyTorch` by default. */
  readonly name?: string;
}

/**
 * Starts a peer.
 * @param script the Python file, as `new URL("peers/lstm.py", import.meta.url)`.
 */
export async function startPeer(script: URL, options: PeerOptions = {}): Promise<Peer | Absent> {
  const { threads = 2, module = "torch", name = "PyTorch" } = options;
  const python = await findPython(module);
  if ("absent" in python) return python;
  const child = spawn(python.command, ["-u", fileURLToPath(script)], {
    env: {
      ...process.env,
      OMP_NUM_THREADS: `${threads}`,
      OPENBLAS_NUM_THREADS: `${threads}`,
      // OpenMP's threads would otherwise wait busily on the cores that the BLAS's threads need.
      OMP_WAIT_POLICY: "passive",
    },
  });
  return conversation(child, `${name} ${python.version}`);
}

/** Starts a TypeScript file that speaks the same way in a fresh Node; by default a side of our own. */
export function startNode(script: URL, name = "Punchline"): Peer {
  const hook = fileURLToPath(new URL("register.mjs", import.meta.url));
  const child = spawn(process.execPath, ["--import", hook, fileURLToPath(script)]);
  return conversation(child, name);
}

function conversation(child: ChildProcessWithoutNullStreams, name: string): Peer {
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  child.stdin.on("error", () => {});
  const ended = new Promise<void>((done) => child.once("close", () => done()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    name,
    async ask<T>(request: unknown): Promise<T> {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const line = await lines.next();
      if (line.done) {
        await ended;
        throw new Error(`${name} ended without an answer: ${complaints.trim()}`);
      }
      return JSON.parse(line.value) as T;
    },
    async stop() {
      child.stdin.end();
      child.kill();
      await ended;
    },
  };
}
