/**
 * The two places where a training leaves its results: a run folder, and memory. A folder has its history in `log.jsonl`,
 * a row a line, and `samples.md`, a heading and a quotation a sample.
 */
import { appendFile, copyFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import { removePartialFiles, writeFileAtomic } from "../files/atomic.ts";
import { fileError, guarded } from "../files/file-errors.ts";
import { jsonText } from "../files/json-file.ts";
import { makeFolder } from "../files/make-folder.ts";
import { regularFileIfAny } from "../files/regular-file.ts";
import type { Arena } from "../runtime/arena.ts";
import { type RunWeights, readWeights, writeCheckpoint, writeWeights } from "./checkpoint.ts";
import type { LogRow, SampleRow } from "./events.ts";
import { files } from "./run-folder.ts";
import type { TrainState } from "./state.ts";
import type { TrainSink } from "./trainer.ts";

/** A sink that gives back, when the training is over, what the run offers. */
export interface Results extends TrainSink {
  /** Puts the weights that the run offers into the arena, and makes them the run's. */
  offer(keep: "best" | "last", state: TrainState): Promise<void>;
  history(): Promise<{ readonly log: readonly LogRow[]; readonly samples: readonly SampleRow[] }>;
}

/**
 * Files of `folder`.
 * @param weights which of the arena's parameters the run offers, and in which file
 * @param from the state of a resumed run
 */
export async function folderResults(
  folder: string,
  arena: Arena,
  weights: RunWeights,
  from?: TrainState,
): Promise<Results> {
  const history = await continueHistory(folder, from?.step ?? 0);
  const writeState = (state: TrainState) => writeFileAtomic(join(folder, files.state), jsonText(state));
  // A kill between the checkpoint and its counters for people leaves those of the checkpoint before.
  if (from) await writeState(from);
  const write = (to: string, step: number) => writeWeights(to, weights, arena, step);
  return {
    ...history,
    best: ({ step }) => write(folder, step),
    async last(state, carried) {
      // The checkpoint comes after the weights: a kill between them leaves weights that will come again.
      if (state.bestLoss === null) await write(folder, state.step);
      await writeCheckpoint(folder, arena, { state, carried });
      await writeState(state);
    },
    async snapshot(step) {
      const copy = join(folder, "checkpoints", `step-${step}`);
      await makeFolder(copy);
      await removePartialFiles(copy);
      const present = new Set(await readdir(folder));
      for (const name of describing)
        if (present.has(name))
          await guarded("write", join(copy, name), copyFile(join(folder, name), join(copy, name)));
      await write(copy, step);
    },
    async offer(keep, { step }) {
      if (keep === "last") await write(folder, step);
      else await readWeights(folder, weights, arena);
    },
    history: async () => ({ log: await readLog(folder), samples: await readSamples(folder) }),
  };
}

/** The other files of a model's folder; of LoRA runs also the adapter's configuration. */
const describing = [
  files.config,
  files.generation,
  files.tokenizer,
  files.tokenizerConfig,
  files.adapterConfig,
] as const;

/** Nothing but memory: copies of the best weights, the log and the samples. */
export function memoryResults(arena: Arena): Results {
  const log: LogRow[] = [];
  const samples: SampleRow[] = [];
  let best: readonly Float32Array[] | undefined;
  return {
    rows: log,
    async best() {
      best = Object.values(arena.trained).map(({ data }) => data.slice());
    },
    async last() {},
    async log(row) {
      log.push(row);
    },
    async sample(row) {
      samples.push(row);
    },
    async snapshot() {},
    async offer(keep) {
      if (keep === "best" && best) {
        for (const [i, { data }] of Object.values(arena.trained).entries()) data.set(best[i]!);
      }
    },
    history: async () => ({ log, samples }),
  };
}

/** Also where a kill has torn the last character. */
async function textOf(path: string): Promise<string> {
  if (!(await regularFileIfAny(path))) return "";
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw fileError("read", path, cause);
  });
}

/** @throws InputError `log` that names the line which is no row */
export async function readLog(folder: string): Promise<LogRow[]> {
  const path = join(folder, files.log);
  const text = await textOf(path);
  // A line without its end was torn by a kill.
  return text
    .split("\n")
    .slice(0, -1)
    .map((line, i): LogRow => {
      const row = parsed(line);
      if (isRow(row)) return row;
      throw new InputError("log", `${path}, line ${i + 1} is not a row of a log; delete the line.`);
    });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** A step and other numbers; JSON has null for those that are not finite. */
function isRow(value: unknown): value is LogRow {
  return (
    typeof value === "object" &&
    value !== null &&
    "step" in value &&
    Number.isSafeInteger(value.step) &&
    Object.values(value).every((field) => typeof field === "number" || field === null)
  );
}

export async function readSamples(folder: string): Promise<SampleRow[]> {
  const text = await textOf(join(folder, files.samples));
  const read = text.includes(`\n${NOTE}\n`) ? unescapeMarkdown : (line: string) => line;
  return [...text.matchAll(/^## Step (\d+)\n\n((?:>[^\n]*\n?)+)/gm)].map(([, step, quoted]) => ({
    step: Number(step),
    text: quoted!
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => read(line.replace(/^> ?/, "")))
      .join("\n"),
  }));
}

/** Goes on with a run's history; what is younger than `step` is dropped, and will come again. */
export async function continueHistory(folder: string, step: number) {
  const path = join(folder, files.log);
  const log = (await readLog(folder)).filter((row) => row.step <= step);
  const samples = (await readSamples(folder)).filter((row) => row.step <= step);
  const writeSamples = () => writeFileAtomic(join(folder, files.samples), samplesText(samples));
  await writeFileAtomic(path, log.map(lineOf).join(""));
  await writeSamples();
  return {
    rows: log as readonly LogRow[],
    async log(row: LogRow): Promise<void> {
      log.push(row);
      await appendFile(path, lineOf(row)).catch((cause: unknown) => {
        throw fileError("write", path, cause);
      });
    },
    async sample(row: SampleRow): Promise<void> {
      samples.push(row);
      await writeSamples();
    },
  };
}

const lineOf = (row: LogRow): string => `${JSON.stringify(row)}\n`;

/** Tells files with escapes from those of 0.1.0, which had none. */
const NOTE = "As the model wrote them; control characters and markup are escaped.";

/** Texts that a model wrote hold anything: control characters are shown, and nothing in them is markup. */
function samplesText(rows: readonly SampleRow[]): string {
  const quoted = (text: string) =>
    text
      .split("\n")
      .map((line) => (line === "" ? ">" : `> ${escapeMarkdown(line)}`))
      .join("\n");
  return [
    `# Samples along training\n\n${NOTE}\n`,
    ...rows.map(({ step, text }) => `## Step ${step}\n\n${quoted(text)}\n`),
  ].join("\n");
}

/** What begins markup, here as CommonMark and GitHub read it; `.` and `)` behind a number make lists. */
const markup = /[\\`*_{}[\]<>#&|~!$@:]|^[-+=]|(?<=^\d{1,9})[.)]|(?<=\b(?:www|https?))[.:]/gi;

/** A line of text as Markdown that shows it as it is; spaces at its ends would be markup too. */
function escapeMarkdown(line: string): string {
  const shown = printable(line).replace(markup, "\\$&");
  return shown.replace(/^[ \t]+|[ \t]+$/g, (blanks) => "&#32;".repeat(blanks.length));
}

/** The text that {@link escapeMarkdown} was given, but for control characters. */
function unescapeMarkdown(line: string): string {
  return line.replaceAll("&#32;", " ").replace(/\\([\p{P}\p{S}])/gu, "$1");
}

/**
 * A checkpoint is written before the first row of the log, so a log without one has lost it.
 * @throws InputError `checkpoint` rather than begin such a run again
 */
export async function refuseLostCheckpoint(folder: string): Promise<void> {
  if ((await readLog(folder)).length === 0) return;
  throw new InputError(
    "checkpoint",
    `${folder} cannot go on: its checkpoint, ${files.optimizer}, is gone. Its weights can still be used; train on in a new folder.`,
    { folder },
  );
}
