/** Texts from .json (a list) and .jsonl (one value per line): strings, or records with a text field. */
import { InputError } from "../../core/errors.ts";
import { jsonPlaces } from "../../core/json-places.ts";
import type { FileBytes } from "./bytes.ts";
import { chooseColumns, sampleRows } from "./column.ts";
import { headOf, wholeText } from "./decode.ts";
import type { FileFormat, ReadOptions, Texts } from "./format.ts";
import { lineBatches } from "./lines.ts";
import { type Columns, messagesIn, textsOf } from "./pairs.ts";

/** A list of strings or records, or a record with exactly one list in it; JSON Lines where it holds these. */
export const jsonFormat: FileFormat = {
  name: "json",
  extensions: [".json"],
  async *read(file, options) {
    const lines = await isLines(file, options);
    if (lines) options.note("It is JSON Lines, a value a line, in spite of its name.");
    yield* lines ? readJsonLines(file, options) : readJson(file, options);
  },
};

export const jsonLinesFormat: FileFormat = {
  name: "jsonl",
  extensions: [".jsonl", ".ndjson"],
  async *read(file, options) {
    const list = await isOneValue(file, options);
    if (list) options.note("It is one JSON list, not a value a line, in spite of its name.");
    yield* list ? readJson(file, options) : readJsonLines(file, options);
  },
};

/** The first line that is not blank, and whether anything follows it, as far as the file's first chunk shows. */
async function firstLine(file: FileBytes, options: ReadOptions) {
  const { encoding } = options;
  const { head, whole } = await headOf(file, { encoding });
  const [line = "", ...rest] = head.split(/[\r\n]+/).filter((part) => part.trim() !== "");
  return { line, complete: rest.length > 0 || whole, more: rest.length > 0 };
}

/** Whether the first line is a JSON value of its own, and another line follows. */
async function isLines(file: FileBytes, options: ReadOptions): Promise<boolean> {
  const { line, more } = await firstLine(file, options);
  return more && parsed(line) !== undefined;
}

/** Whether a list or a record begins in the first line and does not end there, or a list is all there is. */
async function isOneValue(file: FileBytes, options: ReadOptions): Promise<boolean> {
  const { line, complete, more } = await firstLine(file, options);
  const text = line.trim();
  if (text.startsWith("[")) return complete ? !more || parsed(text) === undefined : true;
  return text === "{";
}

/** Whether `head`, the beginning of a file, is a JSON record a line. */
export function looksLikeJsonLines(head: string, whole: boolean): boolean {
  const lines = head.split(/[\r\n]+/);
  if (!whole) lines.pop();
  const filled = lines.filter((line) => line.trim() !== "").slice(0, 100);
  return filled.length > 0 && filled.every((line) => isRecord(parsed(line)?.value));
}

function parsed(line: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(line) };
  } catch {
    return undefined;
  }
}

async function* readJson(file: FileBytes, options: ReadOptions): AsyncGenerator<Texts> {
  const text = await wholeText(file, {
    ...options,
    instead: "write it as JSON Lines (.jsonl), a record a line, which is read in pieces.",
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notJson(file.name, jsonPlaces(text).fault?.line ?? 1, cause);
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
  for await (const lines of lineBatches(file, options)) {
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
  const asText = (cell: unknown, field: string | undefined, place: number): string => {
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
  function* texts(entries: readonly Entry[]): Generator<Texts> {
    if (entries.length === 0) return;
    const rows = entries.map(({ place }) => place);
    if (!columns) {
      yield { texts: entries.map(({ value, place }) => asText(value, undefined, place)), rows, unit };
      return;
    }
    const { text } = columns;
    // Strings among the records are texts that answer nothing.
    const texts = textsOf(
      entries,
      columns,
      ({ value }, field) => (isRecord(value) ? value[field] : field === text ? value : ""),
      (cell, field, { value, place }) => asText(cell, isRecord(value) ? field : undefined, place),
    );
    yield { ...texts, rows, unit };
  }
  function* choose(): Generator<Texts> {
    const records = held.map(({ value }) => value).filter(isRecord);
    if (records.length > 0 || options.column !== undefined || options.promptColumn !== undefined) {
      const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
      const sample = records.map((record) => names.map((name) => record[name]));
      columns = chooseColumns(file, names, sample, options, options.note);
      options.onColumns(columns, names);
    }
    const entries = held;
    held = [];
    yield* texts(entries);
  }
  return {
    *take(entries: readonly Entry[]): Generator<Texts> {
      if (columns) {
        yield* texts(entries);
        return;
      }
      held.push(...entries.slice(0, sampleRows));
      if (held.length < sampleRows && entries.length <= sampleRows) return;
      yield* choose();
      yield* texts(entries.slice(sampleRows));
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
  // One record with one conversation is a record, not a list of what was said.
  if (lists.some((list) => messagesIn(list) !== undefined)) return [value];
  return lists.length === 1 ? lists[0] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
