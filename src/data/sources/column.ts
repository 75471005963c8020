/** Which column of a table, or field of a record, holds the text, and which what it answers. */
import { didYouMean } from "../../core/did-you-mean.ts";
import { InputError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import {
  type Columns,
  conversationColumn,
  hasConversation,
  knownPair,
  pairNames,
  toolsColumn,
} from "./pairs.ts";

export type { Columns } from "./pairs.ts";

/** Common names of a text column, the clearest first; compared without case. */
const textColumnNames = [
  "joke",
  "jokes",
  "text",
  "body",
  "content",
  "sentence",
  "line",
  "quote",
  "message",
  "tweet",
  "post",
  "document",
  "review",
  "headline",
  "title",
  "name",
] as const;

/** How many rows are read before a column is chosen. */
export const sampleRows = 200;

/** The columns that the caller named. */
export interface WantedColumns {
  readonly column?: string | undefined;
  readonly promptColumn?: string | undefined;
}

/** Whether `name` is a common name of a column of texts or of prompts. */
export function isColumnName(name: string): boolean {
  const known = name.trim().toLowerCase();
  return (textColumnNames as readonly string[]).includes(known) || pairNames.has(known);
}

/**
 * The column of texts, and that of prompts: those asked for, else a well-known pair, else a conversation, else the
 * texts alone.
 * @param note called with what was recognised, as a sentence
 * @throws InputError `no-column` as {@link chooseColumn} does
 */
export function chooseColumns(
  file: string,
  columns: readonly string[],
  sample: readonly (readonly unknown[])[],
  { column, promptColumn }: WantedColumns,
  note: (sentence: string) => void = () => {},
): Columns {
  const pair = knownPair((name) => columns.find((c) => c.trim().toLowerCase() === name));
  if (promptColumn === undefined) {
    if (column === undefined && pair !== undefined) {
      const prompts =
        pair.input === undefined
          ? `column ${pair.prompt} is`
          : `columns ${pair.prompt} and ${pair.input} are`;
      note(
        `The ${prompts} read as prompts and ${pair.text} is learned; ${option("column", pair.text)} takes that alone, without prompts.`,
      );
      return pair;
    }
    const text =
      (column === undefined ? conversationColumn(columns, sample) : undefined) ??
      chooseColumn(file, columns, sample, column);
    if (columns.indexOf(text) !== columns.lastIndexOf(text))
      note(`Several columns are called ${text}, and the first of them is read.`);
    if (!hasConversation(sample, columns.indexOf(text))) return { text };
    const tools = toolsColumn(columns);
    const called = tools === undefined ? "" : ` The template gets the tools of the column ${tools}.`;
    note(
      `The column ${text} has conversations: a model with a chat template learns all turns of the assistant in them, others the last answer, to which what comes before is the prompt.${called}`,
    );
    return { text, prompt: text, conversation: true, tools };
  }
  const prompt = chooseColumn(file, columns, sample, promptColumn);
  const others = columns.map((_, i) => i).filter((i) => columns[i] !== prompt);
  const text = chooseColumn(
    file,
    others.map((i) => columns[i]!),
    sample.map((row) => others.map((i) => row[i])),
    column ?? (pair?.text === prompt ? undefined : pair?.text),
  );
  return { text, prompt };
}

/**
 * The name among `columns` that holds the text: `wanted` where given, else the best of
 * {@link textColumnNames}, else the column whose texts in `sample` are longest on average.
 * @param sample rows; cell [r][c] of column c, anything that is not a text is passed over.
 * @throws InputError `no-column` with the file, the columns there are and what to do.
 */
function chooseColumn(
  file: string,
  columns: readonly string[],
  sample: readonly (readonly unknown[])[],
  wanted?: string,
): string {
  if (wanted !== undefined) {
    const exact = columns.find((name) => name === wanted);
    const found = exact ?? columns.find((name) => name.toLowerCase() === wanted.toLowerCase());
    if (found !== undefined) return found;
    throw new InputError(
      "no-column",
      `${file} has no column ${JSON.stringify(wanted)}; ${didYouMean(wanted, columns)}`,
      { file, columns },
    );
  }
  for (const known of textColumnNames) {
    const found = columns.find((name) => name.trim().toLowerCase() === known);
    if (found !== undefined) return found;
  }
  let best: string | undefined;
  let bestLength = 0;
  for (const [c, name] of columns.entries()) {
    const texts = sample.map((row) => row[c]).filter((cell): cell is string => isText(cell));
    const length = texts.reduce((sum, text) => sum + text.length, 0) / Math.max(1, sample.length);
    if (length > bestLength) [best, bestLength] = [name, length];
  }
  if (best !== undefined) return best;
  throw new InputError(
    "no-column",
    `${file} has no column of texts; its columns are ${columns.map((name) => JSON.stringify(name)).join(", ") || "none"}. ` +
      `Name the text column with ${option("column")}, or give a file that has one.`,
    { file, columns },
  );
}

/** A string that is more than a number, a date or an identifier without any letter. */
function isText(cell: unknown): boolean {
  return typeof cell === "string" && /\p{L}/u.test(cell) && !/^(?:true|false|null|nan)$/i.test(cell);
}
