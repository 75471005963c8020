#!/usr/bin/env node
/** The `punchline` program. */
import { failureText } from "./output/failure.ts";
import { terminal } from "./output/terminal.ts";
import { runCli } from "./run.ts";

process.on("uncaughtException", (error) => {
  const { style } = terminal(process.stderr, process.env);
  process.stderr.write(failureText(error, style, Boolean(process.env.DEBUG)));
  process.exit(1);
});

const status = await runCli(process.argv.slice(2));
// Handles that a command left open must not keep the program alive, nor may output be lost.
await new Promise<void>((written) => process.stdout.write("", () => written()));
process.exit(status);
