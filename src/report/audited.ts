/** The shape of an audited text, as `punchline novelty --json` prints it, and the words for its verdict. */

export interface Neighbour {
  readonly text: string;
  /** 0 (nothing in common) to 1 (the same after normalisation). */
  readonly similarity: number;
}

/** A stretch of a text, in UTF-16 offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface AuditedSample {
  readonly text: string;
  readonly prompt?: string;
  /** True where the whole text stands in the training data, after normalisation, or nearly so. */
  readonly copy: boolean;
  readonly longest_span?: { readonly characters: number; readonly words: number; readonly text: string };
  /** Nearest first. */
  readonly nearest: readonly Neighbour[];
  /** The cue that was looked up, normalised: its words are those that the text begins with. */
  readonly cue?: string;
  /** Training jokes that begin with the same cue. */
  readonly same_cue?: readonly string[];
  /** Stretches of `text` that stand word for word in the training data. Default: the longest span. */
  readonly spans?: readonly Span[];
}

export type Verdict = "new" | "close" | "copy";

/** From this similarity on, a text that is no copy is called close to its nearest training joke. */
export const closeSimilarity = 0.6;

export function verdictOf(sample: AuditedSample): Verdict {
  if (sample.copy) return "copy";
  return (sample.nearest[0]?.similarity ?? 0) >= closeSimilarity ? "close" : "new";
}

/** The stretches to highlight: those given, or the longest shared one, wherever it first stands. */
export function spansOf(sample: AuditedSample): readonly Span[] {
  if (sample.spans !== undefined) return sample.spans;
  const shared = sample.longest_span?.text.trim() ?? "";
  const start = shared === "" ? -1 : sample.text.toLowerCase().indexOf(shared.toLowerCase());
  return start < 0 ? [] : [{ start, end: start + shared.length }];
}

/** Characters of a text that a page shows. */
const SHOWN = 1200;

/** The sample with what a page would not show cut off, and its texts ended by an ellipsis there. */
export function shortened(sample: AuditedSample): AuditedSample {
  const cut = (text: string) => (text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`);
  const { text, nearest, same_cue } = sample;
  if (text.length <= SHOWN && nearest.every((n) => n.text.length <= SHOWN)) return sample;
  return {
    ...sample,
    text: cut(text),
    nearest: nearest.map((n) => ({ ...n, text: cut(n.text) })),
    ...(same_cue ? { same_cue: same_cue.map(cut) } : {}),
    spans: spansOf(sample).filter(({ start }) => start < SHOWN),
  };
}
