/**
 * Progress on standard error: on a terminal one line, redrawn in place; elsewhere a plain line now and then.
 *
 * Invariant: at most one task is alive at a time, and while its line is drawn, the cursor is at the line's end.
 * Call `hide` before you write anything else.
 */
import { visible } from "../../core/printable.ts";
import { present } from "../options/option.ts";
import { formatBytes, formatCount, formatDuration, formatRate } from "./format.ts";
import { displayWidth, truncate } from "./layout.ts";
import { safeText } from "./safe-text.ts";
import type { Terminal } from "./terminal.ts";

/** The state of a task. */
export interface ProgressState {
  /** Units done, of `total`. */
  readonly done: number;
  readonly total?: number | undefined;
  /** Units done before the task began, which do not count for its speed. Default: those of the task's options. */
  readonly from?: number | undefined;
  /** Nats per token. */
  readonly loss?: number | undefined;
  readonly valLoss?: number | undefined;
  readonly tokensPerSecond?: number | undefined;
  /** Replaces the estimate from `done` and `total`. */
  readonly secondsLeft?: number | undefined;
  /** A short remark at the end of the line. */
  readonly remark?: string | undefined;
}

export interface ProgressTask {
  /** Changes the fields that are not undefined. */
  update(state: Partial<ProgressState>): void;
  /** Writes a line above the moving one. */
  note(line: string): void;
  /** Ends the task with a line: `summary`, by default the last state. */
  end(summary?: string): void;
}

export interface TaskOptions {
  /** The number of units, if known. */
  readonly total?: number | undefined;
  /** Units done before the task began, such as of a resumed training. Default 0. */
  readonly from?: number | undefined;
  /** The unit's plural. `bytes` are shown in kB, MB and GB, `%` without a speed. Default `steps`. */
  readonly unit?: string | undefined;
  /** The plural of the unit of `tokensPerSecond`. Default `tokens`. */
  readonly tokens?: string | undefined;
  /** Whether a narrow line drops other parts before the remark. Default false. */
  readonly keepRemark?: boolean | undefined;
}

export interface Progress {
  /** Begins a task, and ends the one that is still alive. */
  start(label: string, options?: TaskOptions): ProgressTask;
  /** Removes the moving line from the screen until the next update. */
  hide(): void;
}

const redrawMilliseconds = 100;
const plainMilliseconds = 5_000;

/** @param now a clock in milliseconds, for tests */
export function createProgress(terminal: Terminal, now: () => number = () => performance.now()): Progress {
  let current: ProgressTask | undefined;
  let drawn = false;

  function hide(): void {
    if (drawn) terminal.write("\r\x1b[K");
    drawn = false;
  }

  function start(given: string, options: TaskOptions = {}): ProgressTask {
    current?.end();
    const label = visible(safeText(given));
    const begun = now();
    const { from = 0, total } = options;
    let state: ProgressState = { done: from, total };
    let shown = Number.NEGATIVE_INFINITY;

    const parts = () => segments(label, state, (now() - begun) / 1000, options);
    const task: ProgressTask = {
      update(change) {
        if (current !== task) return;
        state = { ...state, ...present(change) };
        if (now() - shown < (terminal.isTTY ? redrawMilliseconds : plainMilliseconds)) return;
        shown = now();
        if (terminal.isTTY) {
          terminal.write(`\r${fitted(parts(), terminal.columns - 1, terminal.style.dim)}\x1b[K`);
          drawn = true;
        } else terminal.write(`${plain(parts())}\n`);
      },
      note(line) {
        hide();
        terminal.write(`${safeText(line)}\n`);
        shown = Number.NEGATIVE_INFINITY;
      },
      end(summary) {
        if (current !== task) return;
        hide();
        current = undefined;
        const took = `in ${formatDuration((now() - begun) / 1000)}`;
        terminal.write(
          `${safeText(summary ?? plain([...parts().filter((part) => part.lasting), { text: took, rank: 0 }]))}\n`,
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
  /** If the line is too narrow, the highest rank is dropped first. */
  readonly rank: number;
  /** Whether it is still true when the task has ended. Default false. */
  readonly lasting?: boolean | undefined;
}

function segments(
  label: string,
  state: ProgressState,
  seconds: number,
  { unit = "steps", tokens = "tokens", ...options }: TaskOptions,
): Segment[] {
  const { done, loss, valLoss, tokensPerSecond, remark } = state;
  // A training that is resumed with fewer steps has done more than the total.
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
  if (remark) list.push({ text: visible(safeText(remark)), rank: options.keepRemark ? 1 : 8 });
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
