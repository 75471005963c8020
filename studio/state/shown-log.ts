/** What the page keeps of the log of a training: as much as a chart shows, however long it goes on. */
import type { LogRow } from "punchline/web";

/** Rows after which they are thinned out. */
const MOST = 2000;

/** A log in which every validation and the last row is left, and of the others those that are far enough apart. */
export function shownLog(log: readonly LogRow[]): readonly LogRow[] {
  if (log.length < MOST) return log;
  const end = log.at(-1)!.step;
  const apart = (2 * end) / MOST;
  let before = Number.NEGATIVE_INFINITY;
  return log.filter(({ step, val_loss }) => {
    if (val_loss === undefined && step !== end && step < before + apart) return false;
    before = step;
    return true;
  });
}
