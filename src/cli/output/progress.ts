/**
 * Progress on standard error: one line redrawn in place on a terminal, a plain line now and then elsewhere.
 *
 * Invariant: at most one task is alive at a time, and while its line is drawn the cursor stands at that
 * line's end; whoever writes something else calls `hide` first.
 */
import { visible } from "../../core/printable.ts";
import { formatBytes, formatCount, formatDuration, formatRate } from "./format.ts";
import { displayWidth, truncate } from "./layout.ts";
import { said } from "./said.ts";
import type { Terminal } from "./terminal.ts";

/** Where a task stands. All but `done` may be left out; what was told before is kept. */
export interface ProgressState {
  /** Units done, of `total`. */
  readonly done: number;
  readonly total?: number;
  /** Units that were there before, which the speed does not count; goes before the task's own. */
  readonly from?: number;
  /** Nats per token. */
  readonly loss?: number;
  readonly valLoss?: number;
  readonly tokensPerSecond?: number;
  /** Better than the estimate from `done` and `total`, where the caller knows. */
  readonly secondsLeft?: number;
  /** A short remark at the end of the line. */
  readonly remark?: string;
}

export interface ProgressTask {
  update(state: Partial<ProgressState>): void;
  /** A line that stays, above the moving one. */
  note(line: string): void;
  /** Ends the task; the last state stays as a line, or `summary` in its place. */
  end(summary?: string): void;
}

export interface TaskOptions {
  /** How many units there are, where known. */
  readonly total?: number;
  /** Where a resumed task begins; its speed is counted from there. 0 by default. */
  readonly from?: number;
  /** The plural of what is counted; `steps` by default. `bytes` are shown in kB, MB and GB, `%` without a speed. */
  readonly unit?: string;
  /** The plural of what `tokensPerSecond` counts; `tokens` by default. */
  readonly tokens?: string;
  /** Keeps the remark on a narrow line, where other parts have to go. */
  readonly keepRemark?: boolean;
}

export interface Progress {
  /** Begins a task; one that is still alive is ended. */
  start(label: string, options?: TaskOptions): ProgressTask;
  /** Takes the moving line off the screen, until the next update. */
  hide(): void;
}

const redrawMilliseconds = 100;
const plainMilliseconds = 5_000;

/** @param now milliseconds; given by tests. */
export function createProgress(terminal: Terminal, now: () => number = () => performance.now()): Progress {
  let current: ProgressTask | undefined;
  let drawn = false;

  function hide(): void {
    if (drawn) terminal.write("\r\x1b[K");
    drawn = false;
  }

  function start(given: string, options: TaskOptions = {}): ProgressTask {
    current?.end();
    const label = visible(said(given));
    const begun = now();
    const { from = 0, total } = options;
    let state: ProgressState = { done: from, ...(total === undefined ? {} : { total }) };
    let shown = Number.NEGATIVE_INFINITY;

    const parts = () => segments(label, state, (now() - begun) / 1000, options);
    const task: ProgressTask = {
      update(change) {
        if (current !== task) return;
        state = { ...state, ...change };
        if (now() - shown < (terminal.isTTY ? redrawMilliseconds : plainMilliseconds)) return;
        shown = now();
        if (terminal.isTTY) {
          terminal.write(`\r${fitted(parts(), terminal.columns - 1, terminal.style.dim)}\x1b[K`);
          drawn = true;
        } else terminal.write(`${plain(parts())}\n`);
      },
      note(line) {
        hide();
        terminal.write(`${said(line)}\n`);
        shown = Number.NEGATIVE_INFINITY;
      },
      end(summary) {
        if (current !== task) return;
        hide();
        current = undefined;
        const took = `in ${formatDuration((now() - begun) / 1000)}`;
        terminal.write(
          `${said(summary ?? plain([...parts().filter((part) => part.lasting), { text: took, rank: 0 }]))}\n`,
        );
      },
    };
    current = task;
    return task;
  }

  return { start, hide };
}

interface Segment {
  readonly text: string;
  /** The lower, the longer it is kept when the line is too narrow. */
  readonly rank: number;
  /** Still true when the task has ended. */
  readonly lasting?: boolean;
}

function segments(
  label: string,
  state: ProgressState,
  seconds: number,
  { unit = "steps", tokens = "tokens", ...options }: TaskOptions,
): Segment[] {
  const { done, loss, valLoss, tokensPerSecond, remark } = state;
  // More was done before than is wanted now, such as of a training that is resumed with fewer steps.
  const total = state.total === undefined ? undefined : Math.max(state.total, done);
  const rate = (done - (state.from ?? options.from ?? 0)) / seconds;
  const left = state.secondsLeft ?? (total === undefined || rate <= 0 ? undefined : (total - done) / rate);
  const list: Segment[] = [{ text: label, rank: 0, lasting: true }];
  const amount = unit === "bytes" ? formatBytes : (n: number) => `${formatCount(n)} ${unit}`;
  const count = unit === "bytes" ? formatBytes : formatCount;
  const share = unit === "%";
  const text = total === undefined || share ? amount(done) : `${count(done)}/${amount(total)}`;
  list.push({ text, rank: 1, lasting: true });
  if (total && !share) list.push({ text: `${Math.floor((100 * done) / total)} %`, rank: 6 });
  if (loss !== undefined) list.push({ text: `loss ${loss.toFixed(3)}`, rank: 2, lasting: true });
  if (valLoss !== undefined) list.push({ text: `val ${valLoss.toFixed(3)}`, rank: 3, lasting: true });
  if (seconds > 0.2 && rate > 0 && !share) {
    list.push({
      text: unit === "bytes" ? `${formatBytes(rate)}/s` : `${formatRate(rate)} ${unit}/s`,
      rank: 7,
    });
  }
  if (tokensPerSecond !== undefined) {
    list.push({ text: `${formatRate(tokensPerSecond)} ${tokens}/s`, rank: 5 });
  }
  if (left !== undefined && Number.isFinite(left))
    list.push({ text: `${formatDuration(left)} left`, rank: 4 });
  if (remark) list.push({ text: visible(said(remark)), rank: options.keepRemark ? 1 : 8 });
  return list;
}

function plain(parts: readonly Segment[]): string {
  return `${parts[0]!.text}: ${parts
    .slice(1)
    .map((part) => part.text)
    .join(", ")}`;
}

/** The segments that fit `width` columns, the least important dropped first. */
function fitted(parts: readonly Segment[], width: number, dim: (text: string) => string): string {
  const separator = " · ";
  const kept = [...parts];
  const widthOf = () => displayWidth(kept.map((part) => part.text).join(separator));
  while (kept.length > 1 && widthOf() > width) {
    const least = kept.reduce((worst, part, i) => (part.rank > kept[worst]!.rank ? i : worst), 0);
    kept.splice(least, 1);
  }
  const line = kept.map((part) => part.text).join(separator);
  return displayWidth(line) > width
    ? truncate(line, width)
    : kept.map((part) => part.text).join(dim(separator));
}
