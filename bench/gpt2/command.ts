/** The whole command `punchline sample`, timed from outside. Needs `npm run build`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const cli = join(import.meta.dirname, "../../dist/cli.js");

/** Seconds from starting `punchline sample MODEL` until it prints the first token behind a prompt. */
export async function secondsToFirstToken(
  model: string,
  prompt: string,
  more: readonly string[] = [],
): Promise<number> {
  const words = ["sample", model, "--prompt", prompt, "--max-length", "1", ...more];
  const begun = performance.now();
  const child = spawn(process.execPath, [cli, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close") as Promise<[number]>;
  await once(child.stdout, "readable");
  const seconds = (performance.now() - begun) / 1000;
  child.stdout.resume();
  const [status] = await ended;
  if (status !== 0) throw new Error(`punchline sample ended with status ${status}; run npm run build first.`);
  return seconds;
}
