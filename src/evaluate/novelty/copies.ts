/**
 * When a text counts as a copy of the training data. The first rule that holds gives the kind:
 *
 * - `exact`: the whole text, normalised, is a training text;
 * - `near`: the nearest training text has at least similarity `near` (0.7);
 * - `span`: at least the share `span` (0.6) of its words lie in runs of 8 words or more that occur in the
 *   data, or in training texts of 5 words or more that it contains whole (two jokes joined).
 *
 * No rule is right for every text: people, too, retell old jokes in new words. So compare a rate of copies only with
 * the same rate of real texts that the model never saw.
 */
import { UsageError } from "../../core/errors.ts";
import { COPY } from "./finding.ts";
import { EXACT_FROM, type Neighbour } from "./nearest.ts";
import type { SharedSpans } from "./spans.ts";
import { BOUNDARY, type LookupText, type TrainingIndex } from "./training-index.ts";

export type CopyKind = "exact" | "near" | "span";

export interface CopyRule {
  /** Least similarity of a near copy, from 0.6 (below, the nearest text is not known for certain) to 1. */
  readonly near: number;
  /** Least share of the words that are copied in long pieces, above 0 to 1. */
  readonly span: number;
}

/** The rule with its defaults. @throws UsageError for a threshold out of its range. */
export function checkRule(rule: Partial<CopyRule> = {}): CopyRule {
  const { near = COPY.near, span = COPY.span } = rule;
  const refuse = (option: string, what: string, value: number, expected: string) =>
    new UsageError(`The ${what} must be ${expected}; got ${value}.`, { option, value, expected });
  if (!(near >= EXACT_FROM && near <= 1))
    throw refuse("rule.near", "similarity of a near copy", near, `from ${EXACT_FROM} to 1`);
  if (!(span > 0 && span <= 1))
    throw refuse("rule.span", "copied share of a text", span, "above 0 and at most 1");
  return { near, span };
}

/** The kind of copy that a text is, or undefined; a text without words is none. */
export function copyKind(
  index: TrainingIndex,
  sample: LookupText,
  spans: SharedSpans,
  nearest: readonly Neighbour[],
  rule: CopyRule,
): CopyKind | undefined {
  if (spans.words === 0) return undefined;
  if (isTrainingText(index, sample)) return "exact";
  if ((nearest[0]?.similarity ?? 0) >= rule.near) return "near";
  return spans.copied >= rule.span * spans.words ? "span" : undefined;
}

/** Whether the sample, normalised, is one of the training texts. */
function isTrainingText(index: TrainingIndex, { symbols }: LookupText): boolean {
  const pattern = new Uint16Array(symbols.length + 2).fill(BOUNDARY);
  pattern.set(symbols, 1);
  const range = index.find(pattern);
  return range.from < range.to;
}
