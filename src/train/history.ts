/** The texts of a run's history: `log.jsonl`, a row a line, and `samples.md`. Runs in a browser. */
import { InputError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import type { LogRow, SampleRow } from "./events.ts";

/** The rows in the text of the log at `path`. @throws InputError `log` that names the line which is no row */
export function parseLog(text: string, path: string): LogRow[] {
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

/** The samples in the text of `samples.md`. */
export function parseSamples(text: string): SampleRow[] {
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

/** A line of the log. */
export const logLine = (row: LogRow): string => `${JSON.stringify(row)}\n`;

/** Tells files with escapes from those of 0.1.0, which had none. */
const NOTE = "As the model wrote them; control characters and markup are escaped.";

/** Texts that a model wrote hold anything: control characters are shown, and nothing in them is markup. */
export function samplesText(rows: readonly SampleRow[]): string {
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
