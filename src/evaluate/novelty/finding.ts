/**
 * Conclusions from the counts of an audit, used by terminal, page and JSON alike: the rate of the samples less that
 * of real unseen texts, by Newcombe's interval.
 */
import { differenceInterval, intervalDigits, type Rate } from "../intervals.ts";
import type { Membership, MembershipSignal } from "./membership.ts";

/**
 * `more` or `fewer` copies than among real unseen texts, where the 95 % interval of the difference leaves out 0;
 * `alike` where it does not; `too-few` where it does not and there are too few texts to expect otherwise.
 */
export type Finding = "more" | "fewer" | "alike" | "too-few";

/** Fewer texts than this on either side hardly ever show a difference. */
const FEW = 30;

/** The rates of an audit: that of the samples, and that of the baseline. */
export interface Rates extends Rate {
  readonly baseline: Rate;
}

export function findingOf(own: Rate, baseline: Rate): Finding {
  const { low, high } = differenceInterval(own, baseline);
  if (low > 0) return "more";
  if (high < 0) return "fewer";
  return Math.min(own.n, baseline.n) < FEW ? "too-few" : "alike";
}

/** The first rate less the second, with Newcombe's 95 % interval; null where one of them is unknown. */
export function rateDifference(
  own: Rate,
  baseline: Rate,
): { readonly value: number; readonly interval: readonly [low: number, high: number] } | null {
  if (own.rate === null || baseline.rate === null) return null;
  const { low, high } = differenceInterval(own, baseline);
  return { value: own.rate - baseline.rate, interval: [low, high] };
}

/**
 * Two sentences: the rates with their intervals, and the finding.
 * @param noun the word for the texts; default `texts`
 * @param model who wrote them, where there are several models
 */
export function verdictOf(
  { baseline, ...own }: Rates,
  { noun = "texts", model }: { readonly noun?: string | undefined; readonly model?: string | undefined } = {},
): string {
  if (own.rate === null) return "There are no samples to judge.";
  const written = inPercent(own);
  const said = `${written.rate} of samples${model === undefined ? "" : ` of ${model}`} are copies (${written.interval})`;
  if (baseline.rate === null)
    return `${said}. Without ${noun} that the model never saw, this cannot be called much or little.`;
  const sentence = {
    more: "The model copies more than chance likeness explains.",
    fewer: `The model copies less than unseen ${noun} seem to.`,
    alike: "The difference is within chance.",
    "too-few": `With only ${own.n < baseline.n ? `${own.n} samples` : `${baseline.n} unseen ${noun}`}, nothing can be concluded.`,
  }[findingOf(own, baseline)];
  const unseen = inPercent(baseline);
  return `${said}; of real unseen ${noun} ${unseen.rate} would be called so (${unseen.interval}). ${sentence}`;
}

/** A rate and its interval, with as many digits as the interval needs. */
function inPercent({ rate, interval, n }: Rate): { readonly rate: string; readonly interval: string } {
  const [low, high] = [100 * interval[0], 100 * interval[1]];
  const digits = intervalDigits([low, high], 1);
  return {
    rate: `${(100 * (rate ?? 0)).toFixed(digits)} %`,
    interval: `95 % interval ${low.toFixed(digits)} to ${high.toFixed(digits)} %, n = ${n}`,
  };
}

/**
 * The label of a single text on a page: a copy of training texts; known from a part of the source that the model was
 * not trained on; close to its nearest training text; or new.
 */
export type Likeness = "new" | "close" | "known" | "copy";

/** From this similarity on, a text that is no copy is called close. */
export const CLOSE = 0.6;

export function likenessOf(text: {
  readonly copy: boolean;
  readonly part?: string | undefined;
  readonly nearest: readonly { readonly similarity: number }[];
}): Likeness {
  if (text.copy) return "copy";
  if (text.part !== undefined) return "known";
  return (text.nearest[0]?.similarity ?? 0) >= CLOSE ? "close" : "new";
}

/** The signals of membership that could not be measured: each reason once, with its signals in their order. */
export function leftOutByReason(
  leftOut: Membership["leftOut"],
): readonly { readonly signals: readonly MembershipSignal[]; readonly reason: string }[] {
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  return reasons.map((reason) => ({
    reason,
    signals: leftOut.filter((one) => one.reason === reason).map(({ signal }) => signal),
  }));
}
