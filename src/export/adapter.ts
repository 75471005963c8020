/**
 * A LoRA adapter as PEFT reads it: adapter_config.json, adapter_model.safetensors and the tokenizer's files.
 * The base model is named, not copied.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../files/atomic.ts";
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from "../hub/adapter.ts";
import type { ExportSource } from "./source.ts";

/** Copies the adapter of `source`, which must be adapted, to `folder`. */
export async function writeAdapter({ path, tokenizer }: ExportSource, folder: string): Promise<void> {
  for (const name of [ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE])
    await copyFile(join(path, name), join(folder, name));
  for (const [name, value] of Object.entries(tokenizer.files()))
    await writeFileAtomic(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}
