/**
 * Text files of whole documents, such as books: a line of `<|endoftext|>` ends each one, and its other line breaks
 * belong to it. Corpora for GPT-2 are often passed on like this.
 */
import { END_OF_TEXT } from "../../text/bpe-files.ts";

/** Whether a text has a line that is the divider and nothing else. Reads it to there, or to its end. */
export async function hasDividers(text: AsyncIterable<string>): Promise<boolean> {
  // What may begin such a line: the end of the last piece, with the character before it.
  let held = "\n";
  for await (const piece of text) {
    const joined = held + piece;
    if (findDivider(joined, false)) return true;
    held = joined.slice(-(END_OF_TEXT.length + 2));
  }
  return findDivider(held, true);
}

function findDivider(text: string, last: boolean): boolean {
  const ends = (character: string | undefined) => character === "\n" || character === "\r";
  for (let at = text.indexOf(END_OF_TEXT); at >= 0; at = text.indexOf(END_OF_TEXT, at + 1)) {
    const end = at + END_OF_TEXT.length;
    if (at > 0 && ends(text[at - 1]) && (end === text.length ? last : ends(text[end]))) return true;
  }
  return false;
}

/** Documents, and the line of the file that each begins in. */
export interface Documents {
  readonly texts: string[];
  readonly rows: number[];
}

/** The documents of a file's lines, without blank lines at their ends; those of one batch of lines at a time. */
export async function* documentBatches(lines: AsyncIterable<readonly string[]>): AsyncGenerator<Documents> {
  let open: string[] = [];
  let read = 0;
  const close = ({ texts, rows }: Documents): void => {
    const first = open.findIndex((line) => line.trim() !== "");
    const last = open.findLastIndex((line) => line.trim() !== "");
    if (first >= 0) {
      texts.push(open.slice(first, last + 1).join("\n"));
      rows.push(read - open.length + first + 1);
    }
    open = [];
  };
  for await (const batch of lines) {
    const documents: Documents = { texts: [], rows: [] };
    for (const line of batch) {
      if (line === END_OF_TEXT) close(documents);
      else open.push(line);
      read++;
    }
    if (documents.texts.length > 0) yield documents;
  }
  const last: Documents = { texts: [], rows: [] };
  close(last);
  if (last.texts.length > 0) yield last;
}
