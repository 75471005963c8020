/** Several safetensors files as one source, as an index lists them. Runs in a browser. */
import { InputError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { requireInner } from "../files/inner-path.ts";
import type { TensorInfo } from "./safetensors.ts";
import type { TensorSource } from "./tensor-source.ts";

export const WEIGHTS_INDEX_FILE = "model.safetensors.index.json";

/** The names of the shard files in an index, each once, sorted. */
export function shardNames(index: JsonObject, where: string): string[] {
  return [...new Set(weightMap(index, where).values())].sort();
}

/**
 * All files of an index as one source.
 * @param where the index, for errors
 * @param open opens a file that it names
 * @throws InputError `safetensors-index` where the index is malformed or does not match its files
 */
export async function joinShards(
  index: JsonObject,
  where: string,
  open: (name: string) => Promise<TensorSource>,
): Promise<TensorSource> {
  const map = weightMap(index, where);
  const shards = new Map<string, TensorSource>();
  const close = async () => {
    for (const shard of shards.values()) await shard.close();
  };
  const shardOf = (name: string) => shards.get(map.get(name) ?? "");
  try {
    for (const name of shardNames(index, where)) shards.set(name, await open(name));
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
        const shard = shardOf(name);
        if (!shard) throw new InputError("tensor-missing", `${where} lists no tensor "${name}".`, { name });
        await shard.read(name, into);
      },
      locate: (name) => shardOf(name)?.locate?.(name),
      part: async (name, begin, end) => shardOf(name)?.part?.(name, begin, end),
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
    if (!file.endsWith(".safetensors")) {
      throw bad(where, `it names ${JSON.stringify(file)}, which is not a .safetensors file`);
    }
  }
  return new Map(Object.entries(map as Record<string, string>));
}

function bad(where: string, reason: string): InputError {
  return new InputError("safetensors-index", `Cannot use ${where}: ${reason}.`, { file: where });
}
