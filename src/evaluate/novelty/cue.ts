/**
 * The training texts that begin like a sample. The cue of a text is its beginning: the prompt that it was written from, or
 * else its first three words. A cue that many texts share tells nothing ("Why did the"), so such texts are counted, and
 * those are shown that go on like the sample beyond it.
 */
import { normaliseWithPositions, textOfUnits } from "./normaliser.ts";
import { BOUNDARY, type LookupText, SPACE, type TrainingIndex } from "./training-index.ts";

/** Words of the cue where there is no prompt. */
export const CUE_WORDS = 3;
/** A beginning that so many training texts share is counted, and the texts are not shown for it. */
export const COMMON = 100;

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
  /** Those that share the longest beginning with the sample, the longest first; at most `limit`. */
  readonly closest: readonly SharedBeginning[];
}

/** A training text that begins like the sample, and how far. */
export interface SharedBeginning {
  /** Index of the training text. */
  readonly source: number;
  /** Whole words that both begin with; fewer than the cue where that ends inside a word. */
  readonly words: number;
  /** Training texts that begin with all of these words. */
  readonly count: number;
  /** The beginning in the sample and in the training text, as `text.slice(start, end)`. */
  readonly inSample: Stretch;
  readonly inText: Stretch;
}

/** From the first code unit to before the last. */
export type Stretch = readonly [start: number, end: number];

/** Training texts that begin with the same cue as the sample. A sample without words has no cue. */
export function sameCue(index: TrainingIndex, sample: LookupText, options: CueOptions = {}): SameCue {
  const { prompt, words = CUE_WORDS, limit = 5 } = options;
  const cued = prompt === undefined ? sample : index.read(prompt);
  const length = prompt === undefined ? lengthOfWords(sample, words) : lengthOfPrompt(cued, sample);
  const cue = textOfUnits(cued.normalised.units.subarray(0, length)).trim();
  if (cue === "") return { cue, count: 0, closest: [] };

  const range = index.find(behindBoundary(cued.symbols.subarray(0, length)));
  const count = range.to - range.from;
  if (count === 0 || limit === 0) return { cue, count, closest: [] };
  const opened = behindBoundary(sample.symbols);
  // The texts that share most with the sample are around the place where the sample itself would be.
  const place = Math.min(Math.max(index.longestMatch(opened).from, range.from), range.to);
  let [before, after] = [place - 1, place];
  const closest: SharedBeginning[] = [];
  const agreementAt = (rank: number) =>
    rank >= range.from && rank < range.to ? agreement(index, rank, opened) : -1;
  let [below, above] = [agreementAt(before), agreementAt(after)];
  let last: Beginning | undefined;
  while (closest.length < limit && Math.max(below, above) >= 0) {
    const rank = below > above ? before-- : after++;
    const agreed = Math.max(below, above);
    if (below > above) below = agreementAt(before);
    else above = agreementAt(after);
    const end = lastSpace(opened, agreed);
    if (last?.end !== end) last = beginning(index, opened, end);
    closest.push(shared(index, sample, index.textAt(rank), last));
  }
  return { cue, count, closest };
}

/** Whole words that a text begins with: up to the space at `end`, behind a boundary. */
interface Beginning {
  readonly end: number;
  readonly words: number;
  readonly count: number;
}

function beginning(index: TrainingIndex, opened: Uint16Array, end: number): Beginning {
  let spaces = 0;
  for (let k = 1; k <= end; k++) if (opened[k] === SPACE) spaces++;
  const words = Math.max(0, spaces - 1);
  if (words === 0) return { end, words, count: 0 };
  const { from, to } = index.find(opened, 0, end + 1);
  return { end, words, count: to - from };
}

function shared(
  index: TrainingIndex,
  { normalised }: LookupText,
  source: number,
  { end, words, count }: Beginning,
): SharedBeginning {
  if (words === 0) return { source, words, count, inSample: [0, 0], inText: [0, 0] };
  // The first symbol behind the boundary is a space, the last of the beginning too.
  const { from, to } = positionsOf(index.texts[source]!, end + 1);
  return {
    source,
    words,
    count,
    inSample: [normalised.from[1]!, normalised.to[end - 2]!],
    inText: [from[1]!, to[end - 2]!],
  };
}

/** Positions of the first `count` units or more, without reading the whole of a long text. */
function positionsOf(text: string, count: number) {
  const head = normaliseWithPositions(text.slice(0, 4 * count + 64));
  return head.units.length > count + 16 ? head : normaliseWithPositions(text);
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

/** The last space among the first `length` symbols; 0 where there is none. */
function lastSpace(symbols: Uint16Array, length: number): number {
  let k = length - 1;
  while (k > 0 && symbols[k] !== SPACE) k--;
  return Math.max(0, k);
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
