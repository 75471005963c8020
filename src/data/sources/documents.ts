/**
 * Text files of whole documents, such as books: a line of `<|endoftext|>` ends each one, and its other line breaks
 * belong to it. Corpora for GPT-2 are often passed on like this.
 */
import { END_OF_TEXT } from "../../text/bpe-files.ts";

const divider = Buffer.from(END_OF_TEXT);
const [lineFeed, carriageReturn] = [10, 13];

/** Whether a text has a line that is the divider and nothing else. Reads it to there, or to its end. */
export async function hasDividers(text: AsyncIterable<Buffer>): Promise<boolean> {
  // What may begin such a line: the end of the last chunk, with the byte before it.
  let held = Buffer.from([lineFeed]);
  for await (const chunk of text) {
    const bytes = Buffer.concat([held, chunk]);
    if (findDivider(bytes, false)) return true;
    held = bytes.subarray(Math.max(0, bytes.length - divider.length - 2));
  }
  return findDivider(held, true);
}

function findDivider(bytes: Buffer, last: boolean): boolean {
  const ends = (byte: number | undefined) => byte === lineFeed || byte === carriageReturn;
  for (let at = bytes.indexOf(divider); at >= 0; at = bytes.indexOf(divider, at + 1)) {
    const end = at + divider.length;
    if (at > 0 && ends(bytes[at - 1]) && (end === bytes.length ? last : ends(bytes[end]))) return true;
  }
  return false;
}

/** The documents of a file's lines, without blank lines at their ends; those of one batch of lines at a time. */
export async function* documentBatches(lines: AsyncIterable<readonly string[]>): AsyncGenerator<string[]> {
  let open: string[] = [];
  const close = (): string[] => {
    const first = open.findIndex((line) => line.trim() !== "");
    const last = open.findLastIndex((line) => line.trim() !== "");
    const document = open.slice(first, last + 1).join("\n");
    open = [];
    return first < 0 ? [] : [document];
  };
  for await (const batch of lines) {
    const texts: string[] = [];
    for (const line of batch) {
      if (line === END_OF_TEXT) texts.push(...close());
      else open.push(line);
    }
    if (texts.length > 0) yield texts;
  }
  const last = close();
  if (last.length > 0) yield last;
}
