/** `punchline runs`: the runs on this machine, below some folders. */
import { basename } from "node:path";
import { type ListedRun, listRuns } from "../../train/list-runs.ts";
import { anyArguments, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { printProse, printTable } from "../output/print.ts";
import { nextCommands, runRow } from "../output/runs.ts";
import { right } from "../output/table.ts";

export default defineCommand({
  description:
    "Lists runs, the newest first, and how each has ended: done, stopped before its limit, in use by a process, or " +
    "damaged, with what is wrong. Losses are of the validation split, in nats for each token of the run's own " +
    "vocabulary, so they compare runs of one unit.",
  arguments: { folder: anyArguments("Runs, or folders with runs in them (default: runs, and this folder)") },
  options: {},
  examples: {
    "punchline runs": "What has been trained here",
    "punchline runs runs/demo": "Below another folder",
    "punchline runs --json": "For a program, with sizes and times",
  },
  async run(ctx, { folder }) {
    const runs = await listRuns(folder.length > 0 ? folder : undefined);
    if (runs.length > 0) show(ctx, runs);
    else {
      const where = folder.length > 0 ? `in ${folder.join(", ")}` : "in runs, nor in this folder";
      ctx.print(`There are no runs ${where}. Train one:  punchline train --out runs/a --max-minutes 3`);
    }
    ctx.json({ runs: runs.map(documentOf) });
  },
});

function show(ctx: Context, runs: readonly ListedRun[]): void {
  printTable(
    ctx,
    [{ header: "run", wrap: true }, "model", "data", right("steps"), right("val loss"), "begun", "state"],
    runs.map((run) => runRow(run)),
  );
  for (const { run, problem } of runs) if (problem !== undefined) printProse(ctx, `\n${run}: ${problem}`);
  const next = nextCommands(runs);
  if (next.length > 0) ctx.print();
  for (const [what, command] of next) ctx.print(`${what.padEnd(12)}${command}`);
}

/** The fields that every run has, null where nothing is known. */
function documentOf({ run, model, base, kind, data, val_loss, unit, ...more }: ListedRun): object {
  return {
    run,
    name: basename(run),
    model: model ?? null,
    base: base ?? null,
    kind: kind ?? null,
    data: data ?? null,
    val_loss: val_loss ?? null,
    unit: unit ?? null,
    date: more.date,
    state: more.state,
    resumable: more.resumable,
    problem: more.problem ?? null,
    steps: more.steps ?? null,
    planned_steps: more.planned_steps ?? null,
    seconds: more.seconds ?? null,
    parameters: more.parameters ?? null,
    bytes: more.bytes ?? null,
  };
}
