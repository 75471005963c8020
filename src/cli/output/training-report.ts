/** The result of a training, and how to go on. */

import { tokenUnit } from "../../train/streams.ts";
import type { TrainResult } from "../../train/train.ts";
import type { Context } from "../context.ts";
import { quoted } from "./command-line.ts";
import { formatCount, formatDuration, formatRate } from "./format.ts";
import { printProse } from "./print.ts";

/**
 * Prints the result; its document is the summary, and what cleaning removed from the data.
 * @param again the command that resumes the run, up to its folder
 */
export function reportTraining(ctx: Context, folder: string, result: TrainResult, again: string): void {
  const { summary, lm, data, log } = result;
  const { stopped, val_loss, train_loss, steps, seconds, tokens_per_s } = summary;
  const units = tokenUnit(lm.tokenizer);
  const losses = [
    ...(train_loss === null ? [] : [`training loss ${train_loss.toFixed(3)}`]),
    ...(val_loss === null ? [] : [`validation loss ${validationText(val_loss, log)}`]),
  ];
  // Without its log, a run that does no further step knows no speed.
  const speed =
    tokens_per_s > 0 ? `; the last ones at ${formatRate(tokens_per_s)} ${units}/s, validation apart` : "";
  if (steps > 0)
    printProse(
      ctx,
      `${formatCount(steps)} ${steps === 1 ? "step" : "steps"} in ${formatDuration(seconds)}${speed}.`,
    );
  if (losses.length > 0) printProse(ctx, `In nats per ${units.slice(0, -1)}: ${losses.join(", ")}.`);
  const train = `${again} ${quoted(folder)} --resume`;
  if (stopped === "interrupt") ctx.print(`Stopped and saved. Go on with:  ${train}`);
  else {
    const use =
      lm.model.predicts === "masked"
        ? `Fill with it:   punchline fill ${quoted(folder)} "Why did the ${lm.tokenizer.token(lm.tokenizer.mask!)} cross the road?"`
        : `Write with it:  punchline sample ${quoted(folder)} -n 5 --temperature 0.8`;
    ctx.print(use);
    ctx.print(`Train longer:   ${train} ${stopped === "time" ? "--max-minutes" : "--steps"} N`);
  }
  ctx.json({ ...summary, cleaning_loss: data.cleaning_loss });
}

/** The loss of the weights that the run offers; where the last ones were worse, also the step of the best, and the last loss. */
function validationText(loss: number, log: TrainResult["log"]): string {
  const last = log.findLast(({ val_loss }) => val_loss !== undefined)?.val_loss;
  if (last === undefined || last <= loss) return loss.toFixed(3);
  const best = log.findLast(({ val_loss }) => val_loss === loss);
  const step = best === undefined ? "" : ` at step ${formatCount(best.step)}`;
  return `${loss.toFixed(3)}${step}, the best, which is kept (${last.toFixed(3)} at the end)`;
}
