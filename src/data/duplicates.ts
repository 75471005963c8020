/**
 * Exact and near duplicates among short texts.
 *
 * Two texts are exact duplicates where their normalised forms (see `normalise`) are equal. They are near
 * duplicates where the Jaccard similarity of their sets of words, each word weighed by its letters, is at least
 * 0.5, and one of three is at least 0.7: that same similarity, the plain one of the word sets, or the plain one
 * of their sets of four-character shingles (a slip of the keyboard in a short text spoils much of its words but
 * few of its shingles).
 *
 * In scripts without spaces, runs of two Chinese characters, or of three letters, count as words.
 *
 * Weighing by letters keeps texts apart that share only a frame, "What do you call a ... with no ...?", and needs no
 * statistics of the collection: whether two texts are near depends on these two alone. Nothing is estimated;
 * `near-join.ts` explains the search.
 *
 * Each text is compared, in order, with those kept so far: the first of a group stays, no two kept texts are near
 * duplicates, and adding texts at the end never changes which of the others are kept.
 * Source: Broder, "On the resemblance and containment of documents" (1997).
 */
import { UsageError } from "../core/errors.ts";
import { optionNames } from "../core/options.ts";
import { inTurns } from "../core/turns.ts";
import { markNearDuplicates, type NearThresholds } from "./near-join.ts";

export interface NearDuplicateOptions {
  /** Word sets this similar, plain or weighed, are near duplicates. Default 0.7. */
  readonly words?: number | undefined;
  /** Sets of four-character shingles this similar are near duplicates. Default the same as `words`. */
  readonly shingles?: number | undefined;
  /** Texts are compared at all where their word sets, weighed, are this similar. Default 5/7 of `words`. */
  readonly candidates?: number | undefined;
}

export const nearDuplicateNames = optionNames<keyof NearDuplicateOptions>()("words shingles candidates");

/** The thresholds with their defaults, rounded to three places. */
export function nearThresholds(options: NearDuplicateOptions = {}): NearThresholds {
  const { words = 0.7 } = options;
  const { shingles = words, candidates = Math.round((words / 0.7) * 500) / 1000 } = options;
  for (const [name, value] of Object.entries({ words, shingles, candidates })) {
    if (value > 0 && value <= 1) continue;
    throw new UsageError(
      `The similarity "${name}" of near duplicates must be above 0, at most 1; got ${value}.`,
      { option: `nearDuplicates.${name}`, value, expected: "above 0, at most 1" },
    );
  }
  return { words, shingles, candidates };
}

/** One sentence about the method, for tables and reports. */
export const duplicateMethod =
  "equal normalised text; or Jaccard similarity of the word sets (plain or weighed by letters) or of the " +
  "four-character shingles, among all pairs that are candidates by their words weighed by letters";

/** For each text the index of the earlier text that it repeats, or -1 where it repeats none in this way. */
export interface Repeats {
  readonly exact: Int32Array;
  readonly near: Int32Array;
}

/**
 * Finds which of the normalised texts repeat an earlier one, and yields to the event loop while it does.
 * @param near options of the near duplicates, or false to look for exact ones only.
 * @param onProgress called now and then with the number of texts looked at.
 * @param signal stops it; its reason is thrown
 */
export async function findDuplicates(
  normalised: readonly string[],
  near: NearDuplicateOptions | false = {},
  onProgress: (done: number) => void = () => {},
  signal?: AbortSignal,
): Promise<Repeats> {
  const repeats = {
    exact: new Int32Array(normalised.length).fill(-1),
    near: new Int32Array(normalised.length).fill(-1),
  };
  const first = new Map<string, number>();
  for (const [i, text] of normalised.entries()) {
    const earlier = first.get(text);
    if (earlier === undefined) first.set(text, i);
    else repeats.exact[i] = earlier;
  }
  if (near === false) return repeats;
  const places = [...first.values()];
  const distinct = places.map((i) => normalised[i]!);
  const found = await inTurns(markNearDuplicates(distinct, nearThresholds(near), onProgress), signal);
  for (const [i, j] of found.entries()) if (j >= 0) repeats.near[places[i]!] = places[j]!;
  return repeats;
}
