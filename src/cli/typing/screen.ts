/** The terminal's content while typing with suggestions: lines for any size, and the cursor's position. */
import { visible } from "../../core/printable.ts";
import { displayWidth, truncate, wrap } from "../output/layout.ts";
import type { Style } from "../output/terminal.ts";
import { type Editor, keyHelp } from "./editor.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Screen {
  /** At most `rows`, each of at most `columns`. */
  readonly lines: readonly string[];
  /** From 0. */
  readonly cursor: { readonly row: number; readonly column: number };
}

/** The text with the chosen suggestion in grey, the list below it, and the help for keys if there is room. */
export function drawScreen(editor: Editor, { columns, rows }: Size, style: Style): Screen {
  const { lines: text, cursor } = drawText(editor, columns, style);
  const list = drawList(editor, columns, style);
  const help = wrap(keyHelp, columns).map((line) => style.dim(truncate(line, columns)));
  // The end of a long text stays visible, with the list if it fits.
  const first = Math.max(0, Math.min(cursor.row, text.length - Math.max(1, rows - list.length - 1)));
  const lines = [...text.slice(first), "", ...list, "", ...help];
  const fitting = lines.length > rows ? lines.slice(0, lines.length - help.length - 1) : lines;
  return { lines: fitting.slice(0, rows), cursor: { row: cursor.row - first, column: cursor.column } };
}

/** The typed text, and the suggestion in grey, or in brackets without colours. */
function drawText({ text, suggestions, chosen }: Editor, columns: number, style: Style) {
  const completion = visible(suggestions[chosen]?.text ?? "");
  const grey = completion !== "" && !style.isColorSupported ? `[${completion}]` : completion;
  const typed = breakAt(visible(text), columns, 0);
  const column = displayWidth(typed.at(-1)!);
  const suggested = breakAt(grey, columns, column);
  const lines = [
    ...typed.slice(0, -1),
    typed.at(-1)! + (suggested[0] === "" ? "" : style.dim(suggested[0]!)),
    ...suggested.slice(1).map((line) => style.dim(line)),
  ];
  const row = typed.length - 1;
  if (column < columns) return { lines, cursor: { row, column } };
  return { lines: lines.length > row + 1 ? lines : [...lines, ""], cursor: { row: row + 1, column: 0 } };
}

/** Breaks `text` into lines of `columns`, the first of which has `used` columns taken. */
function breakAt(text: string, columns: number, used: number): string[] {
  const lines = [""];
  let width = used;
  for (const character of text) {
    const more = displayWidth(character);
    if (width + more > columns) {
      lines.push("");
      width = 0;
    }
    lines[lines.length - 1] += character;
    width += more;
  }
  return lines;
}

/** One line per suggestion: its number, the resulting word, and its probability if there is room. */
function drawList({ text, suggestions, chosen }: Editor, columns: number, style: Style): string[] {
  const begun = visible(/\S*$/.exec(text)![0]);
  return suggestions.map((suggestion, i) => {
    const share = columns < 24 ? "" : percent(suggestion.probability).padStart(7);
    const room = columns - 4 - share.length;
    const added = visible(suggestion.text);
    const shown = truncate(/^\s/.test(added) ? added.trimStart() : begun + added, Math.max(1, room));
    const mark = `${i === chosen ? ">" : " "} ${i < 9 ? i + 1 : " "} `;
    const line = `${mark}${shown}${" ".repeat(Math.max(0, room - displayWidth(shown)))}${share}`;
    return i === chosen ? style.bold(truncate(line, columns)) : truncate(line, columns);
  });
}

/** At most three digits: `81 %`, `0.4 %`, `<0.1 %`. */
function percent(probability: number): string {
  const value = 100 * probability;
  return value >= 9.95 ? `${value.toFixed(0)} %` : value >= 0.05 ? `${value.toFixed(1)} %` : "<0.1 %";
}
