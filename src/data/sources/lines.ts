/** The lines of a text file, in pieces; and .txt, one text per line, or documents where lines divide them. */
import { type FileBytes, textChunks } from "./bytes.ts";
import { documentBatches, hasDividers } from "./documents.ts";
import type { FileFormat } from "./format.ts";

/** One text per line; `\n` or `\r\n` ends a line. See {@link hasDividers} for texts of several lines. */
export const textFormat: FileFormat = {
  name: "txt",
  extensions: [".txt", ".text"],
  async *read(file) {
    const divided = await hasDividers(textChunks(file));
    for await (const texts of divided ? documentBatches(lineBatches(file)) : lineBatches(file))
      yield { texts };
  },
};

/** The lines of a file without their ends, those of one chunk of bytes at a time. */
export async function* lineBatches(file: FileBytes): AsyncGenerator<string[]> {
  let open: string[] = [];
  for await (const chunk of textChunks(file)) {
    const lines = chunk.toString("utf8").split("\n");
    open.push(lines[0]!);
    if (lines.length === 1) continue;
    lines[0] = open.join("");
    open = [lines.pop()!];
    yield lines.map(withoutReturn);
  }
  const last = open.join("");
  if (last !== "") yield [withoutReturn(last)];
}

const withoutReturn = (line: string) => (line.endsWith("\r") ? line.slice(0, -1) : line);
