/**
 * A model as a Hugging Face folder: config.json, model.safetensors, the tokenizer's files and
 * generation_config.json. GPT-2, BERT and DistilBERT are then read by transformers as they are.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { jsonText } from "../core/json.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from "../hub/adapter.ts";
import { tokenizerMetadata } from "../hub/fingerprint.ts";
import { CONFIG_FILE } from "../hub/folder.ts";
import { floatToBfloat, floatToHalf } from "../hub/half.ts";
import { layoutTensors, type SafetensorsDType, WEIGHTS_FILE } from "../hub/safetensors.ts";
import type { ExportSource } from "./source.ts";
import type { Replacements } from "./transformers-js.ts";

/** The class of transformers that reads each architecture. */
const classes: Readonly<Record<string, string>> = {
  gpt2: "GPT2LMHeadModel",
  bert: "BertForMaskedLM",
  distilbert: "DistilBertForMaskedLM",
};

export const huggingFaceTypes = ["f32", "f16", "bf16"] as const;
export type HuggingFaceType = (typeof huggingFaceTypes)[number];

interface Stored {
  /** The type's name in model.safetensors. */
  readonly dtype: SafetensorsDType;
  /** The type's name in config.json. */
  readonly torch: string;
  /** Rounds to nearest, ties to even; too large numbers become infinite. Undefined where nothing is rounded. */
  readonly narrow?: ((from: Float32Array, into: Uint16Array) => void) | undefined;
}

const stored: Readonly<Record<HuggingFaceType, Stored>> = {
  f32: { dtype: "F32", torch: "float32" },
  f16: { dtype: "F16", torch: "float16", narrow: floatToHalf },
  bf16: { dtype: "BF16", torch: "bfloat16", narrow: floatToBfloat },
};

/**
 * Writes the folder's files, with weights of `type`; one tensor is in memory at a time.
 * @throws InputError `out-of-range` where a weight is too large for `type`
 */
export async function writeHuggingFace(
  source: ExportSource,
  folder: string,
  type: HuggingFaceType = "f32",
): Promise<void> {
  const { dtype, torch } = stored[type];
  await writeDescription(source, folder, { [CONFIG_FILE]: { torch_dtype: torch } });
  const specs = source.model.parameters.map(({ name, shape }) => ({ name, shape, dtype }));
  const { head, tensors } = layoutTensors(specs, tokenizerMetadata(source.tokenizer));
  async function* content() {
    yield head;
    for (const { name } of tensors) yield narrowed(name, await source.read(name), type);
  }
  await writeFileAtomic(join(folder, WEIGHTS_FILE), content());
}

/** Copies the LoRA adapter of `source` as PEFT reads it, with the tokenizer's files. Its base model is named, not copied. */
export async function writeAdapter({ path, tokenizer }: ExportSource, folder: string): Promise<void> {
  for (const name of [ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE])
    await copyFile(join(path, name), join(folder, name));
  for (const [name, value] of Object.entries(tokenizer.files()))
    await writeFileAtomic(join(folder, name), jsonText(value));
}

/** The bytes of a tensor's numbers in floats of `type`. */
function narrowed(name: string, values: Float32Array<ArrayBuffer>, type: HuggingFaceType): Uint8Array {
  const { narrow } = stored[type];
  if (narrow === undefined) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bits = new Uint16Array(values.length);
  narrow(values, bits);
  const infinite = type === "f16" ? 0x7c00 : 0x7f80;
  const index = bits.findIndex((pattern) => (pattern & 0x7fff) === infinite);
  if (index < 0) return new Uint8Array(bits.buffer);
  const wider = type === "f16" ? "bf16 or f32" : "f32";
  throw new InputError(
    "out-of-range",
    `Tensor "${name}" holds ${values[index]} at element ${index}, too large for ${type}; export it as ${wider}.`,
    { name, index, type },
  );
}

/**
 * Writes everything but the weights.
 * @param replaced fields to replace for a certain reader, by file
 */
export async function writeDescription(
  source: ExportSource,
  folder: string,
  replaced: Replacements = {},
): Promise<void> {
  const files: Readonly<Record<string, object | undefined>> = {
    ...(source.tokenizer.files() as Readonly<Record<string, object>>),
    [CONFIG_FILE]: describeConfig(source),
    "generation_config.json": describeGeneration(source),
  };
  for (const [name, content] of Object.entries(files))
    if (content) await writeFileAtomic(join(folder, name), jsonText({ ...content, ...replaced[name] }));
}

/** The model's configuration with the fields that readers expect besides its sizes. */
function describeConfig({ model, tokenizer }: ExportSource): Record<string, unknown> {
  // `dtype` is the newer name of `torch_dtype`; one of the two is enough, and all readers know the older.
  const { dtype: _, ...config } = model.config as Record<string, unknown>;
  const { type } = model.architecture;
  const reader = classes[type];
  // Without this a reader assumes the id of the original vocabulary.
  const end = tokenizer.kind === "bpe" ? tokenizer.endOfText : undefined;
  return {
    architectures: reader && [reader],
    bos_token_id: tokenizer.beginOfText ?? end,
    eos_token_id: end,
    ...config,
    torch_dtype: "float32",
  };
}

function describeGeneration({ generationConfig, model, tokenizer }: ExportSource): object | undefined {
  if (generationConfig) return generationConfig;
  if (model.predicts === "masked") return undefined;
  return { bos_token_id: tokenizer.beginOfText ?? tokenizer.endOfText, eos_token_id: tokenizer.endOfText };
}
