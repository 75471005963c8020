/** The history of a run: `log.jsonl`, a row a line, and `samples.md`, a heading and a quotation a sample. */
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { fileError } from "../files/file-errors.ts";
import { regularFileIfAny } from "../files/regular-file.ts";
import type { LogRow, SampleRow } from "./events.ts";
import { files } from "./run-folder.ts";

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
