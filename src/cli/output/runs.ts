/** Runs as rows of a table of 80 columns, and what to do with them. */
import { basename } from "node:path";
import type { ListedRun } from "../../train/list-runs.ts";
import { quoted } from "./command-line.ts";
import { formatCount } from "./format.ts";

/** Run, model, data, steps, validation loss, date, state. */
export function runRow(
  { run, model, base, data, steps, planned_steps, val_loss, unit, date, state }: ListedRun,
  now = new Date(),
): string[] {
  const planned = state !== "done" && planned_steps !== undefined && planned_steps > (steps ?? 0);
  return [
    run,
    base === undefined ? (model ?? "-") : basename(base),
    dataText(data),
    steps === undefined ? "-" : `${formatCount(steps)}${planned ? `/${formatCount(planned_steps)}` : ""}`,
    val_loss === undefined ? "-" : `${val_loss.toFixed(3)}${unit ? `/${short[unit]}` : ""}`,
    dayText(new Date(date), now),
    state,
  ];
}

const short = { characters: "char", words: "word", tokens: "token" } as const;

function dataText(data: ListedRun["data"]): string {
  if (data === undefined) return "-";
  if (data.length === 0) return "own texts";
  return `${basename(data[0]!)}${data.length > 1 ? ` +${data.length - 1}` : ""}`;
}

/** The time of today, the day of another day. */
function dayText(date: Date, now: Date): string {
  if (Number.isNaN(date.getTime())) return "-";
  const two = (n: number) => String(n).padStart(2, "0");
  const day = (of: Date) => `${of.getFullYear()}-${two(of.getMonth() + 1)}-${two(of.getDate())}`;
  return day(date) === day(now) ? `${two(date.getHours())}:${two(date.getMinutes())}` : day(date);
}

type Hint = readonly [what: string, command: string];

/** What is useful next: to go on with the newest stopped run, to use the newest done, to compare two. */
export function nextCommands(runs: readonly ListedRun[]): readonly Hint[] {
  const stopped = runs.find(({ state, resumable }) => state === "stopped" && resumable);
  const done = runs.filter(({ state }) => state === "done");
  const [a, b] = done.filter(({ kind }) => kind !== "masked").map(({ run }) => quoted(run));
  const hints: (Hint | undefined)[] = [
    stopped && ["Go on:", resumeCommand(stopped)],
    done[0] && useHint(done[0]),
    b === undefined ? undefined : ["Compare:", `punchline report ${a} ${b}`],
  ];
  return hints.filter((hint) => hint !== undefined);
}

const resumeCommand = ({ run, base }: ListedRun): string =>
  `punchline ${base === undefined ? "train" : `finetune ${quoted(base)}`} --out ${quoted(run)} --resume`;

const useHint = ({ run, kind }: ListedRun): Hint =>
  kind === "masked"
    ? ["Fill:", `punchline fill ${quoted(run)} "Why did the [MASK] cross the road?"`]
    : ["Write:", `punchline sample ${quoted(run)} -n 5 --temperature 0.8`];
