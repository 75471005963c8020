/** What an audit found, and its verdict in a sentence. */
import type { AuditedSample } from "./audited.ts";
import type { MemorisationPoint } from "./charts/memorisation.ts";
import { count, percentInterval, wilson } from "./format.ts";

/** A number of copies among `n` texts; the interval is Wilson's where none is given. */
export interface CopyRate {
  readonly copies: number;
  readonly n: number;
  readonly interval?: readonly [low: number, high: number];
}

/** One model's audit: the document of `punchline novelty --json` with the measures beside it. */
export interface NoveltyAudit {
  readonly model: string;
  readonly samples: readonly AuditedSample[];
  readonly copies: number;
  readonly rate: number;
  /** The same judgement on held-out real jokes: how often something new would be called a copy. */
  readonly baseline: { readonly copies: number; readonly rate: number; readonly n: number };
  /** The same on jokes of the training set, which should all be called copies. */
  readonly training?: CopyRate;
  /** Shares of runs of 1, 2, 3 ... words that are new, of the samples and of the held-out jokes. */
  readonly n_novelty?: { readonly model: readonly number[]; readonly heldout: readonly number[] };
  /** Similarity of the nearest training joke of each held-out joke. */
  readonly heldout_nearest?: readonly number[];
  /** Given the first tokens of jokes: how many are completed word for word. */
  readonly extraction?: { readonly training: CopyRate; readonly heldout: CopyRate; readonly prefix: number };
  /** How well each signal tells training jokes from unseen ones (Carlini et al. 2021); an AUC of 0.5 is chance. */
  readonly membership?: readonly { readonly signal: string; readonly auc: number }[];
  /** Along the checkpoints. */
  readonly checkpoints?: readonly MemorisationPoint[];
  readonly command: string;
}

/** Fewer real jokes than this hardly ever show a difference. */
const FEW = 30;

/**
 * The model against the held-out baseline, in one sentence. A difference is claimed only where the two 95 %
 * intervals do not overlap, which is stricter than a test at 5 %.
 */
export function verdictSentence(audit: NoveltyAudit): string {
  const { model, samples, copies, baseline } = audit;
  const n = samples.length;
  const said = `${percentInterval(copies / Math.max(1, n), wilson(copies, n))} of the ${count(n)} jokes of ${model} are copies`;
  const real = `of real jokes it never saw, ${percentInterval(baseline.copies / Math.max(1, baseline.n), wilson(baseline.copies, baseline.n))} would be called so`;
  const verdict = {
    more: "it remembers",
    fewer: "it copies less than people do",
    alike: baseline.n < FEW ? "too few of those to tell" : "the two cannot be told apart",
  }[copiesBeside(audit)];
  return `${said}; ${real}: ${verdict}.`;
}

/** Whether a model copies more or fewer than the same rule finds among real texts that it never saw. */
export function copiesBeside({ samples, copies, baseline }: NoveltyAudit): "more" | "fewer" | "alike" {
  const own = wilson(copies, samples.length);
  const theirs = wilson(baseline.copies, baseline.n);
  return own[0] > theirs[1] ? "more" : own[1] < theirs[0] ? "fewer" : "alike";
}
