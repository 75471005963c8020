/** The progress of a training on standard error. */
import { visible } from "../../core/printable.ts";
import type { TrainEvent } from "../../train/events.ts";
import type { Context } from "../context.ts";
import { formatBytes, formatCount, formatDuration } from "./format.ts";
import { truncate } from "./layout.ts";
import type { ProgressTask } from "./progress.ts";

type Start = Extract<TrainEvent, { type: "start" }>;

/**
 * Shows events of a training as one moving line, with expectations and samples above it.
 * @param remark the end of the line, which a narrow line keeps
 */
export function trainingProgress(
  ctx: Context,
  label: string,
  remark?: () => string,
): (event: TrainEvent) => void {
  let task: ProgressTask | undefined;
  return (event) => {
    switch (event.type) {
      case "start":
        task = ctx.progress.start(label, {
          total: event.steps > 0 ? event.steps : undefined,
          from: event.resumedFrom ?? 0,
          tokens: event.unit,
          keepRemark: remark !== undefined,
        });
        for (const line of expectations(event)) task.note(line);
        break;
      case "planned":
        task?.update({ total: event.steps });
        break;
      case "log":
        task?.update({
          done: event.row.step,
          loss: event.row.loss,
          tokensPerSecond: event.row.tokens_per_s,
          secondsLeft: event.secondsLeft,
          remark: remark?.(),
        });
        break;
      case "validation":
        task?.update({ valLoss: event.loss });
        break;
      case "sample": {
        const head = `step ${formatCount(event.row.step)}: `;
        task?.note(head + truncate(visible(event.row.text), Math.min(ctx.columns, 100) - head.length));
        break;
      }
      case "end":
        task?.end();
        break;
    }
  };
}

function layoutLines(layout: NonNullable<Start["layout"]>, unit: string): string[] {
  const { items, packed, rows, length, filled, long, longItems, unlearned } = layout;
  const share = `${Math.round(100 * filled)} % full`;
  const place = packed
    ? `in ${formatCount(rows)} rows of ${formatCount(length)} ${unit}, ${share}, in which they do not see each other`
    : `in rows of their own, of ${formatCount(length)} ${unit}, ${share}`;
  const lines = [`${formatCount(items)} texts ${place}`];
  const rest = longItems === "split" ? "goes on in another row, without what came before" : "is cut off";
  if (long > 0)
    lines.push(
      `${long === 1 ? "1 text is" : `${formatCount(long)} texts are`} longer than a row: what is beyond it ${rest}`,
    );
  if (unlearned > 0)
    lines.push(
      `of ${unlearned === 1 ? "1 text" : `${formatCount(unlearned)} texts`} nothing is learned: the prompt alone fills a row; raise --seq-len, or use --long-texts split`,
    );
  return lines;
}

/** What the training will take in time, passes and memory. */
function expectations({
  steps,
  epochs,
  parameters,
  trainable,
  context,
  bytes,
  secondsPerStep,
  layout,
  unit,
  resumedFrom = 0,
}: Start): string[] {
  const left = steps - resumedFrom;
  if (left <= 0) return [`all ${formatCount(steps)} steps are done already; --steps N gives it more`];
  const trained =
    trainable === parameters
      ? `${formatCount(parameters)} parameters`
      : `${formatCount(trainable)} of ${formatCount(parameters)} parameters are trained`;
  const time = `${formatDuration(secondsPerStep * left)} for ${formatCount(left)} steps`;
  const passes = `${epochs.toFixed(epochs < 10 ? 2 : 0)} passes over the training split`;
  return [
    ...(layout ? layoutLines(layout, unit) : []),
    ...(resumedFrom > 0 ? [`going on after step ${formatCount(resumedFrom)}`] : []),
    ...(context === null ? [] : [`each prediction sees ${formatCount(context)} ${unit} at most`]),
    `${trained}, about ${formatBytes(bytes)} of memory, ${perStep(secondsPerStep)} a step: ${time}`,
    resumedFrom > 0 ? `${passes} in all ${formatCount(steps)} steps` : passes,
  ];
}

/** A step's time, in milliseconds if it is short. */
function perStep(seconds: number): string {
  const milliseconds = 1000 * seconds;
  return seconds < 1 ? `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms` : formatDuration(seconds);
}
