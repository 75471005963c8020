/** Windows of a training for a terminal: each token in a column, what is read above what is learned. */
import { printable, visibleToken, whiteSpaceSigns } from "../../core/printable.ts";
import type { TrainingWindow } from "../../data/batches/window.ts";
import type { Context } from "../context.ts";
import { displayWidth, pad, truncate, wrap } from "./layout.ts";
import { printProse, printTitle, readable } from "./print.ts";
import type { Style } from "./terminal.ts";

/** Blocks of a window that are printed: these first ones, and the last. */
const FIRST_BLOCKS = 6;
/** Columns of the labels before a line. */
const LABELS = 3;

const meanings: Readonly<Record<string, string>> = { " ": "a space", "\n": "a line break", "\t": "a tab" };

export function printWindows(
  ctx: Context,
  windows: readonly TrainingWindow[],
  { model, unit }: { readonly model: string; readonly unit: string },
): void {
  const width = readable(ctx);
  const [first] = windows;
  if (!first) return;
  printTitle(ctx, "Windows");
  const { predicts } = first;
  const learned = {
    each: "y what it learns to predict at each place, which is the token that follows",
    last: "y what it learns to predict, the one token that follows the window",
    masked: "y what it learns to predict, the tokens that were hidden from it or changed",
  }[predicts];
  printProse(
    ctx,
    `What ${model} reads: rows of ${first.ids.length} ${unit}. x is what it reads, with ids; ${learned}.`,
    width,
  );
  const signs = legend(windows);
  if (signs !== "") printProse(ctx, signs, width);
  for (const window of windows) ctx.print(`\n${windowLines(window, width, ctx.style).join("\n")}`);
}

/** What the signs among these windows mean. */
function legend(windows: readonly TrainingWindow[]): string {
  const pieces = new Set(
    windows.flatMap(({ pieces, label_pieces }) => [...pieces, ...label_pieces]).join(""),
  );
  const learnsAll = windows.every((window) => usedLabels(window).every((label) => label !== null));
  const several = windows.some(({ documents }) => documents.length > 1);
  const found = [
    ...Object.entries(meanings)
      .filter(([letter]) => pieces.has(letter))
      .map(([letter, meaning]) => `${whiteSpaceSigns[letter]} is ${meaning}`),
    ...(learnsAll ? [] : ["· a place where nothing is learned"]),
    ...(several
      ? [
          windows[0]!.kind === "blocks"
            ? "│ separates texts that do not see each other"
            : "at │ a text begins, and the state starts over",
        ]
      : []),
  ];
  return found.length > 0 ? `${found.join("; ")}.` : "";
}

const used = ({ documents }: TrainingWindow): number => documents.at(-1)?.[1] ?? 0;
const usedLabels = (window: TrainingWindow) => window.labels.slice(0, used(window));

/** A window in lines of at most `width` columns. */
export function windowLines(window: TrainingWindow, width: number, style: Style): string[] {
  const { ids, text } = window;
  const aside = (sentence: string) => wrap(sentence, width - 4).map((line) => `    ${style.dim(line)}`);
  const lines = wrap(heading(window), width).map((line) => style.bold(line));
  lines.push(...aside(truncate(visibleText(text), 3 * (width - 4))));
  const blocks = blocksOf(columnsOf(window, width - LABELS - 1), width - LABELS);
  const cut = blocks.length > FIRST_BLOCKS + 2;
  const shown = cut ? [...blocks.slice(0, FIRST_BLOCKS), blocks.at(-1)!] : blocks;
  for (const [i, block] of shown.entries()) {
    if (cut && i === FIRST_BLOCKS) {
      const left = blocks.slice(FIRST_BLOCKS, -1).reduce((n, { length }) => n + length, 0);
      lines.push("", ...aside(`… ${left} more; --json has all …`));
    }
    lines.push("", ...blockLines(block, style));
  }
  const padding = ids.length - used(window);
  if (padding > 0) {
    const sentence = `then ${padding} ${padding === 1 ? "place" : "places"} of padding, where nothing is learned`;
    lines.push("", ...aside(sentence));
  }
  return lines;
}

function heading({ kind, batch, row, rows, continues, documents }: TrainingWindow): string {
  const place = `Batch ${batch + 1}, ${kind === "stream" ? "lane" : "row"} ${row + 1} of ${rows}`;
  const texts = documents.length === 1 ? "one text, or a part of one" : `${documents.length} texts`;
  const how = {
    stream: continues ? "the state goes on from the batch before" : "the state starts from zeros",
    shuffled: "a window by itself",
    blocks: texts,
    none: texts,
  }[kind];
  return `${place}: ${how}`;
}

/** On one line of words: line breaks and tabs as signs, spaces as they are. */
const visibleText = (text: string): string =>
  printable(text.replace(/[\n\t]/g, (letter) => whiteSpaceSigns[letter]!));

interface Column {
  readonly cells: readonly [x: string, xId: string, y: string, yId: string];
  readonly width: number;
  /** Whether a stretch begins here that does not see what is before. */
  readonly opens: boolean;
  readonly learned: boolean;
  /** Whether what is learned is not what follows. */
  readonly hidden: boolean;
}

function columnsOf(window: TrainingWindow, most: number): Column[] {
  const { ids, pieces, labels, label_pieces, documents, predicts } = window;
  const opening = new Set(documents.slice(1).map(([first]) => first));
  return Array.from({ length: used(window) }, (_, t) => {
    const label = labels[t] ?? null;
    const learned = label !== null;
    const cells = [
      truncate(visibleToken(pieces[t]!), most),
      String(ids[t]),
      learned ? truncate(visibleToken(label_pieces[t]!), most) : "·",
      learned ? String(label) : "",
    ] as const;
    return {
      cells,
      width: Math.max(...cells.map(displayWidth)),
      opens: opening.has(t),
      learned,
      hidden: predicts === "masked" && learned,
    };
  });
}

/** As many columns beside each other as fit. */
function blocksOf(columns: readonly Column[], width: number): Column[][] {
  const blocks: Column[][] = [];
  let room = 0;
  for (const column of columns) {
    if (blocks.length === 0 || column.width + 1 > room) {
      blocks.push([]);
      room = width;
    }
    blocks.at(-1)!.push(column);
    room -= column.width + 1;
  }
  return blocks;
}

function blockLines(block: readonly Column[], style: Style): string[] {
  const styles = [
    ({ hidden }: Column) => (hidden ? style.yellow : String),
    () => style.dim,
    ({ learned }: Column) => (learned ? style.green : style.dim),
    () => style.dim,
  ];
  // Where nothing is learned there are no ids.
  const filled = block.some(({ learned }) => learned) ? styles : styles.slice(0, 3);
  return filled.map((styleOf, line) => {
    const label = pad({ 0: "  x", 2: "  y" }[line] ?? "", LABELS);
    const cells = block.map((column) => {
      const gap = column.opens ? style.dim("│") : " ";
      return gap + styleOf(column)(pad(column.cells[line]!, column.width));
    });
    return `${style.bold(label)}${cells.join("")}`.trimEnd();
  });
}
