/** Small models of random weights with vocabularies, as folders to be exported. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sizeOf } from "../src/core/array.ts";
import { Random } from "../src/core/random.ts";
import { writeSafetensors } from "../src/hub/safetensors-file.ts";
import type { Architecture, OptionValues } from "../src/models/model.ts";
import { architectureOf } from "../src/models/registry.ts";
import { trainBpe } from "../src/text/bpe-train.ts";
import { characterTokenizerOf } from "../src/text/characters.ts";
import { huggingfaceTokenizer } from "../src/text/huggingface.ts";
import { maskedBpeOf } from "../src/text/masked-bpe.ts";
import type { Tokenizer } from "../src/text/tokenizer.ts";
import { wordPieceFiles } from "../src/text/wordpiece-files.ts";
import { wordTokenizerOf } from "../src/text/words.ts";
import { temporaryFolder } from "./cli.ts";

/** Sizes that make each one small, where it has the option. */
const small: OptionValues = {
  width: 64,
  layers: 2,
  embedding: 8,
  heads: 2,
  context: 64,
  window: 12,
  kernel: 2,
  dropout: 0,
};

const words = ["why", "did", "the", "hen", "cross", "a", "road", "to", "see", "its", "other", "side"];
const random = new Random(1, "words");
/** Words in random order. */
const text = Array.from({ length: 800 }, (_, i) => words[Math.floor(random.uniform(i) * words.length)]).join(
  " ",
);

const wordPieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hen", "##s", "road", "a"].join("\n");

function tokenizerFor(kind: Architecture["tokens"]): Tokenizer {
  if (kind === "character") return characterTokenizerOf([text]);
  if (kind === "word") return wordTokenizerOf([text], { minCount: 1 });
  const files =
    kind === "wordpiece" ? wordPieceFiles(wordPieces) : trainBpe([text], { vocabularySize: 300 }).files;
  const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
  return kind === "masked-bpe" ? maskedBpeOf(tokenizer) : tokenizer;
}

/**
 * A folder with a model of this architecture. Weights beside the embeddings are `spread` times those of a fresh model, gains and
 * biases moved off 1 and 0, so that predictions differ clearly from token to token.
 * `change` is laid over config.json.
 */
export async function modelFolder(
  type: string,
  options: OptionValues = {},
  spread = 4,
  change: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const architecture = architectureOf(type);
  const tokenizer = tokenizerFor(architecture.tokens);
  const given = Object.fromEntries(
    Object.entries({ ...small, ...options }).filter(([name]) => name in architecture.options),
  );
  const config = { ...architecture.configure(given, tokenizer.size), ...change };
  const tensors = architecture.build(config).parameters.map(({ name, shape, initialise, decay }) => {
    const data = new Float32Array(sizeOf(shape));
    initialise(data, new Random(5, name));
    const random = new Random(6, name);
    for (let i = 0; i < data.length; i++) {
      if (decay) data[i]! *= /wte|wpe|embedding/.test(name) ? 1 : spread;
      else data[i]! += 0.4 * (random.uniform(i) - 0.5);
    }
    return { name, dtype: "F32" as const, shape, data };
  });
  const folder = join(temporaryFolder(), type);
  mkdirSync(folder);
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  for (const [name, content] of Object.entries(tokenizer.files()))
    writeFileSync(join(folder, name), JSON.stringify(content));
  await writeSafetensors(join(folder, "model.safetensors"), tensors);
  return folder;
}
