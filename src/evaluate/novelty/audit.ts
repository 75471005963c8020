/**
 * The audit: how many samples of a model are copies of its training texts, compared with how many unseen real texts
 * the same rule calls copies.
 */
import type { TextPlace } from "../../data/rows.ts";
import { evenly } from "../evenly.ts";
import { type Rate, rateOf } from "../intervals.ts";
import {
  type AuditedText,
  Auditor,
  type AuditorOptions,
  type Judge,
  type Judged,
  type JudgeTexts,
  judgeAll,
} from "./auditor.ts";
import type { CopyKind, CopyRule } from "./copies.ts";
import { CUE_WORDS, sameCue } from "./cue.ts";
import {
  type CueRate,
  type CueRates,
  type Finding,
  findingOf,
  rateDifference,
  verdictOf,
} from "./finding.ts";
import { CURVE_LENGTH, type SharedSpans } from "./spans.ts";
import type { TrainingIndex } from "./training-index.ts";

export interface AuditOptions extends AuditorOptions {
  /** The cue of all samples. */
  readonly prompt?: string | undefined;
  /** Real texts that the model never saw: the baseline. Default none. */
  readonly heldOut?: readonly string[] | undefined;
  /**
   * Real texts that the model never saw, whole, to compare how often a beginning is shared. Default `heldOut`, which are
   * pieces where texts are long.
   */
  readonly beginnings?: readonly string[] | undefined;
  /** Training texts, all of which should be called copies: a check of the rule. Default none. */
  readonly train?: readonly string[] | undefined;
  /** The part of the source that each indexed text belongs to. Default: all to `train`. */
  readonly partOf?: ((source: number) => string) | undefined;
  /** The parts of the source that are not indexed: a text found there is no copy, and not new either. */
  readonly elsewhere?: { readonly auditor: Auditor; readonly partOf: (source: number) => string } | undefined;
  /** The index to look held-out texts up in. Default: that of the samples. */
  readonly baselineIndex?: TrainingIndex | undefined;
  /** At most so many of `heldOut` and of `train` are judged, evenly spaced. Default 1000. */
  readonly baselineSize?: number | undefined;
  /** The word for the texts in the verdict. Default `texts`. */
  readonly noun?: string | undefined;
  /** Called with the number of texts judged so far, and of all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Who judges, such as several ranks. Default `judgeAll`. */
  readonly judgeTexts?: JudgeTexts | undefined;
}

/** Copies among some texts. */
export interface CopyRate extends Rate {
  readonly kinds: Readonly<Record<CopyKind, number>>;
}

/** Shares by n = 1, 2, ... to 10, or to the longest n that any of the texts has words for. */
export interface Curves {
  readonly model: readonly number[];
  readonly heldout: readonly number[];
  readonly training?: readonly number[] | undefined;
}

/** The document of `punchline novelty --json`. */
export interface NoveltyAudit extends CopyRate {
  readonly samples: readonly AuditedText[];
  /** How many of the samples were found in each part of the source. */
  readonly parts: Readonly<Record<string, number>>;
  readonly baseline: CopyRate;
  /** The same for training texts, where some were given. */
  readonly training?: CopyRate | undefined;
  /** Rate of the samples less rate of the baseline, with Newcombe's 95 % interval; null without a baseline. */
  readonly difference: { readonly value: number; readonly interval: readonly [number, number] } | null;
  /** Whether that difference is more than chance; the same on the terminal and on pages. */
  readonly finding: Finding;
  /** The finding with its figures, in sentences. */
  readonly verdict: string;
  /**
   * How many texts have the cue of a training text, and how many real unseen ones: no copies, and no part of the verdict.
   * Absent where a prompt was given, as it is the cue of all.
   */
  readonly cues?: CueRates | undefined;
  /** Share of the n-grams (n words in a row) that do not occur in the data (arXiv 2406.13069). */
  readonly n_novelty: Curves;
  /** Share of the words that lie in stretches of at least n words that occur in the data. */
  readonly covered: Curves;
  /** Similarity of the nearest training text of each held-out text. */
  readonly heldout_nearest: readonly number[];
  readonly rule: CopyRule;
  /** Number of training texts searched. */
  readonly indexed: number;
}

/** Judges all samples and the baselines. Yields to the event loop now and then. */
export async function auditSamples(
  samples: readonly string[],
  index: TrainingIndex,
  options: AuditOptions = {},
): Promise<NoveltyAudit> {
  const { prompt, baselineSize = 1000, noun = "texts", judgeTexts = judgeAll } = options;
  const auditor = new Auditor(index, options);
  const heldOut = evenly(options.heldOut ?? [], baselineSize);
  const train = evenly(options.train ?? [], baselineSize);
  const total = samples.length + heldOut.length + train.length;
  let done = 0;
  const judge = async (
    by: Pick<Judge, "judge">,
    texts: readonly string[],
    own = false,
  ): Promise<Judged[]> => {
    const before = done;
    done += texts.length;
    const onTurn = (n: number) => options.onProgress?.(before + n, total);
    const cue = own ? { prompt } : {};
    return judgeTexts(by, texts, { ...cue, onTurn, signal: options.signal, locates: own });
  };
  const locating: Pick<Judge, "judge"> = {
    judge: (text, cue) => located(auditor.judge(text, cue), options),
  };
  const own = await judge(locating, samples, true);
  const { baselineIndex } = options;
  const baselineAuditor = baselineIndex && heldOut.length > 0 ? new Auditor(baselineIndex, options) : auditor;
  const unseen = await judge(baselineAuditor, heldOut);
  const seen = await judge(auditor, train);
  const rate = copyRate(own);
  const baseline = copyRate(unseen);
  const { cueWords: words = CUE_WORDS } = options;
  const beginnings = evenly(options.beginnings ?? heldOut, baselineSize);
  const lookedUp = baselineAuditor.index;
  const cues: CueRates = {
    words,
    samples: cueRate(own.map(({ audited }) => audited.same_cue_count)),
    baseline: cueRate(
      beginnings.map((text) => sameCue(lookedUp, lookedUp.read(text), { words, limit: 0 }).count),
    ),
  };
  const curves = (share: Share): Curves => ({
    model: curve(own, share),
    heldout: curve(unseen, share),
    training: train.length === 0 ? undefined : curve(seen, share),
  });
  return {
    samples: own.map((j) => j.audited),
    ...rate,
    parts: countParts(own),
    baseline,
    training: train.length === 0 ? undefined : copyRate(seen),
    difference: rateDifference(rate, baseline),
    finding: findingOf(rate, baseline),
    verdict: verdictOf({ ...rate, baseline }, { noun }),
    cues: prompt === undefined ? cues : undefined,
    n_novelty: curves(novelShare),
    covered: curves(coveredShare),
    heldout_nearest: unseen.map((j) => j.audited.nearest[0]?.similarity ?? 0),
    rule: auditor.rule,
    indexed: index.texts.length,
  };
}

/** The judged text with the part of the source in which it was found. */
export function located(
  judged: Judged,
  { partOf = () => "train", placeOf, elsewhere }: Pick<AuditOptions, "partOf" | "placeOf" | "elsewhere">,
): Judged {
  const found = (part: string, place: TextPlace | null) => ({
    ...judged,
    audited: { ...judged.audited, part, place },
  });
  if (judged.audited.copy) {
    const source = sourceOf(judged);
    return found(partOf(source), placeOf?.(source) ?? null);
  }
  const other = elsewhere?.auditor.judge(judged.audited.text);
  if (!elsewhere || !other?.audited.copy) return judged;
  const source = sourceOf(other);
  return found(elsewhere.partOf(source), elsewhere.auditor.placeOf(source));
}

/** How many texts share their cue with training texts, by the number of these. */
function cueRate(counts: readonly number[]): CueRate {
  const shared = counts.filter((count) => count > 0).length;
  const { rate, interval, n } = rateOf(shared, counts.length);
  return { shared, n, rate, interval };
}

/** The text that was copied; for a copy of several texts, the one with the longest shared run. */
export function sourceOf({ audited, spans }: Judged): number {
  const nearest = audited.nearest[0]?.source;
  const run = spans.longestRun?.sources[0];
  return audited.copy_kind === "span" ? (run ?? nearest)! : (nearest ?? run)!;
}

function countParts(judged: readonly Judged[]): Record<string, number> {
  const parts: Record<string, number> = {};
  for (const { audited } of judged)
    if (audited.part !== undefined) parts[audited.part] = (parts[audited.part] ?? 0) + 1;
  return parts;
}

/** The rate of copies among judged texts, with its interval. */
export function copyRate(judged: readonly Judged[]): CopyRate {
  const kinds: Record<CopyKind, number> = { exact: 0, near: 0, span: 0 };
  for (const { audited } of judged) if (audited.copy_kind) kinds[audited.copy_kind]++;
  const copies = kinds.exact + kinds.near + kinds.span;
  return { ...rateOf(copies, judged.length), kinds };
}

/** How many of the words or n-grams of one text count, and how many there are. */
type Share = (spans: SharedSpans, n: number) => readonly [count: number, of: number];

const novelShare: Share = ({ words, found }, n) => {
  const of = Math.max(0, words - n + 1);
  return [of - found[n - 1]!, of];
};

const coveredShare: Share = ({ words, covered }, n) => [covered[n - 1]!, words];

function curve(judged: readonly Judged[], share: Share): number[] {
  const shares: number[] = [];
  for (let n = 1; n <= CURVE_LENGTH; n++) {
    const all = judged.map(({ spans }) => share(spans, n));
    const of = all.reduce((sum, [, one]) => sum + one, 0);
    if (of === 0) break;
    shares.push(all.reduce((sum, [count]) => sum + count, 0) / of);
  }
  return shares;
}
