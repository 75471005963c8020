/** Runs the command line without a process of its own, for many small trials of its words. */
import { runCli } from "../src/cli/run.ts";

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
