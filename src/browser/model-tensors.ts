/**
 * The tensors of a model's files in a browser: of one file of weights or of several; of a run of adapters those of its
 * base, with the adapter merged as they are read.
 */
import { InputError } from "../core/errors.ts";
import {
  ADAPTER_CONFIG_FILE,
  ADAPTER_WEIGHTS_FILE,
  BASE_FINGERPRINT,
  checkBase,
  readAdapterConfig,
} from "../hub/adapter.ts";
import { weightsFingerprint } from "../hub/fingerprint-pieces.ts";
import { mergeAdapter } from "../hub/merged-tensors.ts";
import { noWeights } from "../hub/no-weights.ts";
import { headerLength, parseHeader, WEIGHTS_FILE } from "../hub/safetensors.ts";
import { joinShards, WEIGHTS_INDEX_FILE } from "../hub/shard-map.ts";
import {
  bufferTensors,
  convertElements,
  directBytes,
  findTensor,
  type TensorSource,
} from "../hub/tensor-source.ts";
import { checkFilePath, type ModelFiles, readJson } from "./run-store.ts";

/** The model that an adapter's configuration names; undefined where there is none. */
export type FindBase = (name: string) => Promise<ModelFiles | undefined>;

/** @throws InputError `no-base` for an adapter without its base, `not-a-model` for a folder without weights */
export async function openTensors(files: ModelFiles, findBase: FindBase): Promise<TensorSource> {
  const whole = await wholeTensors(files);
  if (whole) return whole;
  const adapter = await openAdapter(files, findBase);
  if (adapter) return adapter.merged();
  throw noWeights(
    files.name,
    ((await files.list?.()) ?? []).map(({ name }) => name),
  );
}

/** The tensors of the weights themselves; undefined where the folder has none, as that of an adapter. */
async function wholeTensors(files: ModelFiles): Promise<TensorSource | undefined> {
  const one = await readTensorFile(files, WEIGHTS_FILE);
  if (one) return one;
  const index = await readJson(files, WEIGHTS_INDEX_FILE);
  if (!index) return undefined;
  const where = `${files.name}/${WEIGHTS_INDEX_FILE}`;
  return joinShards(index, where, async (name) => {
    checkFilePath(name);
    const shard = await readTensorFile(files, name);
    if (shard) return shard;
    throw new InputError(
      "safetensors-index",
      `${where} names ${name}, which is not there; give the folder with all of its files.`,
      { file: name },
    );
  });
}

/** The base of an adapter's files, and both merged; undefined for other models. */
export async function openAdapter(files: ModelFiles, findBase: FindBase) {
  const json = await readJson(files, ADAPTER_CONFIG_FILE);
  if (!json) return undefined;
  const applied = readAdapterConfig(json, `${files.name}/${ADAPTER_CONFIG_FILE}`);
  const base = await findBase(applied.base);
  const tensors = base && (await wholeTensors(base));
  if (!tensors)
    throw new InputError(
      "no-base",
      `${files.name} is an adapter of "${applied.base}", which is not in this browser; open the folder of that model first.`,
      { base: applied.base },
    );
  return {
    tensors,
    name: applied.base,
    async merged(): Promise<TensorSource> {
      const adapter = await readTensorFile(files, ADAPTER_WEIGHTS_FILE);
      if (!adapter) throw noWeights(files.name, []);
      checkBase(applied.base, adapter.metadata[BASE_FINGERPRINT], await weightsFingerprint(tensors));
      return mergeAdapter(tensors, adapter, applied, `${files.name}/${ADAPTER_WEIGHTS_FILE}`);
    },
  };
}

/** The tensors of a file of the model; undefined where there is no such file. */
export async function readTensorFile(files: ModelFiles, name: string): Promise<TensorSource | undefined> {
  const where = `${files.name}/${name}`;
  if (files.blob) {
    const blob = await files.blob(name);
    return blob && blobTensors(blob, where);
  }
  const bytes = await files.read(name);
  return bytes && bufferTensors(bytes.buffer, where);
}

/** A file that is read tensor by tensor: with its weights in memory twice, a model of half a gigabyte would not fit. */
async function blobTensors(blob: Blob, where: string): Promise<TensorSource> {
  const bytesAt = async (begin: number, end: number) =>
    new Uint8Array(await blob.slice(begin, end).arrayBuffer());
  const length = headerLength(await bytesAt(0, 64), blob.size, where);
  const header = parseHeader(await bytesAt(8, 8 + length), blob.size, where);
  return {
    ...header,
    async read(name, into) {
      const { dtype, begin, end } = findTensor(header.tensors, name, into, where);
      const bytes = await bytesAt(begin, end);
      const direct = directBytes(dtype, into);
      if (direct) direct.set(bytes);
      else convertElements(dtype, bytes, into);
    },
    async part(name, begin, end) {
      const first = header.tensors.get(name)?.begin;
      return first === undefined ? undefined : bytesAt(first + begin, first + end);
    },
    async close() {},
  };
}
