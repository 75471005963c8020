/** Texts from .json (a list) and .jsonl (one value per line): strings, or records with a text field. */
import { InputError } from "../../core/errors.ts";
import { type FileBytes, wholeText } from "./bytes.ts";
import { type Columns, chooseColumns, sampleRows } from "./column.ts";
import type { FileFormat, ReadOptions, Texts } from "./format.ts";
import { lineBatches } from "./lines.ts";

/** A list of strings or records, or a record with exactly one list in it. */
export const jsonFormat: FileFormat = { name: "json", extensions: [".json"], read: readJson };

export const jsonLinesFormat: FileFormat = {
  name: "jsonl",
  extensions: [".jsonl", ".ndjson"],
  read: readJsonLines,
};

async function* readJson(file: FileBytes, options: ReadOptions): AsyncGenerator<Texts> {
  const text = await wholeText(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notJson(file.name, lineOfFault(text, cause), cause);
  }
  const list = listIn(value);
  if (!list) {
    throw new InputError(
      "json",
      `${file.name} is JSON but no list; expected a list of strings or of records, such as [{"text": "..."}].`,
      { file: file.name },
    );
  }
  const texts = createTexts(file.name, "entry", options);
  yield* texts.take(list.map((entry, i) => ({ value: entry, place: i + 1 })));
  yield* texts.finish();
}

async function* readJsonLines(file: FileBytes, options: ReadOptions): AsyncGenerator<Texts> {
  const texts = createTexts(file.name, "line", options);
  let place = 0;
  for await (const lines of lineBatches(file)) {
    const entries: Entry[] = [];
    for (const line of lines) {
      place++;
      if (line.trim() === "") continue;
      try {
        entries.push({ value: JSON.parse(line), place });
      } catch (cause) {
        throw notJson(file.name, place, cause);
      }
    }
    yield* texts.take(entries);
  }
  yield* texts.finish();
}

interface Entry {
  readonly value: unknown;
  readonly place: number;
}

/** Texts of entries; the first records are held back until their fields are chosen. */
function createTexts(file: string, unit: "line" | "entry", options: ReadOptions) {
  let held: Entry[] = [];
  let columns: Columns | undefined;
  const cellOf = ({ value, place }: Entry, field: string | undefined): string => {
    if (typeof value === "string") return value;
    const cell = isRecord(value) ? (field === undefined ? undefined : value[field]) : value;
    if (cell === undefined || cell === null) return "";
    if (typeof cell === "string") return cell;
    if (typeof cell === "number" || typeof cell === "boolean") return String(cell);
    throw new InputError(
      "json",
      `${file}, ${unit} ${place}: ${field === undefined ? "the value" : `field ${JSON.stringify(field)}`} is ` +
        `${Array.isArray(cell) ? "a list" : "a record"}; expected a string.`,
      { file, [unit]: place },
    );
  };
  function* textsOf(entries: readonly Entry[]): Generator<Texts> {
    if (entries.length === 0) return;
    const { text, prompt } = columns ?? {};
    const texts = entries.map((entry) => cellOf(entry, text));
    // A plain string answers nothing.
    const asked = (entry: Entry) => (isRecord(entry.value) ? cellOf(entry, prompt) : "");
    yield prompt === undefined ? { texts } : { texts, prompts: entries.map(asked) };
  }
  function* choose(): Generator<Texts> {
    const records = held.map(({ value }) => value).filter(isRecord);
    if (records.length > 0 || options.column !== undefined || options.promptColumn !== undefined) {
      const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
      const sample = records.map((record) => names.map((name) => record[name]));
      columns = chooseColumns(file, names, sample, options);
      options.onColumns(columns);
    }
    const entries = held;
    held = [];
    yield* textsOf(entries);
  }
  return {
    *take(entries: readonly Entry[]): Generator<Texts> {
      if (columns) {
        yield* textsOf(entries);
        return;
      }
      held.push(...entries.slice(0, sampleRows));
      if (held.length < sampleRows && entries.length <= sampleRows) return;
      yield* choose();
      yield* textsOf(entries.slice(sampleRows));
    },
    *finish(): Generator<Texts> {
      if (!columns) yield* choose();
    },
  };
}

function listIn(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (!isRecord(value)) return undefined;
  const lists = Object.values(value).filter((entry) => Array.isArray(entry));
  return lists.length === 1 ? lists[0] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The line where JSON.parse says that it stopped; 1 where it does not say. */
function lineOfFault(text: string, cause: unknown): number {
  const message = cause instanceof Error ? cause.message : "";
  const position = /position (\d+)/.exec(message)?.[1];
  const end =
    position === undefined && /end of (?:JSON )?input/i.test(message) ? text.length : Number(position ?? 0);
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

function notJson(file: string, line: number, cause: unknown): InputError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new InputError(
    "json",
    `${file}, line ${line}: not valid JSON (${reason}); correct the line, or write the file again.`,
    { file, line },
    cause,
  );
}
