/** What a command is given to speak with: standard output, the JSON document, progress, the interrupt. */
import { printable } from "../core/printable.ts";
import type { Interrupt } from "./interrupt.ts";
import { documentInFlags, inFlags } from "./output/flags.ts";
import { displayWidth, wrap } from "./output/layout.ts";
import { createProgress, type Progress } from "./output/progress.ts";
import { said, shownStyled } from "./output/said.ts";
import type { Style, Terminal } from "./output/terminal.ts";

export interface Context {
  /** Whether `--json` was given: `print` and `write` are silent, `json` speaks. */
  readonly asJson: boolean;
  /** A line (or several) for a person, on standard output; a terminal gets no control characters but styles. */
  print(text?: string): void;
  /** Text as it comes, without a newline: for streaming. */
  write(text: string): void;
  /**
   * A text that a model or somebody else wrote, to be printed: exact where a program reads it, and without
   * control characters on a terminal, which would obey them.
   */
  shown(text: string): string;
  /** The command's one document; silent without `--json`. */
  json(document: object): void;
  /** A line for a person on standard error, whatever the mode: options as flags, without styles and secrets. */
  warn(text: string): void;
  /** On standard error. */
  readonly progress: Progress;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP; a command that never reads it dies of them. */
  readonly interrupt: AbortSignal;
  /** Of standard output. */
  readonly isTTY: boolean;
  /** Of standard output; 80 where it is no terminal. */
  readonly columns: number;
  /** Colours for standard output, or none. */
  readonly style: Style;
}

export interface ContextParts {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly interrupt: Interrupt;
  readonly asJson: boolean;
}

/** A sentence in lines that end between words; as it is where a word, such as a path, is longer than a line. */
const fitted = (text: string, columns: number): string =>
  text.split(/\s/).every((word) => displayWidth(word) <= columns) ? wrap(text, columns).join("\n") : text;

/** A context, and whether its document has been written. */
export function createContext({ stdout, stderr, interrupt, asJson }: ContextParts): {
  readonly context: Context;
  readonly documents: () => number;
} {
  const progress = createProgress(stderr);
  let documents = 0;
  function say(to: Terminal, text: string): void {
    progress.hide();
    to.write(text);
  }
  const context: Context = {
    asJson,
    print: (text = "") => asJson || say(stdout, `${stdout.isTTY ? shownStyled(text) : text}\n`),
    write: (text) => asJson || say(stdout, text),
    shown: (text) => (stdout.isTTY ? printable(text) : text),
    json(document) {
      documents++;
      if (documents > 1) throw new Error("A command wrote a second JSON document.");
      if (asJson)
        say(stdout, `${JSON.stringify(documentInFlags(document), null, stdout.isTTY ? 2 : undefined)}\n`);
    },
    warn(text) {
      const sentence = said(inFlags(text));
      say(stderr, `${stderr.isTTY ? fitted(sentence, stderr.columns) : sentence}\n`);
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
