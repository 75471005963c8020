/** Full-size models that fill masks as folders that any program opens: random weights, and vocabularies of letters. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bert } from "../../src/models/bert.ts";
import { architectureOf } from "../../src/models/registry.ts";
import { bpeFiles } from "../../src/text/bpe-files.ts";
import { huggingfaceTokenizer } from "../../src/text/huggingface.ts";
import { maskedBpeOf } from "../../src/text/masked-bpe.ts";
import { wordPieceFiles } from "../../src/text/wordpiece-files.ts";
import { writeRandomFolder } from "../../test/torch/forward.ts";
import { spelling } from "../gpt2/folder.ts";
import { usualSize } from "../quick.ts";

const VOCABULARY = 30522;

/** A base model that reads byte-level BPE. */
export async function writeEncoder(type: string, vocabulary: number, folder: string): Promise<void> {
  const architecture = architectureOf(type);
  const model = architecture.build(architecture.configure(usualSize("base"), vocabulary));
  await mkdir(folder, { recursive: true });
  await writeRandomFolder(model, folder);
  // Four of the tokens are in place of one that ends a text.
  const { tokens, merges } = spelling(vocabulary - 4);
  const files = bpeFiles(Object.fromEntries(tokens.map((token, id) => [token, id])), merges);
  const spelled = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
  for (const [name, content] of Object.entries(maskedBpeOf(spelled).files()))
    await writeFile(join(folder, name), JSON.stringify(content));
}

export async function writeBert(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeRandomFolder(bert.build(bert.configure(usualSize("base"), VOCABULARY)), folder);
  const words = Array.from({ length: VOCABULARY - 5 }, (_, i) => i.toString(26));
  const files = wordPieceFiles(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words].join("\n"));
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), JSON.stringify(content));
}
