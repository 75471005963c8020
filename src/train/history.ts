/** What a run has told so far: `log.jsonl`, a row a line, and `samples.md`, a heading and a quotation a sample. */
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { fileError } from "../files/file-errors.ts";
import { writeFileAtomic } from "../hub/atomic.ts";
import type { LogRow, SampleRow } from "./events.ts";
import { files } from "./run-folder.ts";

/** @throws InputError `log` that names the line which is no row */
export async function readLog(folder: string): Promise<LogRow[]> {
  const path = join(folder, files.log);
  const text = await readFile(path, "utf8").catch(() => "");
  // A line without its end was torn by a kill.
  return text
    .split("\n")
    .slice(0, -1)
    .map((line, i): LogRow => {
      try {
        return JSON.parse(line);
      } catch (cause) {
        throw new InputError(
          "log",
          `${path}, line ${i + 1} is not a row of a log; delete the line.`,
          {},
          cause,
        );
      }
    });
}

export async function readSamples(folder: string): Promise<SampleRow[]> {
  const text = await readFile(join(folder, files.samples), "utf8").catch(() => "");
  return [...text.matchAll(/^## Step (\d+)\n\n((?:>[^\n]*\n?)+)/gm)].map(([, step, quoted]) => ({
    step: Number(step),
    text: quoted!
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => line.replace(/^> ?/, ""))
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
    async log(row: LogRow): Promise<void> {
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

function samplesText(rows: readonly SampleRow[]): string {
  const quoted = (text: string) =>
    text
      .split("\n")
      .map((line) => (line === "" ? ">" : `> ${line}`))
      .join("\n");
  return [
    "# Samples along training\n",
    ...rows.map(({ step, text }) => `## Step ${step}\n\n${quoted(text)}\n`),
  ].join("\n");
}
