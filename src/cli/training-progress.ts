/** The progress of a training on standard error. */
import type { TrainEvent } from "../index.ts";
import type { Context } from "./context.ts";
import { formatCount } from "./format.ts";
import { truncate } from "./layout.ts";
import type { ProgressTask } from "./progress.ts";

/**
 * Events of training as one moving line, with samples above it.
 * @param unit what a token is, in the plural
 */
export function trainingProgress(
  ctx: Context,
  label: string,
  unit = "characters",
): (event: TrainEvent) => void {
  let task: ProgressTask;
  return (event) => {
    switch (event.type) {
      case "start":
        task = ctx.progress.start(label, {
          ...(event.steps > 0 ? { total: event.steps } : {}),
          from: event.resumedFrom ?? 0,
          tokens: unit,
        });
        task.note(
          `${formatCount(event.parameters)} parameters` +
            (event.resumedFrom === undefined ? "" : `, resumed from step ${formatCount(event.resumedFrom)}`),
        );
        break;
      case "planned":
        task.update({ total: event.steps });
        break;
      case "log":
        task.update({
          done: event.row.step,
          loss: event.row.loss,
          tokensPerSecond: event.row.tokens_per_s,
          secondsLeft: event.secondsLeft,
        });
        break;
      case "validation":
        task.update({ valLoss: event.loss });
        break;
      case "sample":
        task.note(`  step ${formatCount(event.row.step)}: ${truncate(event.row.text.split("\n")[0]!, 60)}`);
        break;
      case "end":
        task.end();
        break;
    }
  };
}
