/**
 * Quantised weights of a model's folder: packed once, kept in a file next to the model, and mapped from there
 * ever after. Where the folder cannot be written to, they are packed into memory each time.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { float32, type HostArray, type StoredArray, sizeOf } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import type { ModelFolder } from "../hub/folder.ts";
import { type MatchOptions, matchTensors } from "../hub/match-tensors.ts";
import { openSafetensors, type TensorToWrite, writeSafetensors } from "../hub/safetensors-file.ts";
import { checkFinite, type TensorSource } from "../hub/tensor-source.ts";
import type { Model } from "../models/model.ts";
import { bitsOf, type Quantization, quantizable, quantizeMatrix } from "../models/quantize.ts";
import type { Weights } from "./language-model.ts";

/** The layout of the packed file; another one is not read. */
const FORMAT = "2";

const cacheName = (quantization: Quantization): string => `punchline-${quantization}.safetensors`;

/** @throws InputError as `matchTensors` and `checkFinite`, and those of reading the folder. */
export async function openQuantized(
  folder: ModelFolder,
  model: Model,
  quantization: Quantization,
  options: MatchOptions = {},
): Promise<Weights> {
  const path = join(folder.path, cacheName(quantization));
  const identity = { format: "pt", punchline: FORMAT, source: await fingerprint(folder) };
  const known = await mapPacked(path, model, identity);
  if (known) return known;
  const tensors = await pack(folder.tensors, model, quantization, options);
  try {
    await writeSafetensors(path, tensors, identity);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return inMemory(tensors, model);
  }
  return (await mapPacked(path, model, identity)) ?? inMemory(tensors, model);
}

/** Sizes and dates of the weights that a packed file was made of. */
async function fingerprint({ path, files }: ModelFolder): Promise<string> {
  const sources = files.filter((name) => name.includes(".safetensors") && !name.startsWith("punchline-"));
  const facts = await Promise.all(
    sources.map(async (name) => {
      const { size, mtimeMs } = await stat(join(path, name));
      return `${name}:${size}:${Math.round(mtimeMs)}`;
    }),
  );
  return facts.join(";");
}

async function pack(
  source: TensorSource,
  model: Model,
  quantization: Quantization,
  options: MatchOptions,
): Promise<TensorToWrite[]> {
  const matches = matchTensors(model.parameters, source, options);
  const matrices = new Set(quantizable(model));
  const tensors: TensorToWrite[] = [];
  for (const spec of model.parameters) {
    const { name, shape } = spec;
    const stored = matches.get(name)!;
    const data = new Float32Array(sizeOf(shape));
    await source.read(stored, data);
    checkFinite(stored, data);
    if (!matrices.has(spec)) {
      tensors.push({ name, dtype: "F32", shape, data });
      continue;
    }
    const { packed, scales } = quantizeMatrix(data, spec, bitsOf[quantization]);
    tensors.push({ name: `${name}.packed`, dtype: "U8", shape: packed.shape, data: packed.data });
    tensors.push({ name: `${name}.scales`, dtype: "F32", shape: scales.shape, data: scales.data });
  }
  return tensors;
}

/** The arrays of a packed file, left there; undefined where there is none of this identity. */
async function mapPacked(
  path: string,
  model: Model,
  identity: Readonly<Record<string, string>>,
): Promise<Weights | undefined> {
  const source = await openSafetensors(path).catch((error: unknown) => {
    if (error instanceof InputError) return undefined;
    throw error;
  });
  if (!source) return undefined;
  await source.close();
  if (Object.entries(identity).some(([key, value]) => source.metadata[key] !== value)) return undefined;
  const arrays: Record<string, StoredArray> = {};
  for (const { name, dtype, shape } of source.tensors.values()) {
    arrays[name] = { dtype: dtype === "U8" ? "uint8" : "float32", shape, stored: source.locate!(name)! };
  }
  return withRows(arrays, model);
}

function inMemory(tensors: readonly TensorToWrite[], model: Model): Weights {
  const arrays = tensors.map(({ name, shape, data }): [string, HostArray] => [
    name,
    data instanceof Uint8Array ? { dtype: "uint8", shape, data } : float32(shape, data as Float32Array),
  ]);
  return withRows(Object.fromEntries(arrays), model);
}

/** Tables that are read by row too get a second view of the same bytes. */
function withRows(arrays: Record<string, HostArray | StoredArray>, model: Model): Weights {
  const views = { ...arrays };
  for (const { name, outputs } of quantizable(model)) {
    const packed = arrays[`${name}.packed`];
    if (outputs !== 0 || !packed) continue;
    const [rows, blocks, bytes] = packed.shape as [number, number, number];
    views[`${name}.rows`] = { ...packed, shape: [rows, blocks * bytes] };
  }
  return views;
}
