/** `punchline studio`: the lesson in a browser tab. */
import { spawn } from "node:child_process";
import { serveStudio } from "../../server/studio.ts";
import { defineCommand } from "../command.ts";
import { deviceOf, deviceOptions, machineText } from "../options/device.ts";
import { flag, integer, text, usual } from "../options/option.ts";

export default defineCommand({
  description:
    "Serves a page on this machine in which a model is trained, writes and is looked into. It trains with the engine of " +
    "this machine, into the same run folders as the other commands; or by itself, in the browser. Only this machine " +
    "reaches it. Ctrl-C stops it, a training with a checkpoint.",
  arguments: {},
  options: {
    ...usual({
      port: integer("Where to listen, 0 for any free port", { min: 0, max: 65_535, default: 8765 }),
      open: flag("Open the page in the browser"),
      runs: text("The folder of the runs that the page opens and trains", {
        placeholder: "DIR",
        default: "runs",
      }),
    }),
    ...deviceOptions,
  },
  examples: {
    "punchline studio --open": "Serves the page and opens it",
    "punchline studio --port 0": "On any free port",
    "punchline studio --runs class/runs --threads 2": "Other runs, on two cores",
  },
  async run(ctx, _, { port, open, runs, ...machine }) {
    const backend = deviceOf(machine);
    const server = await serveStudio({
      port,
      runs,
      backend,
      machine: machineText(backend),
      report: (error) => ctx.warn(`The studio failed: ${error instanceof Error ? error.message : error}`),
    });
    ctx.print(`The studio is at ${server.url}, with the runs in ${runs}. Ctrl-C stops it.`);
    ctx.json({ url: server.url, port: server.port, runs });
    if (open) openPage(server.url);
    const { interrupt } = ctx;
    if (!interrupt.aborted)
      await new Promise((done) => interrupt.addEventListener("abort", done, { once: true }));
    await server.close();
  },
});

/** The system's own way; where there is none, the address has been printed. */
function openPage(url: string): void {
  const [program, ...words] =
    process.platform === "darwin"
      ? ["open", url]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", url]
        : ["xdg-open", url];
  spawn(program!, words, { detached: true, stdio: "ignore" })
    .on("error", () => {})
    .unref();
}
