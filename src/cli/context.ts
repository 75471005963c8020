/**
 * What a command gets to communicate: standard output, the JSON document, progress, the interrupt.
 *
 * Standard error has three kinds of sentences: warnings always, notes without `--quiet`, details with `--verbose`.
 */
import { printable } from "../core/printable.ts";
import { peakBytes } from "../files/peak-bytes.ts";
import type { Lead } from "../ranks/ranks.ts";
import type { Interrupt } from "./interrupt.ts";
import { documentInFlags, inFlags } from "./output/flags.ts";
import { formatBytes, formatDuration } from "./output/format.ts";
import { fitted } from "./output/layout.ts";
import { createProgress, type Progress, silentProgress } from "./output/progress.ts";
import { printableStyled, safeText } from "./output/safe-text.ts";
import type { Style, Terminal } from "./output/terminal.ts";

export interface Context {
  /** The command as it can be typed again. */
  readonly commandLine: string;
  /** Whether `--json` was given: then only `json` writes to standard output. */
  readonly asJson: boolean;
  /** Prints one line or several for a person; on a terminal without control characters other than styles. */
  print(text?: string): void;
  /** Writes text without a newline, for streaming. */
  write(text: string): void;
  /** A text of a model or of somebody else for `print`: unchanged for a program, without control characters on a terminal. */
  shown(text: string): string;
  /** Writes the command's one document; only with `--json`. */
  json(document: object): void;
  /**
   * Writes a sentence to standard error, with `--json` too: options as flags, no styles, no secrets. For what may make
   * the result another than was meant, or was lost.
   */
  warn(text: string): void;
  /** The same for what is good to know; nothing with `--quiet`. */
  note(text: string): void;
  /** The same for what most do not need; nothing without `--verbose`. */
  detail(text: string): void;
  /** Whether `--verbose` was given, for a command that has more to show. */
  readonly verbose: boolean;
  /** On standard error; nothing with `--quiet`. */
  readonly progress: Progress;
  /** The processes that `mpirun` or the like has started together; undefined for one by itself. Rank 0 prints for all. */
  readonly lead: Lead | undefined;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP; these end a command that never reads it. */
  readonly interrupt: AbortSignal;
  readonly isTTY: boolean;
  /** Width of standard output; 80 where it is no terminal. */
  readonly columns: number;
  /** Colours for standard output, or none. */
  readonly style: Style;
}

export interface ContextParts {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly interrupt: Interrupt;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly commandLine: string;
  readonly lead?: Lead | undefined;
}

/** A context; the number of documents that it has written; and what to call when the command has ended. */
export function createContext({
  stdout,
  stderr,
  interrupt,
  json: asJson,
  quiet,
  verbose,
  commandLine,
  lead,
}: ContextParts): {
  readonly context: Context;
  readonly documents: () => number;
  readonly end: () => void;
} {
  const begun = performance.now();
  const phases = new Map<string, number>();
  const progress = quiet
    ? silentProgress
    : createProgress(stderr, {
        onEnd: (label, seconds) => phases.set(label, (phases.get(label) ?? 0) + seconds),
      });
  let documents = 0;
  function write(to: Terminal, text: string): void {
    progress.hide();
    to.write(text);
  }
  function warn(text: string): void {
    const sentence = safeText(inFlags(text));
    write(stderr, `${stderr.isTTY ? fitted(sentence, stderr.columns) : sentence}\n`);
  }
  const nothing = (): void => {};
  const detail = verbose ? warn : nothing;
  const context: Context = {
    commandLine,
    asJson,
    print: (text = "") => asJson || write(stdout, `${stdout.isTTY ? printableStyled(text) : text}\n`),
    write: (text) => asJson || write(stdout, text),
    shown: (text) => (stdout.isTTY ? printable(text) : text),
    json(document) {
      documents++;
      if (documents > 1) throw new Error("A command wrote a second JSON document.");
      if (asJson)
        write(stdout, `${JSON.stringify(documentInFlags(document), null, stdout.isTTY ? 2 : undefined)}\n`);
    },
    warn,
    note: quiet ? nothing : warn,
    detail,
    verbose,
    progress,
    lead,
    get interrupt() {
      return interrupt.signal;
    },
    isTTY: stdout.isTTY,
    get columns() {
      return stdout.columns;
    },
    style: stdout.style,
  };
  function end(): void {
    progress.hide();
    detail(whereTimeWent((performance.now() - begun) / 1000, phases));
  }
  return { context, documents: () => documents, end };
}

/** The time of the command and of its parts, and the memory of the process at its peak. */
function whereTimeWent(seconds: number, phases: ReadonlyMap<string, number>): string {
  const parts = [...phases].map(([label, part]) => `${label} ${formatDuration(part)}`);
  const memory = `peak memory ${formatBytes(peakBytes())}`;
  return `Took ${formatDuration(seconds)}${parts.length > 0 ? `: ${parts.join(", ")}` : ""}; ${memory}.`;
}
