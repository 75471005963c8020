/** The training texts that begin like a sample, which the model may have recalled. */
import { textOfUnits } from "./normaliser.ts";
import { BOUNDARY, type LookupText, type TrainingIndex } from "./training-index.ts";

export interface CueOptions {
  /** The cue; where it is absent, the sample's first `words` words are. */
  readonly prompt?: string | undefined;
  /** Default 3. */
  readonly words?: number | undefined;
  /** Most texts to list; default 5. */
  readonly limit?: number | undefined;
}

export interface SameCue {
  /** The cue as it was compared, normalised. */
  readonly cue: string;
  /** Training texts that begin with it. */
  readonly count: number;
  /** Indices of those that continue most like the sample, in alphabetical order; at most `limit`. */
  readonly sources: readonly number[];
}

/** Training texts that begin with the same cue as the sample. A sample without words has no cue. */
export function sameCue(index: TrainingIndex, sample: LookupText, options: CueOptions = {}): SameCue {
  const { prompt, words = 3, limit = 5 } = options;
  const cued = prompt === undefined ? sample : index.read(prompt);
  const length = prompt === undefined ? lengthOfWords(sample, words) : lengthOfPrompt(cued, sample);
  const cue = textOfUnits(cued.normalised.units.subarray(0, length)).trim();
  if (cue === "") return { cue, count: 0, sources: [] };

  const opened = behindBoundary(sample.symbols);
  const range = index.find(behindBoundary(cued.symbols.subarray(0, length)));
  // The texts that share most with the sample are around the place where the sample itself would be.
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
  return { cue, count: range.to - range.from, sources };
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

/** Length of the first words with their spaces. */
function lengthOfWords({ normalised: { units } }: LookupText, words: number): number {
  let spaces = 0;
  for (let i = 0; i < units.length; i++) if (units[i] === 32 && ++spaces > words) return i + 1;
  return units.length;
}

/** Length of the prompt; its last word is whole unless the sample continues inside it ("Why did the ch|icken"). */
function lengthOfPrompt(prompt: LookupText, sample: LookupText): number {
  const cue = prompt.normalised.units;
  const units = sample.normalised.units;
  const open = cue.subarray(0, -1);
  const goesOn = units.length > open.length && units[open.length] !== 32;
  return goesOn && open.every((unit, i) => unit === units[i]) ? open.length : cue.length;
}
