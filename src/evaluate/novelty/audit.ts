/**
 * The audit: how many samples of a model are copies of its training texts, beside how many real texts that
 * it never saw the same rule would call so.
 */
import { evenly } from "../evenly.ts";
import { type Rate, rateOf } from "../intervals.ts";
import { type AuditedText, Auditor, type AuditorOptions, type Judged } from "./auditor.ts";
import type { CopyKind, CopyRule } from "./copies.ts";
import { type Finding, findingOf, rateDifference, verdictOf } from "./finding.ts";
import { CURVE_LENGTH, type SharedSpans } from "./spans.ts";
import type { TrainingIndex } from "./training-index.ts";

export interface AuditOptions extends AuditorOptions {
  /** The cue of all samples. */
  readonly prompt?: string;
  /** Real texts that the model never saw: the baseline. Default none. */
  readonly heldOut?: readonly string[];
  /** Texts of the training set, all of which should be called copies: a check of the rule. Default none. */
  readonly train?: readonly string[];
  /** At most so many of `heldOut` and of `train` are judged, evenly spaced. Default 1000. */
  readonly baselineSize?: number;
  /** What the texts are called in the verdict. Default `jokes`. */
  readonly noun?: string;
  /** Called with the number of texts judged so far, and of all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Copies among some texts. */
export interface CopyRate extends Rate {
  readonly kinds: Readonly<Record<CopyKind, number>>;
}

/** Shares by n = 1, 2, ... to 10, or to the longest n that any of the texts has words for. */
export interface Curves {
  readonly model: readonly number[];
  readonly heldout: readonly number[];
  readonly training?: readonly number[];
}

/** The document of `punchline novelty --json`. */
export interface NoveltyAudit extends CopyRate {
  readonly samples: readonly AuditedText[];
  readonly baseline: CopyRate;
  /** The same of training texts, where some were given. */
  readonly training?: CopyRate;
  /** Rate of the samples less rate of the baseline, with Newcombe's 95 % interval; null without a baseline. */
  readonly difference: { readonly value: number; readonly interval: readonly [number, number] } | null;
  /** Whether that difference is more than chance: what terminal, page and sentence say. */
  readonly finding: Finding;
  /** The finding with its figures, in sentences. */
  readonly verdict: string;
  /** Share of the n-grams (n words in a row) that stand nowhere in the data (arXiv 2406.13069). */
  readonly n_novelty: Curves;
  /** Share of the words that lie in stretches of at least n words that stand in the data. */
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
  const { prompt, baselineSize = 1000, noun = "jokes" } = options;
  const auditor = new Auditor(index, options);
  const heldOut = evenly(options.heldOut ?? [], baselineSize);
  const train = evenly(options.train ?? [], baselineSize);
  const judge = steps(auditor, samples.length + heldOut.length + train.length, options);

  const own = await judge(samples, prompt);
  const unseen = await judge(heldOut);
  const seen = await judge(train);
  const rate = copyRate(own);
  const baseline = copyRate(unseen);
  const curves = (share: Share): Curves => ({
    model: curve(own, share),
    heldout: curve(unseen, share),
    ...(train.length === 0 ? {} : { training: curve(seen, share) }),
  });
  return {
    samples: own.map((j) => j.audited),
    ...rate,
    baseline,
    ...(train.length === 0 ? {} : { training: copyRate(seen) }),
    difference: rateDifference(rate, baseline),
    finding: findingOf(rate, baseline),
    verdict: verdictOf({ ...rate, baseline }, { noun }),
    n_novelty: curves(novelShare),
    covered: curves(coveredShare),
    heldout_nearest: unseen.map((j) => j.audited.nearest[0]?.similarity ?? 0),
    rule: auditor.rule,
    indexed: index.texts.length,
  };
}

function steps(auditor: Auditor, total: number, { onProgress, signal }: AuditOptions) {
  let done = 0;
  let rested = performance.now();
  return async (texts: readonly string[], prompt?: string): Promise<Judged[]> => {
    const judged: Judged[] = [];
    for (const text of texts) {
      judged.push(auditor.judge(text, prompt));
      done++;
      if (performance.now() - rested < 50 && done < total) continue;
      onProgress?.(done, total);
      await new Promise((resume) => setTimeout(resume));
      signal?.throwIfAborted();
      rested = performance.now();
    }
    return judged;
  };
}

/** The rate of copies among judged texts, with its interval. */
export function copyRate(judged: readonly Judged[]): CopyRate {
  const kinds: Record<CopyKind, number> = { exact: 0, near: 0, span: 0 };
  for (const { audited } of judged) if (audited.copy_kind) kinds[audited.copy_kind]++;
  const copies = kinds.exact + kinds.near + kinds.span;
  return { ...rateOf(copies, judged.length), kinds };
}

/** Of how many (words or n-grams) of one text, and how many of them count. */
type Share = (spans: SharedSpans, n: number) => { readonly count: number; readonly of: number };

function novelShare(spans: SharedSpans, n: number) {
  const of = Math.max(0, spans.words - n + 1);
  return { count: of - spans.found[n - 1]!, of };
}

function coveredShare(spans: SharedSpans, n: number) {
  return { count: spans.covered[n - 1]!, of: spans.words };
}

function curve(judged: readonly Judged[], share: Share): number[] {
  const shares: number[] = [];
  for (let n = 1; n <= CURVE_LENGTH; n++) {
    let count = 0;
    let of = 0;
    for (const { spans } of judged) {
      const one = share(spans, n);
      count += one.count;
      of += one.of;
    }
    if (of === 0) break;
    shares.push(count / of);
  }
  return shares;
}
