/**
 * What of a text a model reads where the text is longer than its context, everywhere the same: a model that goes on
 * reads the last part, one that fills masks what lies around them. {@link contextNote} says so.
 */
import { UsageError } from "../core/errors.ts";
import { hasGrowingState, type Model } from "../models/model.ts";

/** A part of some tokens: `ids.subarray(from, to)`. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** Whether a model refuses more tokens than its context, as those with a cache of keys and values do. */
const bounded = (model: Model): boolean =>
  Number.isFinite(model.contextLength) && model.predicts === "each" && hasGrowingState(model);

/**
 * The part of a prompt that a model goes on from: all of it where the context has room for `least` tokens more, else
 * the last tokens, with room for `room` more, at most half of the context.
 */
export function lastPart(model: Model, length: number, room: number, least = 1): Part {
  const { contextLength } = model;
  if (!bounded(model) || length + least <= contextLength) return { from: 0, to: length };
  const kept = contextLength - Math.max(1, Math.min(room, contextLength >> 1));
  return { from: length - kept, to: length };
}

/**
 * The part of a text around its masks that `most` tokens hold: as much to their left as to their right, and more of
 * one side where the other is short.
 * @param places of the masks, in order
 * @throws UsageError where the masks lie further apart than that
 */
export function partAround(places: readonly number[], length: number, most: number, name: string): Part {
  if (length <= most) return { from: 0, to: length };
  const [first, last] = [places[0]!, places.at(-1)!];
  const room = most - (last - first + 1);
  if (room < 0)
    throw new UsageError(
      `The masks of the text lie ${last - first + 1} tokens apart and ${name} sees at most ${most} at once; fill them one after the other.`,
    );
  const left = Math.min(first, Math.max(room >> 1, room - (length - 1 - last)));
  return { from: first - left, to: first - left + most };
}

/** Which part of a text is read, in a sentence; undefined where all of it is. */
export function contextNote(
  {
    name,
    contextLength,
    masked,
  }: { readonly name: string; readonly contextLength: number; readonly masked: boolean },
  { from, to }: Part,
  length: number,
): string | undefined {
  if (to - from === length) return undefined;
  const which = masked ? "those around the blank" : "the last ones";
  return `The text has ${length} tokens and ${name} sees at most ${contextLength} at once: it reads ${to - from} of them, ${which}.`;
}
