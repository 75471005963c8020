/** The progress of a training on standard error. */
import { visible } from "../../core/printable.ts";
import { measuredInWords } from "../../runtime/measured-in-words.ts";
import type { TrainEvent } from "../../train/events.ts";
import type { Context } from "../context.ts";
import { formatBytes, formatCount, formatDuration } from "./format.ts";
import type { ProgressTask } from "./progress.ts";

type Start = Extract<TrainEvent, { type: "start" }>;

export interface TrainingProgressOptions {
  /** The end of the line, which a narrow line keeps. */
  readonly remark?: (() => string) | undefined;
  /** Only the moving line: nothing stays of it. Default false. */
  readonly brief?: boolean | undefined;
}

/** Shows events of a training as one moving line, with expectations and samples above it. */
export function trainingProgress(
  ctx: Context,
  label: string,
  { remark, brief = false }: TrainingProgressOptions = {},
): (event: TrainEvent) => void {
  let task: ProgressTask | undefined;
  const time = new TimeByWork();
  return (event) => {
    time.pass(event.type);
    switch (event.type) {
      case "device":
        if (!brief) ctx.note(measuredInWords(event));
        break;
      case "start":
        task = ctx.progress.start(label, {
          total: event.steps > 0 ? event.steps : undefined,
          from: event.resumedFrom ?? 0,
          tokens: event.unit,
          keepRemark: remark !== undefined,
        });
        if (!brief) for (const line of expectations(event)) task.note(line);
        break;
      case "planned":
        task?.update({ total: event.steps, estimated: true });
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
        if (!brief) task?.note(`step ${formatCount(event.row.step)}: ${visible(event.row.text)}`, "cut");
        break;
      }
      case "end": {
        const { step, stopped, seconds } = event;
        // A time limit, and a listener, end it where they do; the plan was an estimate.
        const cut = stopped === "interrupt" || stopped === "early";
        task?.update({ done: step, total: cut ? undefined : step, estimated: false });
        task?.end(brief ? "" : undefined, seconds);
        ctx.detail(`${label}: ${time}.`);
        break;
      }
    }
  };
}

/** What the time between two events of a training was spent on: the event tells what has just been done. */
const workOf: Readonly<Record<TrainEvent["type"], string>> = {
  device: "set-up",
  start: "set-up",
  planned: "steps",
  log: "steps",
  validation: "validation",
  sample: "samples",
  checkpoint: "saving",
  end: "saving",
};

/** Adds up the time of a training by the work that it went into. */
class TimeByWork {
  readonly #seconds = new Map<string, number>();
  #since = performance.now();

  /** Something has just been done. */
  pass(event: TrainEvent["type"]): void {
    const now = performance.now();
    const work = workOf[event];
    this.#seconds.set(work, (this.#seconds.get(work) ?? 0) + (now - this.#since) / 1000);
    this.#since = now;
  }

  /** `steps 12s, validation 2.1s, ...`, the longest first. */
  toString(): string {
    return [...this.#seconds]
      .sort(([, a], [, b]) => b - a)
      .map(([work, seconds]) => `${work} ${formatDuration(seconds)}`)
      .join(", ");
  }
}

function layoutLines({ layout, validationLeftOut = 0 }: Start, unit: string): string[] {
  if (!layout) return [];
  const { items, packed, rows, length, filled, long, longItems, unlearned } = layout;
  const share = `${Math.round(100 * filled)} % full`;
  const place = packed
    ? `in ${formatCount(rows)} ${rows === 1 ? "row" : "rows"} of ${formatCount(length)} ${unit}, ${share}, in which they do not see each other`
    : `in rows of their own, of ${formatCount(length)} ${unit}, ${share}`;
  const lines = [`${formatCount(items)} texts ${place}`];
  const rest = {
    split: ": what is beyond it goes on in another row, without what came before",
    truncate: ": what is beyond it is cut off",
    leave: ` and left out; raise --seq-len, or use --long-texts split`,
  }[longItems];
  if (long > 0)
    lines.push(`${long === 1 ? "1 text is" : `${formatCount(long)} texts are`} longer than a row${rest}`);
  if (validationLeftOut > 0)
    lines.push(
      `${validationLeftOut === 1 ? "1 text" : `${formatCount(validationLeftOut)} texts`} of the validation split ${validationLeftOut === 1 ? "is" : "are"} longer than a row and not scored`,
    );
  if (unlearned > 0)
    lines.push(
      `of ${unlearned === 1 ? "1 text" : `${formatCount(unlearned)} texts`} nothing is learned: the prompt alone fills a row; raise --seq-len, or use --long-texts split`,
    );
  return lines;
}

/** What the training will take in time, passes and memory. */
function expectations(start: Start): string[] {
  const { steps, epochs, parameters, trainable, context, bytes, secondsPerStep, unit } = start;
  const { resumedFrom = 0 } = start;
  const left = steps - resumedFrom;
  const inAll = `${formatCount(steps)} ${steps === 1 ? "step" : "steps"}`;
  if (left <= 0)
    return [
      `${steps === 1 ? "its" : "all"} ${inAll} ${steps === 1 ? "is" : "are"} done already; --steps N gives it more`,
    ];
  const trained =
    trainable === parameters
      ? `${formatCount(parameters)} parameters`
      : `${formatCount(trainable)} of ${formatCount(parameters)} parameters are trained`;
  const time = `${formatDuration(secondsPerStep * left)} for ${formatCount(left)} ${left === 1 ? "step" : "steps"}`;
  const passes = `${epochs.toFixed(epochs < 10 ? 2 : 0)} passes over the training split`;
  return [
    ...layoutLines(start, unit),
    ...(resumedFrom > 0 ? [`going on after step ${formatCount(resumedFrom)}`] : []),
    ...(context === null ? [] : [`each prediction sees ${formatCount(context)} ${unit} at most`]),
    `${trained}, about ${formatBytes(bytes)} of memory, ${perStep(secondsPerStep)} a step: ${time}`,
    resumedFrom > 0 ? `${passes} in all ${inAll}` : passes,
  ];
}

/** A step's time, in milliseconds if it is short. */
function perStep(seconds: number): string {
  const milliseconds = 1000 * seconds;
  return seconds < 1 ? `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms` : formatDuration(seconds);
}
