/** The lines of a text file, in pieces; and .txt, one text per line, or documents where lines divide them. */
import { InputError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import type { FileBytes } from "./bytes.ts";
import { type DecodeOptions, textChunks } from "./decode.ts";
import { documentBatches, hasDividers } from "./documents.ts";
import type { FileFormat } from "./format.ts";

/** One text per line; `\n`, `\r\n` or `\r` ends a line. See {@link hasDividers} for texts of several lines. */
export const textFormat: FileFormat = {
  name: "txt",
  extensions: [".txt", ".text"],
  async *read(file, options) {
    const { encoding } = options;
    const lines = lineBatches(file, options);
    if (await hasDividers(textChunks(file, { encoding }))) {
      for await (const { texts, rows } of documentBatches(lines))
        yield { texts, documents: true, rows, unit: "line" };
      return;
    }
    let before = 0;
    for await (const texts of lines) {
      const first = before + 1;
      yield { texts, rows: texts.map((_, i) => first + i), unit: "line" };
      before += texts.length;
    }
  },
};

/** Characters of a line, or bytes of a row of a table, where nothing else is asked for. */
export const defaultMaxLine = 32_000_000;

/**
 * The lines of a file without their ends, those of one chunk of bytes at a time.
 * @throws InputError `line-length` where one is longer than `maxLine` characters
 */
export async function* lineBatches(
  file: FileBytes,
  { maxLine = defaultMaxLine, ...options }: DecodeOptions & { readonly maxLine?: number | undefined },
): AsyncGenerator<string[]> {
  let open: string[] = [];
  let openLength = 0;
  let lines = 0;
  for await (const text of textChunks(file, options)) {
    const parts = text.includes("\r") ? text.split(/\r\n|\n|\r/) : text.split("\n");
    open.push(parts[0]!);
    openLength += parts[0]!.length;
    if (openLength > maxLine) throw lineTooLong(file.name, lines + 1, maxLine);
    if (parts.length === 1) continue;
    parts[0] = open.join("");
    const long = text.length > maxLine ? parts.findIndex((part) => part.length > maxLine) : -1;
    if (long >= 0) throw lineTooLong(file.name, lines + long + 1, maxLine);
    open = [parts.pop()!];
    openLength = open[0]!.length;
    lines += parts.length;
    yield parts;
  }
  const last = open.join("");
  if (last !== "") yield [last];
}

export function lineTooLong(file: string, line: number, limit: number): InputError {
  return new InputError(
    "line-length",
    `${file}, line ${line} is longer than ${limit} characters; check that the file has the lines that it should, ` +
      `or raise the limit with ${option("maxLine")}.`,
    { file, line, limit },
  );
}
