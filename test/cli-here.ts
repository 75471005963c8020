/** Runs the command line without a process of its own, which takes a tenth of the time. */
import { Console } from "node:console";
import { Writable } from "node:stream";
import { runCli } from "../src/cli/run.ts";
import { type Ran, type RunOptions, temporaryFolder } from "./cli.ts";

/** What the command line says in this process, and of that the errors. */
export async function runHere(...words: readonly string[]) {
  let stdout = "";
  let stderr = "";
  const status = await runCli(words, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
  });
  return { status, stdout, stderr, errors: stderr.split("\n").filter((line) => line.startsWith("error: ")) };
}

/** What a call changes and restores; one that ran out of time may have left its own behind. */
const usual = { cwd: process.cwd(), env: process.env, console: globalThis.console };

/**
 * `punchline` of cli.ts in this process: in its folder and with its environment, and what libraries print is in its
 * output. One call at a time. What concerns the process itself (signals, pipes, memory) takes a process.
 */
export async function punchline(
  words: readonly string[],
  { cwd = temporaryFolder(), env = {} }: Pick<RunOptions, "cwd" | "env"> = {},
): Promise<Ran> {
  const { NO_COLOR: _n, FORCE_COLOR: _f, DEBUG: _d, NODE_OPTIONS: _o, ...rest } = usual.env;
  const [out, err] = [kept(), kept()];
  process.chdir(cwd);
  process.env = { ...rest, ...env };
  globalThis.console = new Console(out.stream, err.stream);
  try {
    const status = await runCli(words, { stdout: out.stream, stderr: err.stream });
    return { status, signal: null, stdout: out.texts.join(""), stderr: err.texts.join("") };
  } finally {
    globalThis.console = usual.console;
    process.env = usual.env;
    process.chdir(usual.cwd);
  }
}

/** A stream that keeps what is written to it. */
function kept() {
  const texts: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(text, _, done) {
      texts.push(String(text));
      done();
    },
  });
  return { texts, stream };
}
