/** A full-size bert-base as a folder that any program opens: 110M random weights, and a vocabulary of letters. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bert } from "../../src/models/bert.ts";
import { wordPieceFiles } from "../../src/text/wordpiece-files.ts";
import { writeRandomFolder } from "../../test/torch/forward.ts";

const VOCABULARY = 30522;

export async function writeBert(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeRandomFolder(bert.build(bert.configure({ config: "base" }, VOCABULARY)), folder);
  const words = Array.from({ length: VOCABULARY - 5 }, (_, i) => i.toString(26));
  const files = wordPieceFiles(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words].join("\n"));
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), JSON.stringify(content));
}
