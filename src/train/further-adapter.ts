/** The adapter that a training goes on with: its settings in place of LoRA's defaults, its matrices as first weights. */
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { requireFinite } from "../core/finite.ts";
import { option } from "../core/options.ts";
import { readJsonObject } from "../files/json-file.ts";
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE, readAdapterName } from "../hub/adapter.ts";
import { fingerprintTensors } from "../hub/fingerprint.ts";
import { withModelFolder } from "../hub/folder.ts";
import { openSafetensors } from "../hub/safetensors-file.ts";
import type { TensorSource } from "../hub/tensor-source.ts";
import { adaptedMaps, type LoraOptions } from "../models/lora.ts";
import type { Model } from "../models/model.ts";
import type { Arena } from "../runtime/arena.ts";
import type { BaseModel } from "./base.ts";

type AdaptedBase = Pick<BaseModel, "folder"> & { readonly adapter: NonNullable<BaseModel["adapter"]> };

/**
 * The settings of the base's adapter, as those of LoRA.
 * @param given what the caller asked for besides; absent where it asked for no adapter
 * @throws UsageError for what an adapter that there is already decides, and where `lora` is not asked for
 * @throws InputError where the adapter is not one of plain LoRA, or of another base
 */
export async function furtherLora(
  model: Model,
  { folder, adapter }: AdaptedBase,
  given: Partial<LoraOptions> | undefined,
): Promise<LoraOptions> {
  const { name } = adapter;
  if (!given)
    throw new UsageError(
      `${option("adapter", name)} is trained further as an adapter; add ${option("lora", true)}, or merge it first with "punchline export MODEL --adapter ${name} --format hf --out DIR" and train all of that.`,
      { option: "lora", expected: true },
    );
  const { rank, scale } = await withModelFolder(folder, async ({ base }) => base!.applied, {
    adapter: adapter.folder,
  });
  const maps = await withTensors(adapter.folder, async (tensors) => [...mapsOf(model, tensors, name).keys()]);
  const config = await readJsonObject(join(adapter.folder, ADAPTER_CONFIG_FILE));
  const { lora_alpha: alpha, lora_dropout: dropout, use_rslora: byRoot } = config;
  const found: LoraOptions = {
    rank,
    // That of plain LoRA, which a new run is.
    alpha: byRoot === true ? scale * rank : (alpha as number),
    dropout: typeof dropout === "number" ? dropout : 0,
    targets: targetsOf(model, maps, config.target_modules),
  };
  const differs = {
    rank: given.rank !== undefined && given.rank !== rank,
    alpha: given.alpha !== undefined && given.alpha !== found.alpha,
    targets: given.targets !== undefined && !sameMaps(model, given.targets, maps),
  };
  for (const key of ["rank", "alpha", "targets"] as const) {
    if (!differs[key]) continue;
    const value = given[key]!;
    throw new UsageError(
      `${option(`lora.${key}`, typeof value === "number" ? value : value.join(","))} is not that of the adapter ${name}, ${found[key]}; leave it out, or begin an adapter of its own without ${option("adapter")}.`,
      { option: `lora.${key}`, value, expected: found[key] },
    );
  }
  return { ...found, dropout: given.dropout ?? found.dropout };
}

/** Reads the adapter's matrices into the arena. @returns their fingerprint */
export async function readFurther(model: Model, { adapter }: AdaptedBase, arena: Arena): Promise<string> {
  return withTensors(adapter.folder, async (tensors) => {
    for (const [map, factors] of mapsOf(model, tensors, adapter.name))
      for (const factor of ["A", "B"] as const) {
        const data = arena.parameters[`${map}.lora_${factor}.weight`]!.data as Float32Array;
        await tensors.read(factors[factor]!, data);
        requireFinite(data, adapter.name);
      }
    return fingerprintTensors(tensors);
  });
}

async function withTensors<T>(folder: string, use: (tensors: TensorSource) => Promise<T>): Promise<T> {
  const tensors = await openSafetensors(join(folder, ADAPTER_WEIGHTS_FILE));
  try {
    return await use(tensors);
  } finally {
    await tensors.close();
  }
}

/** The stored names of A and B of each map, by the model's name of the map. */
function mapsOf(model: Model, { tensors }: TensorSource, adapter: string) {
  const weights = model.parameters.filter(({ outputs }) => outputs !== undefined);
  const maps = new Map<string, { A?: string; B?: string }>();
  for (const stored of tensors.keys()) {
    const { map, factor } = readAdapterName(stored)!;
    const known = weights.find(({ name }) => matches(name, `${map}.weight`));
    if (!known || known.table)
      throw new UsageError(
        `The adapter ${adapter} changes "${map}", which is no linear map that ${option("lora", true)} trains; merge it first, and begin an adapter of its own.`,
        { option: "adapter", value: adapter },
      );
    const name = known.name.replace(/\.weight$/, "");
    maps.set(name, { ...maps.get(name), [factor]: stored });
  }
  return maps;
}

/** Whether two names are of one matrix: either may lack a prefix that the other has. */
const matches = (a: string, b: string): boolean => a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`);

/** Ends of names for exactly these maps: as the adapter lists them, by the last parts of their names, or in full. */
function targetsOf(model: Model, maps: readonly string[], listed: unknown): readonly string[] {
  const ends = [...new Set(maps.map((map) => map.slice(map.lastIndexOf(".") + 1)))];
  const named = Array.isArray(listed)
    ? listed.filter((name): name is string => typeof name === "string")
    : [];
  return [named, ends].find((targets) => targets.length > 0 && sameMaps(model, targets, maps)) ?? maps;
}

function sameMaps(model: Model, targets: readonly string[], maps: readonly string[]): boolean {
  try {
    const named = new Set(adaptedMaps(model, targets).map(({ name }) => name));
    return named.size === maps.length && maps.every((map) => named.has(map));
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}
