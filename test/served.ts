/** `punchline serve` as a process, as the guide starts it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { builtCli } from "./cli.ts";

export interface Served {
  /** The base URL of clients, which ends with `/v1`. */
  readonly url: string;
  readonly pid: number;
  /** Sends Ctrl-C. @returns the exit status */
  stop(): Promise<number>;
}

/** @param args models and options */
export async function startServer(args: readonly string[]): Promise<Served> {
  const server = spawn(process.execPath, [builtCli(), "serve", ...args, "--port", "0", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(server, "close") as Promise<[number]>;
  const [text] = (await Promise.race([once(server.stdout, "data"), closed])) as [Buffer | number];
  if (!Buffer.isBuffer(text)) throw new Error(`punchline serve ended with status ${text}`);
  return {
    url: (JSON.parse(String(text)) as { url: string }).url,
    pid: server.pid!,
    async stop() {
      server.kill("SIGINT");
      return (await closed)[0];
    },
  };
}
