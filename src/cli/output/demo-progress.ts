/** The progress of the demo on standard error: the current task, and the time left for the whole. */
import type { DemoEvent } from "../../demo/context.ts";
import type { Context } from "../context.ts";
import { formatBytes, formatDuration, formatLeft } from "./format.ts";
import type { ProgressTask } from "./progress.ts";
import { trainingProgress } from "./training-progress.ts";

export function demoProgress(ctx: Context): (event: DemoEvent, secondsLeft: number) => void {
  let left = 0;
  const remark = () => `demo ${formatLeft(left)} left`;
  let training: { readonly what: string; readonly show: ReturnType<typeof trainingProgress> } | undefined;
  let work: { readonly what: string; readonly begun: number; readonly task: ProgressTask } | undefined;

  const endWork = (): void => {
    const took = () => `${work?.what}, in ${formatDuration((performance.now() - work!.begun) / 1000)}`;
    work?.task.end(ctx.verbose ? took() : "");
    work = undefined;
  };
  const taskOf = (what: string, unit: string): ProgressTask => {
    if (work?.what !== what) {
      endWork();
      work = { what, begun: performance.now(), task: ctx.progress.start(what, { unit, keepRemark: true }) };
    }
    return work.task;
  };

  return (event, secondsLeft) => {
    left = secondsLeft;
    switch (event.type) {
      case "training":
        endWork();
        if (training?.what !== event.what)
          training = {
            what: event.what,
            show: trainingProgress(ctx, event.what, { remark, brief: !ctx.verbose }),
          };
        training.show(event.event);
        break;
      case "download": {
        const { model, received, total } = event;
        const what = `downloading ${model} (${formatBytes(total)})`;
        taskOf(what, "bytes").update({ done: received, total, remark: remark() });
        break;
      }
      case "work":
        // Each is a matter of seconds, and worth no line that stays.
        if (!(ctx.isTTY || ctx.verbose)) break;
        taskOf(event.what, "%").update({
          done: Math.round(100 * (event.done ?? 0)),
          total: 100,
          remark: remark(),
        });
        break;
      case "names":
      case "piece":
      case "jokes":
      case "pairs":
      case "cue":
      case "gap":
      case "finished":
        endWork();
        break;
      default:
        break;
    }
  };
}
