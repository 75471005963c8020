/** Tiny models of random weights to be compared, as folders. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelConfig, OptionValues } from "../src/models/model.ts";
import { architectureOf } from "../src/models/registry.ts";
import { trainBpe } from "../src/text/bpe-train.ts";
import { printableTokenizer } from "../src/text/characters.ts";
import { wordPieceFiles } from "../src/text/wordpiece-files.ts";
import { writeRandomFolder } from "./torch/forward.ts";

const words =
  "the fox was hungry and had to jump high in air sea a of . , cold music ship played turned".split(" ");
const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words, ..."bdeglmnprsuvwy".split("")];
export const text = "The fox was hungry and had to jump high in the [MASK].";
export const causalText = "The fox was hungry and had to jump high in the";

export interface ComparedFolders {
  readonly scratch: string;
  readonly folders: Readonly<Record<"gpt" | "wide" | "bert" | "lstm" | "window" | "broken", string>>;
  release(): void;
}

/** A model folder of random weights, large enough for its predictions to lean one way or the other. */
async function folderOf(
  scratch: string,
  name: string,
  type: string,
  sizes: OptionValues,
  files: object,
  size: number,
) {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const architecture = architectureOf(type);
  const config: ModelConfig = { ...architecture.configure(sizes, size), initializer_range: 0.5 };
  await writeRandomFolder(architecture.build(config), folder);
  for (const [file, contents] of Object.entries(files))
    writeFileSync(join(folder, file), JSON.stringify(contents));
  return folder;
}

export async function comparedFolders(): Promise<ComparedFolders> {
  const scratch = mkdtempSync(join(tmpdir(), "punchline-compare-"));
  const { files } = trainBpe([text, causalText, words.join(" ")], { vocabularySize: 300 });
  const bpeSize = Object.keys(files["tokenizer.json"].model.vocab).length;
  const sizes = { layers: 2, width: 16, heads: 2, context: 64 };
  const characters = printableTokenizer();
  const pieces = wordPieceFiles(vocabulary.join("\n"));
  const folders = {
    gpt: await folderOf(scratch, "gpt", "gpt2", sizes, files, bpeSize),
    wide: await folderOf(scratch, "wide", "gpt2", { ...sizes, width: 64 }, files, bpeSize),
    bert: await folderOf(scratch, "bert", "bert", sizes, pieces, vocabulary.length),
    lstm: await folderOf(
      scratch,
      "lstm",
      "char-lstm",
      { layers: 1, width: 16 },
      characters.files(),
      characters.size,
    ),
    window: await folderOf(
      scratch,
      "window",
      "char-bilstm",
      { width: 8, window: 12 },
      characters.files(),
      characters.size,
    ),
    broken: await folderOf(scratch, "broken", "bert", sizes, pieces, vocabulary.length),
  };
  writeFileSync(join(folders.broken, "model.safetensors"), "no tensors");
  return { scratch, folders, release: () => rmSync(scratch, { recursive: true, force: true }) };
}
