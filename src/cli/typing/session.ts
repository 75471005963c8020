/**
 * Typing with suggestions in a terminal: reads keys, draws the screen, and asks for suggestions.
 *
 * The session uses the terminal's alternate screen, which it can redraw at any size. However it ends, the main
 * screen, the cursor and the line mode are restored.
 */
import { emitKeypressEvents } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import { CANDIDATES, rankByKeystrokesSaved } from "../../generate/keystrokes-saved.ts";
import type { Suggester, Suggestion } from "../../generate/suggest.ts";
import type { Style } from "../output/terminal.ts";
import { type Editor, emptyEditor, type Key, offer, press } from "./editor.ts";
import { drawScreen } from "./screen.ts";

const alternateScreen = "\u001b[?1049h";
const mainScreen = "\u001b[?25h\u001b[?1049l";

export interface SessionParts {
  readonly suggester: Suggester;
  /** Suggestions of each kind. */
  readonly n: number;
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly style: Style;
  readonly signal: AbortSignal;
}

/** Resolves to the last state when Enter or Ctrl-C ends the session. Rejects if suggesting fails or `signal` aborts. */
export async function typeWithSuggestions(parts: SessionParts): Promise<Editor> {
  const { input, output, signal } = parts;
  const restore = () => {
    if (input.isTTY) input.setRawMode(false);
    output.write(mainScreen);
  };
  emitKeypressEvents(input);
  process.once("exit", restore);
  output.write(alternateScreen);
  input.setRawMode(true);
  try {
    return await run(parts, signal);
  } finally {
    process.off("exit", restore);
    input.pause();
    restore();
  }
}

function run({ suggester, n, input, output, style }: SessionParts, signal: AbortSignal): Promise<Editor> {
  let editor: Editor = emptyEditor;
  let busy = false;

  function draw(): void {
    const { columns = 80, rows = 24 } = output;
    const { lines, cursor } = drawScreen(editor, { columns, rows }, style);
    const body = lines.map((line) => `\u001b[K${line}`).join("\r\n");
    const place = `\u001b[${cursor.row + 1};${cursor.column + 1}H`;
    output.write(`\u001b[?25l\u001b[H${body}\u001b[J${place}\u001b[?25h`);
  }

  /** Shows words as soon as they are known, then continuations. One request at a time, for the newest text. */
  async function suggest(): Promise<void> {
    if (busy) return;
    busy = true;
    try {
      let text: string;
      do {
        text = editor.text;
        const found = await suggester.suggest(text, { n: CANDIDATES * n, kinds: ["words"] });
        if (editor.text !== text) continue;
        const words = rankByKeystrokesSaved(found.words, n);
        show(words);
        const { continuations } = await suggester.suggest(text, { n, kinds: ["continuations"] });
        const listed = new Set(words.map((word) => word.text));
        if (editor.text === text) show([...words, ...continuations.filter((one) => !listed.has(one.text))]);
      } while (editor.text !== text);
    } finally {
      busy = false;
    }
  }

  function show(suggestions: readonly Suggestion[]): void {
    if (editor.ended) return;
    editor = offer(editor, suggestions);
    draw();
  }

  return new Promise<Editor>((end, fail) => {
    const stop = () => {
      input.off("keypress", onKey);
      input.off("end", onEnd);
      output.off("resize", draw);
      signal.removeEventListener("abort", onAbort);
    };
    const refresh = () => {
      suggest().catch((error: unknown) => {
        stop();
        fail(error);
      });
    };
    function onKey(_: string | undefined, key: Key): void {
      const before = editor.text;
      editor = press(editor, key);
      if (editor.ended) {
        stop();
        end(editor);
        return;
      }
      draw();
      if (editor.text !== before) refresh();
    }
    function onEnd(): void {
      stop();
      end({ ...editor, ended: "left" });
    }
    function onAbort(): void {
      stop();
      fail(signal.reason);
    }
    input.on("keypress", onKey);
    input.on("end", onEnd);
    output.on("resize", draw);
    signal.addEventListener("abort", onAbort);
    input.resume();
    draw();
    refresh();
  });
}
