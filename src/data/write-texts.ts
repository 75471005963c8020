/** Writes prepared texts to a file that other tools, and Punchline, can read. */
import { extname } from "node:path";
import { UsageError } from "../core/errors.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import type { PreparedData } from "./prepare.ts";
import { TOKENS } from "./sources/token-files.ts";
import { splitNames } from "./split.ts";

/** The fields of one text: `text` and `split`, or `prompt`, `completion` and `split`. */
type Fields = Readonly<Record<string, string>>;

interface Format {
  header(names: readonly string[]): string;
  /** One text as a line, its line break included. */
  line(fields: Fields): string;
}

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

const formats: Readonly<Record<string, Format>> = {
  ".jsonl": { header: () => "", line: (fields) => `${JSON.stringify(fields)}\n` },
  ".csv": {
    header: (names) => `${names.join(",")}\n`,
    line: ({ split, ...texts }) => `${Object.values(texts).map(quoted).join(",")},${split}\n`,
  },
  ".txt": { header: () => "", line: ({ text, prompt, completion }) => `${text ?? prompt! + completion!}\n` },
};

/**
 * A writer of prepared items to `path`, in the format of its extension: `.jsonl` and `.csv` with fields `text`
 * (or `prompt` and `completion`) and `split`, `.txt` with one text per line. The file is whole or not there, and missing
 * folders are made.
 * @throws UsageError for another extension; at once, before anything is prepared.
 */
export function textFileWriter(path: string): (data: PreparedData) => Promise<void> {
  const format = formats[extname(path).toLowerCase()];
  if (!format) {
    const known = [...Object.keys(formats), TOKENS].join(", ");
    throw new UsageError(`Cannot tell the format of ${path}; give a name that ends in one of ${known}.`, {
      option: "path",
      value: path,
      expected: `a name that ends in one of ${known}`,
    });
  }
  return (data) => writeFileAtomic(path, lines(data, format));
}

/** The file's contents, some thousand lines at a time. */
function* lines({ splits, prompts }: PreparedData, format: Format): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const header = format.header(prompts ? ["prompt", "completion", "split"] : ["text", "split"]);
  if (header) yield encoder.encode(header);
  for (const split of splitNames) {
    const texts = splits[split];
    const fieldsOf = (text: string, i: number): Fields => {
      const prompt = prompts?.[split][i];
      if (prompt === undefined) return { text, split };
      return { prompt: text.slice(0, prompt), completion: text.slice(prompt), split };
    };
    for (let i = 0; i < texts.length; i += 4096) {
      const part = texts.slice(i, i + 4096).map((text, k) => format.line(fieldsOf(text, i + k)));
      yield encoder.encode(part.join(""));
    }
  }
}
