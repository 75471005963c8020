/** The training texts that begin as a sample begins: what the model may have had in mind. */
import { normaliseWithPositions, textOfUnits } from "./normaliser.ts";
import { BOUNDARY, type TrainingIndex } from "./training-index.ts";

export interface CueOptions {
  /** The cue; where it is absent, the sample's first `words` words are. */
  readonly prompt?: string;
  /** Default 3. */
  readonly words?: number;
  /** Most texts to list; default 5. */
  readonly limit?: number;
}

export interface SameCue {
  /** The cue as it was compared, normalised. */
  readonly cue: string;
  /** Training texts that begin with it. */
  readonly count: number;
  /** Indices of those that go on most like the sample, in alphabetical order; at most `limit`. */
  readonly sources: readonly number[];
}

/** Training texts that begin with the same cue as `text`. A sample without words has no cue. */
export function sameCue(index: TrainingIndex, text: string, options: CueOptions = {}): SameCue {
  const { prompt, words = 3, limit = 5 } = options;
  const units = normaliseWithPositions(text).units;
  const cue = prompt === undefined ? firstWords(units, words) : promptCue(units, prompt);
  const shown = textOfUnits(cue).trim();
  if (shown === "") return { cue: shown, count: 0, sources: [] };

  const opened = behindBoundary(index.encode(units));
  const range = index.find(behindBoundary(index.encode(cue)));
  // The texts that share most with the sample stand around the place where it would stand itself.
  const place = index.longestMatch(opened).from;
  let from = Math.min(Math.max(place, range.from), range.to);
  let to = from;
  while (to - from < limit && (from > range.from || to < range.to)) {
    const before = from > range.from ? agreement(index, from - 1, opened) : -1;
    const after = to < range.to ? agreement(index, to, opened) : -1;
    if (before > after) from--;
    else to++;
  }
  const sources: number[] = [];
  for (let rank = from; rank < to; rank++) sources.push(index.textAt(rank));
  return { cue: shown, count: range.to - range.from, sources };
}

function behindBoundary(symbols: Uint16Array): Uint16Array {
  const result = new Uint16Array(symbols.length + 1).fill(BOUNDARY, 0, 1);
  result.set(symbols, 1);
  return result;
}

/** Symbols at the head of the suffix of this rank that agree with `pattern`. */
function agreement(index: TrainingIndex, rank: number, pattern: Uint16Array): number {
  const { suffixes, symbols } = index.parts;
  let k = 0;
  while (k < pattern.length && symbols[suffixes[rank]! + k] === pattern[k]) k++;
  return k;
}

function firstWords(units: Uint16Array, words: number): Uint16Array {
  let spaces = 0;
  for (let i = 0; i < units.length; i++) {
    if (units[i] === 32 && ++spaces > words) return units.slice(0, i + 1);
  }
  return units.slice();
}

/** The prompt, whose last word is whole unless the sample goes on inside it ("Why did the ch|icken"). */
function promptCue(units: Uint16Array, prompt: string): Uint16Array {
  const cue = normaliseWithPositions(prompt).units;
  const open = cue.subarray(0, Math.max(0, cue.length - 1));
  const continued = open.every((unit, i) => unit === units[i]) && units[open.length] !== 32;
  return (continued && units.length > open.length ? open : cue).slice();
}
