/** Python scripts that need PyTorch: it is imported once for all scripts that a file of tests runs. */
import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

const finds =
  "import sys, importlib.util as u; sys.exit(not (u.find_spec('torch') and u.find_spec('numpy')))";

/** A Python that has PyTorch: `PYTHON`, or the one of the path, or the system's; undefined where none has. */
export const pythonWithTorch: string | undefined = [process.env.PYTHON, "python3", "/usr/bin/python3"].find(
  (python) => {
    try {
      if (python) execFileSync(python, ["-c", finds], { stdio: "ignore" });
      return python !== undefined;
    } catch {
      return false;
    }
  },
);

interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Server {
  readonly child: ChildProcessByStdio<Socket, Socket, null>;
  readonly lines: Interface;
  /** The last request. */
  last: Promise<unknown>;
}

/** By the number of threads, which the numeric libraries read when they are loaded. */
const servers = new Map<number, Server>();

function start(threads: number): Server {
  const script = fileURLToPath(new URL("server.py", import.meta.url));
  const child = spawn(pythonWithTorch!, [script], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, OMP_NUM_THREADS: String(threads) },
  }) as Server["child"];
  // It ends with its standard input, which is with this process.
  for (const handle of handlesOf(child)) handle.unref();
  const lines = createInterface({ input: child.stdout });
  lines.setMaxListeners(0);
  return { child, lines, last: Promise.resolve() };
}

const handlesOf = (child: Server["child"]) => [child, child.stdin, child.stdout];

/**
 * What `python script ...args` prints, from a process of its own.
 * @throws with its standard error where it fails
 */
export async function runInTorch(script: string, args: readonly string[], threads = 1): Promise<string> {
  const server = servers.get(threads) ?? start(threads);
  servers.set(threads, server);
  const asked = server.last.then(async () => {
    // Who waits for the answer must not end before it, also where nothing else keeps the process alive.
    for (const handle of handlesOf(server.child)) handle.ref();
    const line = Promise.race([once(server.lines, "line"), once(server.lines, "close")]);
    server.child.stdin.write(`${JSON.stringify({ script, args })}\n`);
    const [text] = await line;
    for (const handle of handlesOf(server.child)) handle.unref();
    if (text === undefined) throw new Error("Python with PyTorch has ended.");
    return JSON.parse(text) as Answer;
  });
  server.last = asked.catch(() => {});
  const { status, stdout, stderr } = await asked;
  if (status !== 0) throw new Error(`${script} ended with status ${status}: ${stderr}`);
  return stdout;
}
