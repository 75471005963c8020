/** Writes a model to a folder in Hugging Face's layout, from which `openModel` and others read it. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type HostArray, type StoredArray, sizeOf } from "../core/array.ts";
import { InputError, UsageError } from "../core/errors.ts";
import { jsonText } from "../core/json.ts";
import { checkName } from "../core/options.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { writeFolder } from "../files/whole-folder.ts";
import { tokenizerMetadata } from "../hub/fingerprint.ts";
import { CONFIG_FILE } from "../hub/folder.ts";
import { addProduct } from "../hub/merged-tensors.ts";
import { WEIGHTS_FILE } from "../hub/safetensors.ts";
import { writeSafetensors } from "../hub/safetensors-file.ts";
import { generationConfig } from "./generation-config.ts";
import { checkModel, type LanguageModel } from "./language-model.ts";

/**
 * Writes `config.json`, `model.safetensors` (float32), the tokenizer's files and `generation_config.json` to `folder`,
 * all of them or none. Adapters are merged into the matrices that they adapt.
 *
 * @example
 * const { lm } = await train({ model: "char-lstm", data: texts });
 * await saveModel(lm, "models/mine");
 * @throws UsageError where the folder is not empty, and for a quantised model
 * @throws InputError of the file system
 */
export async function saveModel(lm: LanguageModel, folder: string): Promise<void> {
  checkModel(lm);
  checkName(folder, "folder");
  const { model, tokenizer, weights } = lm;
  const whole = model.architecture.build(model.config);
  const odd = Object.keys(weights).find((name) => !model.parameters.some((p) => p.name === name));
  if (odd !== undefined)
    throw new UsageError(
      `${lm.name} is quantised (${odd}), and a saved model has float32 weights alone; open it without \`quantize\`.`,
      { name: odd },
    );
  await writeFolder(folder, write, { noun: "a model", parameter: "folder" });

  async function write(partial: string): Promise<void> {
    const documents = {
      ...tokenizer.files(),
      [CONFIG_FILE]: model.config,
      "generation_config.json": generationConfig(lm),
    };
    for (const [name, content] of Object.entries(documents))
      await writeFileAtomic(join(partial, name), jsonText(content));
    const tensors = await Promise.all(
      whole.parameters.map(async ({ name, shape }) => {
        return { name, dtype: "F32" as const, shape, data: await numbersOf(lm, name) };
      }),
    );
    await writeSafetensors(join(partial, WEIGHTS_FILE), tensors, tokenizerMetadata(tokenizer));
  }
}

/** The numbers of a weight, with its adapter merged where it has one. */
async function numbersOf({ model, weights }: LanguageModel, name: string): Promise<Float32Array> {
  const adapter = model.adapters?.find((one) => `${one.name}.weight` === name);
  const numbers = await storedNumbers(weights[name]!);
  if (!adapter) return numbers;
  const merged = numbers.slice();
  const [a, b] = [weights[`${adapter.name}.lora_A.weight`]!, weights[`${adapter.name}.lora_B.weight`]!];
  addProduct(merged, await storedNumbers(a), await storedNumbers(b), a.shape[0]!, adapter);
  return merged;
}

/** The numbers of a weight, read from its file where they are left there. */
async function storedNumbers(array: HostArray | StoredArray): Promise<Float32Array> {
  if (!("stored" in array)) return array.data as Float32Array;
  const { file, offset, length } = array.stored;
  const handle = await open(file, "r");
  try {
    const data = new Float32Array(sizeOf(array.shape));
    const bytes = new Uint8Array(data.buffer);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await handle.read(bytes, at, length - at, offset + at);
      if (bytesRead === 0)
        throw new InputError("changed", `${file} became shorter since it was opened.`, { file });
      at += bytesRead;
    }
    return data;
  } finally {
    await handle.close();
  }
}
