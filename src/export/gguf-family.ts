/** What a GGUF file says of an architecture: llama.cpp's name of it, its keys, and the names and layouts of its tensors. */
import { UsageError } from "../core/errors.ts";
import type { Model } from "../models/model.ts";
import type { GgufValue } from "./gguf.ts";

export interface GgufFamily {
  /** llama.cpp's name of the architecture, which begins its keys. */
  readonly name: string;
  /**
   * Its keys, without the name of the architecture.
   * @throws UsageError where llama.cpp would not compute the same; `path` names the model
   */
  describe(model: Model, path: string): Readonly<Record<string, GgufValue>>;
  /** Where a parameter of the model goes. */
  place(name: string, shape: readonly number[], model: Model): GgufPlace;
  /** Tensors besides the parameters. */
  extra?(model: Model): readonly GgufExtra[];
}

export interface GgufPlace {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether it stays float32, as what is read by the number does. Default: one axis does. */
  readonly whole?: boolean;
  /** The numbers in the file's order. Default: as they are. */
  arrange?(data: Float32Array): Float32Array;
}

export interface GgufExtra extends GgufPlace {
  /** The parameter that it is a copy of, or its numbers. */
  readonly from: string | Float32Array;
}

/**
 * The name of a parameter by two tables: of the parts outside of blocks, and of those in them.
 * @param blocks finds the number of the block and the part in it
 */
export function placeByTable(
  name: string,
  names: Readonly<Record<string, string>>,
  blocks: RegExp,
  blockNames: Readonly<Record<string, string>>,
): { readonly name: string; readonly part: string; readonly inBlock: boolean } {
  const [, whole, leaf] = /^(.*)\.(weight|bias)$/.exec(name)!;
  const block = blocks.exec(whole!);
  const part = block ? block[2]! : whole!;
  const given = block ? `blk.${block[1]}.${blockNames[part]}` : names[part];
  return { name: `${given}.${leaf}`, part, inBlock: block !== null };
}

/** @throws UsageError where the model has an activation that readers do not compute for its architecture */
export function checkActivation(path: string, given: string, known: readonly string[], type: string): void {
  if (known.includes(given)) return;
  throw new UsageError(
    `${path} has the activation "${given}", and readers of GGUF files compute ${known[0]} for every ${type}.`,
  );
}
