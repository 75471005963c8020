/** A folder's model in several safetensors files, as `model.safetensors.index.json` lists them. */
import { join } from "node:path";
import { readJsonObject } from "../files/json-file.ts";
import { innerFile } from "../files/safe-path.ts";
import { openSafetensors } from "./safetensors-file.ts";
import { joinShards } from "./shard-map.ts";
import type { TensorSource } from "./tensor-source.ts";

/**
 * Opens all files of the index `indexName` in `folder` as one source.
 *
 * @throws InputError `safetensors-index` where the index is malformed or does not match its files, `path-outside`
 * where it names a file outside the folder, and those of `openSafetensors`.
 */
export async function openShards(folder: string, indexName: string): Promise<TensorSource> {
  const where = join(folder, indexName);
  return joinShards(await readJsonObject(where), where, async (name) =>
    openSafetensors(await innerFile(folder, name, where), join(folder, name)),
  );
}
