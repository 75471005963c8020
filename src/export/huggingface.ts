/**
 * A model as a Hugging Face folder: config.json, model.safetensors, the tokenizer's files and
 * generation_config.json. GPT-2, BERT and DistilBERT are then read by transformers as they are.
 */
import { join } from "node:path";
import { writeFileAtomic } from "../hub/atomic.ts";
import { CONFIG_FILE, WEIGHTS_FILE } from "../hub/folder.ts";
import { layoutTensors } from "../hub/safetensors.ts";
import type { ExportSource } from "./source.ts";
import type { Replacements } from "./transformers-js.ts";

/** The class of transformers that reads each architecture. */
const classes: Readonly<Record<string, string>> = {
  gpt2: "GPT2LMHeadModel",
  bert: "BertForMaskedLM",
  distilbert: "DistilBertForMaskedLM",
};

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Writes the folder's files; the weights as float32, one tensor in memory at a time. */
export async function writeHuggingFace(source: ExportSource, folder: string): Promise<void> {
  await writeDescription(source, folder);
  const specs = source.model.parameters.map(({ name, shape }) => ({ name, shape, dtype: "F32" as const }));
  const { head, tensors } = layoutTensors(specs);
  async function* content() {
    yield head;
    for (const { name } of tensors) yield new Uint8Array((await source.read(name)).buffer);
  }
  await writeFileAtomic(join(folder, WEIGHTS_FILE), content());
}

/**
 * Writes everything but the weights: what every program that loads a folder reads first.
 * @param instead fields that a certain reader wants otherwise, by file
 */
export async function writeDescription(
  source: ExportSource,
  folder: string,
  instead: Replacements = {},
): Promise<void> {
  const generation = describeGeneration(source);
  const files: Readonly<Record<string, object>> = {
    ...(source.tokenizer.files() as Readonly<Record<string, object>>),
    [CONFIG_FILE]: describeConfig(source),
    ...(generation ? { "generation_config.json": generation } : {}),
  };
  for (const [name, content] of Object.entries(files))
    await writeFileAtomic(join(folder, name), json({ ...content, ...instead[name] }));
}

/** The configuration with what readers expect beside the sizes. */
function describeConfig({ model, architecture, tokenizer }: ExportSource): Record<string, unknown> {
  // `dtype` is the newer spelling of `torch_dtype`; one of the two is enough, and both read the older.
  const { dtype: _, ...config } = model.config as Record<string, unknown>;
  const reader = classes[architecture.type];
  return {
    ...(reader ? { architectures: [reader] } : {}),
    // Without these a reader assumes the ids of the original vocabulary.
    ...(architecture.type === "gpt2"
      ? { bos_token_id: tokenizer.endOfText, eos_token_id: tokenizer.endOfText }
      : {}),
    ...config,
    torch_dtype: "float32",
  };
}

function describeGeneration({ generationConfig, model, tokenizer }: ExportSource): object | undefined {
  if (generationConfig) return generationConfig;
  if (model.predicts === "masked") return undefined;
  return { bos_token_id: tokenizer.endOfText, eos_token_id: tokenizer.endOfText };
}
