/** The progress of a training on standard error. */
import { type TrainEvent, visible } from "../index.ts";
import type { Context } from "./context.ts";
import { formatBytes, formatCount, formatDuration } from "./format.ts";
import { truncate } from "./layout.ts";
import type { ProgressTask } from "./progress.ts";

type Start = Extract<TrainEvent, { type: "start" }>;

/** Events of training as one moving line, with what is expected and samples above it. */
export function trainingProgress(ctx: Context, label: string): (event: TrainEvent) => void {
  let task: ProgressTask | undefined;
  return (event) => {
    switch (event.type) {
      case "start":
        task = ctx.progress.start(label, {
          ...(event.steps > 0 ? { total: event.steps } : {}),
          from: event.resumedFrom ?? 0,
          tokens: event.unit,
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

/** What the training will take, before its first step. */
function expectations(start: Start): string[] {
  const { steps, parameters, context, unit, bytes, secondsPerStep, resumedFrom = 0 } = start;
  const left = steps - resumedFrom;
  if (left <= 0) return [`all ${formatCount(steps)} steps are done already; --steps N gives it more`];
  const time = `${formatDuration(secondsPerStep * left)} for ${formatCount(left)} steps`;
  return [
    ...(resumedFrom > 0 ? [`going on after step ${formatCount(resumedFrom)}`] : []),
    ...(context === null ? [] : [`each prediction sees the last ${formatCount(context)} ${unit}`]),
    `${formatCount(parameters)} parameters, about ${formatBytes(bytes)} of memory, ${perStep(secondsPerStep)} a step: ${time}`,
  ];
}

/** A step's time, in milliseconds where it is short. */
function perStep(seconds: number): string {
  const milliseconds = 1000 * seconds;
  return seconds < 1 ? `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms` : formatDuration(seconds);
}
