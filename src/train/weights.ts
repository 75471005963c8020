/**
 * The weights that a run offers, as a file: all of the model, or the adapter alone of a LoRA training.
 *
 * A LoRA run keeps no copy of its base model. Beside GPT-2's half gigabyte an adapter is a megabyte, so it is
 * written at each checkpoint in no time, and a run killed at any moment can be used; whoever opens the folder gets
 * base and adapter merged (hub/folder.ts), and `punchline export --merge` writes the whole where it is wanted.
 */
import { join } from "node:path";
import { ADAPTER_WEIGHTS_FILE, storedAdapterName } from "../hub/adapter.ts";
import { BASE_FINGERPRINT } from "../hub/adapter-base.ts";
import { tokenizerMetadata } from "../hub/fingerprint.ts";
import { openSafetensors, WEIGHTS_FILE, writeSafetensors } from "../hub/safetensors-file.ts";
import type { Arena } from "../runtime/arena.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { Adaptation } from "./adaptation.ts";

export interface RunWeights {
  readonly file: string;
  /** Names in the file, by the parameters' own. */
  readonly names: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * @param from what their file is to record: the vocabulary, and for an adapter the fingerprint of the base's weights;
 * not needed to read the file
 */
export function runWeights(
  { model, trainable, adapter }: Adaptation,
  from: { readonly tokenizer?: Tokenizer | undefined; readonly baseFingerprint?: string | undefined } = {},
): RunWeights {
  const metadata = from.tokenizer ? tokenizerMetadata(from.tokenizer) : {};
  if (!adapter) {
    const names = new Map(model.parameters.map(({ name }) => [name, name]));
    return { file: WEIGHTS_FILE, names, metadata };
  }
  return {
    file: ADAPTER_WEIGHTS_FILE,
    names: new Map([...trainable].map((name) => [name, storedAdapterName(name)])),
    metadata: { [BASE_FINGERPRINT]: from.baseFingerprint ?? "", ...metadata },
  };
}

/** Writes the weights in the arena to their file in `folder`. */
export async function writeWeights(
  folder: string,
  { file, names, metadata }: RunWeights,
  { parameters }: Arena,
  step: number,
): Promise<void> {
  const tensors = [...names].map(([name, stored]) => {
    const { shape, data } = parameters[name]!;
    return { name: stored, dtype: "F32" as const, shape, data };
  });
  await writeSafetensors(join(folder, file), tensors, { step: String(step), ...metadata });
}

/** Reads the file in `folder` back into the arena. */
export async function readWeights(
  folder: string,
  { file, names }: RunWeights,
  { parameters }: Arena,
): Promise<void> {
  const source = await openSafetensors(join(folder, file));
  try {
    for (const [name, stored] of names) await source.read(stored, parameters[name]!.data);
  } finally {
    await source.close();
  }
}
