/** A model in several safetensors files, as `model.safetensors.index.json` lists them. */
import { basename, join } from "node:path";
import { InputError } from "../core/errors.ts";
import { type JsonObject, readJsonObject } from "../files/json-file.ts";
import { innerFile, requireInner } from "../files/safe-path.ts";
import type { TensorInfo } from "./safetensors.ts";
import { openSafetensors } from "./safetensors-file.ts";
import type { TensorSource } from "./tensor-source.ts";

/** The names of the shard files in an index, each once, sorted. */
export function shardNames(index: JsonObject, where: string): string[] {
  return [...new Set(weightMap(index, where).values())].sort();
}

/**
 * Opens all files of the index `indexName` in `folder` as one source.
 *
 * @throws InputError `safetensors-index` where the index is malformed or does not match its files, `path-outside`
 * where it names a file outside the folder, and those of `openSafetensors`.
 */
export async function openShards(folder: string, indexName: string): Promise<TensorSource> {
  const where = join(folder, indexName);
  const index = await readJsonObject(where);
  const map = weightMap(index, where);
  const shards = new Map<string, TensorSource>();
  const close = async () => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const name of shardNames(index, where)) {
      shards.set(name, await openSafetensors(await innerFile(folder, name, where), join(folder, name)));
    }
    const tensors = new Map<string, TensorInfo>();
    for (const [file, shard] of shards) {
      for (const tensor of shard.tensors.values()) {
        if (map.get(tensor.name) === file) tensors.set(tensor.name, tensor);
      }
    }
    for (const [name, file] of map) {
      if (!tensors.has(name)) throw bad(where, `it says that tensor "${name}" is in ${file}, which lacks it`);
    }
    const metadata = Object.assign({}, ...[...shards.values()].map((s) => s.metadata));
    return {
      tensors,
      metadata,
      async read(name, into) {
        const shard = shards.get(map.get(name) ?? "");
        if (!shard) throw new InputError("tensor-missing", `${where} lists no tensor "${name}".`, { name });
        await shard.read(name, into);
      },
      locate: (name) => shards.get(map.get(name) ?? "")?.locate?.(name),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function weightMap(index: JsonObject, where: string): Map<string, string> {
  const map = index.weight_map;
  if (typeof map !== "object" || map === null || Object.keys(map).length === 0) {
    throw bad(where, "it has no weight_map from tensor names to files");
  }
  for (const file of Object.values(map)) {
    if (typeof file !== "string") throw bad(where, "its weight_map names a file that is not text");
    requireInner(file, where);
    if (!basename(file).endsWith(".safetensors")) {
      throw bad(where, `it names ${JSON.stringify(file)}, which is not a .safetensors file`);
    }
  }
  return new Map(Object.entries(map as Record<string, string>));
}

function bad(where: string, reason: string): InputError {
  return new InputError("safetensors-index", `Cannot use ${where}: ${reason}.`, { file: where });
}
