/**
 * A model as a GGUF file with the keys and tensor names of llama.cpp.
 *
 * Norms and biases stay float32. With q4_0, the embedding and the head become q8_0, since they affect the predictions
 * most; a matrix with rows that are not a multiple of 32 becomes f16.
 */
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { modelName } from "../hub/model-name.ts";
import { type GgufTensor, type GgufValue, ggufChunks } from "./gguf.ts";
import type { GgufFamily, GgufPlace } from "./gguf-family.ts";
import { gpt2Gguf } from "./gguf-gpt2.ts";
import { llamaGguf, qwen2Gguf, qwen3Gguf } from "./gguf-llama.ts";
import { gptNeoxGguf } from "./gguf-neox.ts";
import { describeTokenizer } from "./gguf-tokenizer.ts";
import { type GgufType, ggufFormats } from "./quantise.ts";
import type { ExportSource } from "./source.ts";

/** By the architecture's type. */
const families: Readonly<Record<string, GgufFamily>> = {
  gpt2: gpt2Gguf,
  llama: llamaGguf,
  qwen2: qwen2Gguf,
  qwen3: qwen3Gguf,
  gpt_neox: gptNeoxGguf,
};

/** llama.cpp's `general.file_type`. */
const fileType: Readonly<Record<GgufType, number>> = { f32: 0, f16: 1, q4_0: 2, q8_0: 7 };

/** @throws UsageError where llama.cpp has no such model, or would not compute the same */
export async function writeGguf(
  source: ExportSource,
  folder: string,
  types: readonly GgufType[],
): Promise<void> {
  const { model, path } = source;
  const { type: architecture } = model.architecture;
  const family = Object.hasOwn(families, architecture) ? families[architecture] : undefined;
  if (!family)
    throw new UsageError(
      `${path} is of the family ${architecture}, and GGUF files are written of ${Object.keys(families).join(", ")} alone.`,
    );
  const described = Object.entries(family.describe(model, path));
  const tokenizer = describeTokenizer(source);
  for (const type of types) {
    const quantised = type === "q8_0" || type === "q4_0";
    const metadata: Record<string, GgufValue> = {
      "general.architecture": { string: family.name },
      "general.name": { string: modelName(path) },
      "general.file_type": { uint32: fileType[type] },
      ...(quantised ? { "general.quantization_version": { uint32: 2 } } : {}),
      ...Object.fromEntries(described.map(([key, value]) => [`${family.name}.${key}`, value])),
      ...tokenizer,
    };
    await writeFileAtomic(
      join(folder, `model-${type}.gguf`),
      ggufChunks(metadata, tensorsOf(source, family, type)),
    );
  }
}

function tensorsOf({ model, read }: ExportSource, family: GgufFamily, type: GgufType): GgufTensor[] {
  const tensor = (place: GgufPlace, values: () => Promise<Float32Array>): GgufTensor => ({
    name: place.name,
    shape: place.shape,
    type: typeOf(place, type),
    async read() {
      const data = await values();
      return place.arrange ? place.arrange(data) : data;
    },
  });
  return [
    ...model.parameters.map(({ name, shape }) => tensor(family.place(name, shape, model), () => read(name))),
    ...(family.extra?.(model) ?? []).map((place) =>
      tensor(place, async () => (typeof place.from === "string" ? read(place.from) : place.from)),
    ),
  ];
}

function typeOf({ name, shape, whole = shape.length < 2 }: GgufPlace, type: GgufType): GgufType {
  if (whole) return "f32";
  const better = type === "q4_0" && /^(token_embd|output)\.weight$/.test(name) ? "q8_0" : type;
  return shape[1]! % ggufFormats[better].block === 0 ? better : "f16";
}
