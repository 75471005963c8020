/** A model ready for use: its architecture, its weights in memory, and its vocabulary. */

import type { HostArray, StoredArray } from "../core/array.ts";
import { invalidOption } from "../core/options.ts";
import type { Spec } from "../graph/tree.ts";
import type { Model } from "../models/model.ts";
import type { Backend } from "../runtime/backend.ts";
import type { DeviceChoice } from "../runtime/measured-in-words.ts";
import type { TextCleaning } from "../text/clean.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/** By name; in memory, or in a file that the runtime maps. */
export type Weights = Readonly<Record<string, HostArray | StoredArray>>;

export interface LanguageModel {
  readonly model: Model;
  /** A decoder keeps the numbers that they have when it begins to read: after a training step it takes another. */
  readonly weights: Weights;
  readonly tokenizer: Tokenizer;
  readonly backend: Backend;
  /** Whether generation stops at the tokenizer's end of text: not so for models of one continuous text. */
  readonly stopAtEos: boolean;
  /** Ids that end a text besides the tokenizer's end of text, such as an instruct model's end of turn. Default: none. */
  readonly ends?: readonly number[] | undefined;
  /** Whether it was trained on texts that did not see each other, and is to be measured so. Default false. */
  readonly isolateDocuments?: boolean | undefined;
  /** How the texts that it learned were cleaned; absent where nothing is known of them. */
  readonly cleaning?: TextCleaning | undefined;
  /** What its device was chosen by, where that was to be the faster one. */
  readonly choice?: DeviceChoice | undefined;
  /** Sentences for people about how it was opened, such as which weights stay float32. Default: none. */
  readonly remarks?: readonly string[] | undefined;
  /** What people call it: its folder or name. */
  readonly name: string;
}

/** @throws UsageError where a program without types gives something else than a model of this machine */
export function checkModel(value: unknown, name = "lm"): asserts value is LanguageModel {
  if (typeof (value as Partial<LanguageModel> | null | undefined)?.model?.forward !== "function")
    throw invalidOption(name, value, "a model, such as `train` and `openLocal` give");
}

/** Whether a model ends its text with this token. */
export const isEnd = (
  { tokenizer, stopAtEos, ends = [] }: Pick<LanguageModel, "tokenizer" | "stopAtEos" | "ends">,
  id: number,
): boolean => stopAtEos && (id === tokenizer.endOfText || ends.includes(id));

/** Whether a prompt is preceded by the end of the text before it: models trained on items begin there. */
export const beginsAfterEnd = ({ kind, beginsAfterEnd = false }: Tokenizer): boolean =>
  beginsAfterEnd || kind === "character" || kind === "word";

/** The id before a text's first, where the model's input begins with one. */
export const beginOf = (tokenizer: Tokenizer): number | undefined =>
  tokenizer.beginOfText ?? (beginsAfterEnd(tokenizer) ? tokenizer.endOfText : undefined);

/** Most bytes of weights in memory that a graph gets a copy of. */
const MOST_COPIED = 1 << 27;

/**
 * What the graph is to know of the weights: shapes, and the file of those that stay there.
 * @param constant whether they are those of now for good: the runtime then lays them out for products of several rows
 * once, in a copy of its own, unless they are too large for one. Default false.
 */
export function weightSpecs({ weights }: LanguageModel, constant = false): Record<string, Spec> {
  const inMemory = Object.values(weights).map((array) => ("stored" in array ? 0 : array.data.byteLength));
  const copied = constant && inMemory.reduce((a, b) => a + b, 0) <= MOST_COPIED;
  return Object.fromEntries(
    Object.entries(weights).map(([name, array]) => {
      if ("stored" in array) return [name, array];
      const { dtype, shape } = array;
      return [name, copied ? { dtype, shape, constant: array } : { dtype, shape }];
    }),
  );
}
