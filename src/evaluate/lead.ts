/**
 * Whether the best of several models is ahead of the next by more than chance.
 *
 * Two models are paired on the same predictions. The margin is 1.96 standard errors of their mean difference, with a
 * standard deviation of one bit for a single prediction, as between small character models trained on the same text.
 * It says nothing about another seed or split.
 */

export interface Lead {
  readonly best: string;
  readonly next: string;
  /** Bits for each prediction by which the best is lower. */
  readonly difference: number;
  /** Least difference that is more than chance. */
  readonly margin: number;
  readonly conclusive: boolean;
}

/** Standard deviation of the difference of one prediction, in bits. */
const STD = 1;

/**
 * @param models with their bits for each prediction, in any order
 * @param predictions the number of predictions that each was judged on
 * @returns undefined for fewer than two models, or without predictions
 */
export function leadOf(
  models: readonly { readonly name: string; readonly bits: number }[],
  predictions: number,
): Lead | undefined {
  const [first, second] = [...models].sort((a, b) => a.bits - b.bits);
  if (first === undefined || second === undefined || !(predictions > 0)) return undefined;
  const difference = second.bits - first.bits;
  const margin = (1.96 * STD) / Math.sqrt(predictions);
  return { best: first.name, next: second.name, difference, margin, conclusive: difference > margin };
}

/** The lowest validation loss of a training, that of the weights it keeps. Undefined where nothing was validated. */
export function lowestLoss(log: readonly { readonly val_loss?: number | undefined }[]): number | undefined {
  const losses = log.flatMap(({ val_loss }) => (val_loss === undefined ? [] : [val_loss]));
  return losses.length === 0 ? undefined : Math.min(...losses);
}

/** Why no model is called the best, as the second half of a sentence. */
export const tooNear = ({ best, next, difference, margin }: Lead): string =>
  `${best} and ${next} are too near each other to tell which is ahead: ${difference.toFixed(3)} bits, where ${margin.toFixed(3)} may be chance`;
