/** What a command gets to communicate: standard output, the JSON document, progress, the interrupt. */
import { printable } from "../core/printable.ts";
import type { Interrupt } from "./interrupt.ts";
import { documentInFlags, inFlags } from "./output/flags.ts";
import { displayWidth, wrap } from "./output/layout.ts";
import { createProgress, type Progress } from "./output/progress.ts";
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
  /** Writes a line for a person to standard error, with `--json` too: options as flags, no styles, no secrets. */
  warn(text: string): void;
  /** On standard error. */
  readonly progress: Progress;
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
  readonly asJson: boolean;
  readonly commandLine: string;
}

/** A sentence wrapped between words; unchanged if a word, such as a path, is longer than a line. */
const fitted = (text: string, columns: number): string =>
  text.split(/\s/).every((word) => displayWidth(word) <= columns) ? wrap(text, columns).join("\n") : text;

/** A context, and the number of documents that it has written. */
export function createContext({ stdout, stderr, interrupt, asJson, commandLine }: ContextParts): {
  readonly context: Context;
  readonly documents: () => number;
} {
  const progress = createProgress(stderr);
  let documents = 0;
  function write(to: Terminal, text: string): void {
    progress.hide();
    to.write(text);
  }
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
    warn(text) {
      const sentence = safeText(inFlags(text));
      write(stderr, `${stderr.isTTY ? fitted(sentence, stderr.columns) : sentence}\n`);
    },
    progress,
    get interrupt() {
      return interrupt.signal;
    },
    isTTY: stdout.isTTY,
    get columns() {
      return stdout.columns;
    },
    style: stdout.style,
  };
  return { context, documents: () => documents };
}
