/**
 * Progress on standard error: on a terminal one line, redrawn in place; elsewhere a plain line now and then, less
 * often the longer it takes.
 *
 * Invariant: at most one task is alive at a time, and while its line is drawn, the cursor is at the line's end.
 * Call `hide` before you write anything else.
 */
import { visible } from "../../core/printable.ts";
import { present } from "../options/option.ts";
import { formatBytes, formatCount, formatDuration, formatLeft, formatRate } from "./format.ts";
import { displayWidth, fitted, truncate } from "./layout.ts";
import { safeText } from "./safe-text.ts";
import type { Terminal } from "./terminal.ts";

/** The state of a task. */
export interface ProgressState {
  /** Units done, of `total`. */
  readonly done: number;
  readonly total?: number | undefined;
  /** Whether `total` is an estimate, such as of the steps that a time limit allows. Default false. */
  readonly estimated?: boolean | undefined;
  /** Units done before the task began, which do not count for its speed. Default: those of the task's options. */
  readonly from?: number | undefined;
  /** Nats per token. */
  readonly loss?: number | undefined;
  readonly valLoss?: number | undefined;
  /** The speed that is shown. Default: of `done`. */
  readonly tokensPerSecond?: number | undefined;
  /** Replaces the estimate from `done` and `total`. */
  readonly secondsLeft?: number | undefined;
  /** A short remark at the end of the line. */
  readonly remark?: string | undefined;
}

export interface ProgressTask {
  /** Changes the fields that are not undefined. */
  update(state: Partial<ProgressState>): void;
  /**
   * Writes a line above the moving one.
   * @param fit what becomes of a line that is wider than the terminal: `wrap` between words (the default), or `cut`
   */
  note(line: string, fit?: "wrap" | "cut"): void;
  /**
   * Ends the task with a line: `summary`, by default the last state and the seconds it took; none where it is empty.
   * @param seconds by default since the task was started
   */
  end(summary?: string, seconds?: number): void;
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
  /** Whether the remark takes the place of the time left, and a narrow line keeps it. Default false. */
  readonly keepRemark?: boolean | undefined;
}

export interface Progress {
  /** Begins a task, and ends the one that is still alive. */
  start(label: string, options?: TaskOptions): ProgressTask;
  /** Removes the moving line from the screen until the next update. */
  hide(): void;
}

const redrawMilliseconds = 100;
/** Between plain lines: a tenth of the time so far, between these. */
const plainMilliseconds = { least: 5_000, most: 300_000 };
/** Seconds after which a speed can be told, and with it the time left. */
const KNOWN = 1;
/** Columns of a line that is cut. */
const WIDEST = 100;

/** No progress at all. */
export const silentProgress: Progress = {
  start: () => ({ update() {}, note() {}, end() {} }),
  hide() {},
};

export interface ProgressParts {
  /** A clock in milliseconds, for tests. */
  readonly now?: (() => number) | undefined;
  /** Called with the seconds that an ended task took. */
  readonly onEnd?: ((label: string, seconds: number) => void) | undefined;
}

export function createProgress(
  terminal: Terminal,
  { now = () => performance.now(), onEnd }: ProgressParts = {},
): Progress {
  let current: ProgressTask | undefined;
  /** Columns of the line that is drawn. */
  let drawn = 0;

  function hide(): void {
    // A terminal that has become narrower shows the line in several rows.
    const above = drawn > 0 ? Math.floor((drawn - 1) / terminal.columns) : 0;
    if (above > 0) terminal.write(`\x1b[${above}A\r\x1b[J`);
    else if (drawn > 0) terminal.write("\r\x1b[K");
    drawn = 0;
  }

  function draw(line: string): void {
    if (drawn > terminal.columns) hide();
    terminal.write(`\r${line}\x1b[K`);
    drawn = displayWidth(line);
  }

  const isDue = (since: number, elapsed: number): boolean => {
    const { least, most } = plainMilliseconds;
    return since >= (terminal.isTTY ? redrawMilliseconds : Math.min(most, Math.max(least, elapsed / 10)));
  };

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
        if (!isDue(now() - shown, now() - begun)) return;
        if (terminal.isTTY) draw(inOneLine(parts(), terminal.columns - 1, terminal.style.dim));
        else if (state.loss === undefined && now() - begun < 1000 * KNOWN)
          return; // its end will say it
        else terminal.write(`${plain(parts())}\n`);
        shown = now();
      },
      note(line, fit = "wrap") {
        hide();
        const text = safeText(line);
        const { isTTY, columns } = terminal;
        const shownText =
          fit === "cut" ? truncate(text, isTTY ? Math.min(columns - 1, WIDEST) : WIDEST) : text;
        terminal.write(`${isTTY ? fitted(shownText, columns - 1) : shownText}\n`);
        if (isTTY) shown = Number.NEGATIVE_INFINITY; // the line comes again below the note
      },
      end(summary, counted) {
        if (current !== task) return;
        hide();
        current = undefined;
        const seconds = (now() - begun) / 1000;
        const took = { text: `in ${formatDuration(counted ?? seconds)}`, rank: 0 };
        const line = safeText(summary ?? plain([...parts().filter((part) => part.lasting), took]));
        if (line !== "") terminal.write(`${terminal.isTTY ? fitted(line, terminal.columns - 1) : line}\n`);
        onEnd?.(label, seconds);
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
  const { done, loss, valLoss, tokensPerSecond, remark, estimated } = state;
  // A training that is resumed with fewer steps has done more than the total.
  const total = state.total === undefined ? undefined : Math.max(state.total, done);
  const known = seconds >= KNOWN ? (done - (state.from ?? options.from ?? 0)) / seconds : 0;
  const left = state.secondsLeft ?? (total === undefined || known <= 0 ? undefined : (total - done) / known);
  const list: Segment[] = [{ text: label, rank: 0, lasting: true }];
  const share = unit === "%";
  const count = unit === "bytes" ? formatBytes : formatCount;
  const amount = (n: number) =>
    unit === "bytes" ? formatBytes(n) : `${formatCount(n)} ${n === 1 ? unit.replace(/s$/, "") : unit}`;
  if (share) list.push({ text: `${Math.min(100, Math.floor(done))} %`, rank: 1, lasting: true });
  else if (total === undefined || total === done) list.push({ text: amount(done), rank: 1, lasting: true });
  else list.push({ text: `${count(done)}/${estimated ? "~" : ""}${amount(total)}`, rank: 1, lasting: true });
  if (total && !share) list.push({ text: `${Math.floor((100 * done) / total)} %`, rank: 6 });
  if (loss !== undefined) list.push({ text: `loss ${loss.toFixed(3)}`, rank: 2, lasting: true });
  if (valLoss !== undefined) list.push({ text: `val ${valLoss.toFixed(3)}`, rank: 3, lasting: true });
  if (tokensPerSecond !== undefined)
    list.push({ text: `${formatRate(tokensPerSecond)} ${tokens}/s`, rank: 5 });
  else if (unit === "bytes" && known > 0) list.push({ text: `${formatBytes(known)}/s`, rank: 5 });
  // Of a few things that take long each, the time left says enough.
  else if (known >= 1 && !share) list.push({ text: `${formatRate(known)} ${unit}/s`, rank: 5 });
  if (left !== undefined && left >= 0.5 && Number.isFinite(left) && !options.keepRemark)
    list.push({ text: `${formatLeft(left)} left`, rank: 4 });
  if (remark) list.push({ text: visible(safeText(remark)), rank: options.keepRemark ? 1 : 7 });
  return list;
}

function plain(parts: readonly Segment[]): string {
  return `${parts[0]!.text}: ${parts
    .slice(1)
    .map((part) => part.text)
    .join(", ")}`;
}

/** The segments that fit `width` columns, the least important dropped first. */
function inOneLine(parts: readonly Segment[], width: number, dim: (text: string) => string): string {
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
