/** What the losses of a training say to who has never seen one. */
import type { LogRow } from "punchline/web";

/** A rise of the unseen loss that is more than its wavering. */
const RISEN = 1.05;

type Row = Pick<LogRow, "step" | "loss" | "val_loss">;

const validated = (log: readonly Row[]) =>
  log.flatMap(({ step, loss, val_loss }) =>
    val_loss === undefined ? [] : [{ step, loss, unseen: val_loss }],
  );

/** The step at which texts that were kept aside surprised the model least; undefined before the first validation. */
export function bestStep(log: readonly Row[]): number | undefined {
  const rows = validated(log);
  if (rows.length === 0) return undefined;
  return rows.reduce((best, row) => (row.unseen < best.unseen ? row : best)).step;
}

/** Its own texts surprise a model that learns by heart at most so much, as a share of what guessing by frequency costs. */
const KNOWN = 0.6;

/**
 * Whether it learns its texts by heart: they surprise it less while texts that were kept aside surprise it more, or these more
 * than guessing by frequency would cost.
 * @param unigram what that costs, where it is known
 */
export function isByHeart(log: readonly Row[], unigram = Infinity): boolean {
  const rows = validated(log);
  const best = rows.find(({ step }) => step === bestStep(log));
  const last = rows.at(-1);
  if (!best || !last) return false;
  if (last.unseen > unigram && last.loss < KNOWN * unigram) return true;
  return last.unseen > RISEN * best.unseen && last.loss <= best.loss;
}
