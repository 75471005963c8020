/**
 * Whether the best of several models is ahead of the next by more than chance.
 *
 * Two models are paired on the same texts. With the bits of each text, the margin is 1.96 standard errors of the ratio of
 * their differences to the sizes of the texts, which counts a text as one observation whatever its length (Cochran,
 * "Sampling Techniques", 1977, section 6.4). Without, it takes every prediction for independent, and a standard deviation
 * of one bit for a single one, as between small character models. Neither says anything about another seed or split.
 */
import type { TextScores } from "./likelihood.ts";

export interface Lead {
  readonly best: string;
  readonly next: string;
  /** Bits for each prediction by which the best is lower. */
  readonly difference: number;
  /** Least difference that is more than chance. */
  readonly margin: number;
  readonly conclusive: boolean;
}

/** The bits of a text under a model, and what they are of: its bytes or characters. */
export type TextBits = readonly [bits: number, size: number];

/** The bits of each text with its bytes, to keep: rounded. */
export const bitsAndBytes = ({ texts }: Pick<TextScores, "texts">): TextBits[] =>
  texts.map(({ bits, bytes }) => [Number(bits.toFixed(3)), bytes]);

export interface RankedModel {
  readonly name: string;
  /** For each prediction. */
  readonly bits: number;
  /** Of each text, in the same order for all models. */
  readonly texts?: readonly TextBits[] | undefined;
}

/** Standard deviation of the difference of one prediction, in bits, where nothing is known of single texts. */
const STD = 1;

/**
 * @param models in any order
 * @param predictions the number of predictions that each was judged on
 * @returns undefined for fewer than two models, or without predictions
 */
export function leadOf(models: readonly RankedModel[], predictions: number): Lead | undefined {
  const [first, second] = models.toSorted((a, b) => a.bits - b.bits);
  if (first === undefined || second === undefined || !(predictions > 0)) return undefined;
  const difference = second.bits - first.bits;
  const margin = 1.96 * (pairedError(first.texts, second.texts) ?? STD / Math.sqrt(predictions));
  return { best: first.name, next: second.name, difference, margin, conclusive: difference > margin };
}

/**
 * Standard error of the difference of two models in bits per byte (or per character), paired by text: with d the
 * differences in bits, b the sizes and r = sum(d) / sum(b), it is sqrt(n / (n - 1) sum((d - r b)^2)) / sum(b).
 * @returns undefined for fewer than two texts, or where the models have not the same
 */
export function pairedError(
  one: readonly TextBits[] = [],
  other: readonly TextBits[] = [],
): number | undefined {
  const n = one.length;
  if (n < 2 || other.length !== n) return undefined;
  const pairs = one.map(([bits, size], i) => ({ d: bits - other[i]![0], size }));
  const sum = (of: (pair: (typeof pairs)[number]) => number) =>
    pairs.reduce((all, pair) => all + of(pair), 0);
  const total = sum(({ size }) => size);
  const r = sum(({ d }) => d) / total;
  return Math.sqrt((n / (n - 1)) * sum(({ d, size }) => (d - r * size) ** 2)) / total;
}

/** The lowest validation loss of a training, that of the weights it keeps. Undefined where nothing was validated. */
export function lowestLoss(log: readonly { readonly val_loss?: number | undefined }[]): number | undefined {
  const losses = log.flatMap(({ val_loss }) => val_loss ?? []);
  return losses.length === 0 ? undefined : Math.min(...losses);
}

/** Why no model is called the best, as the second half of a sentence. */
export const tooNear = ({ best, next, difference, margin }: Lead): string =>
  `${best} and ${next} are too near each other to tell which is ahead: ${difference.toFixed(3)} bits, where ${margin.toFixed(3)} may be chance`;
