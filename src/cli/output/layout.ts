/** Text layout for a terminal: display width, wrapping, aligned terms. */
import { stripVTControlCharacters } from "node:util";

/** Text in which each code unit takes one column. */
const plain = /^[\x20-\x7e]*$/;
const wide =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}|^.\ufe0f/u;
const nothing = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

/** Columns of `text`: styles and marks take none, wide East Asian letters and emoji two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const letter of letters(text)) width += letterWidth(letter);
  return width;
}

/** Graphemes, without styles. Creating a segmenter takes 10 ms, so only text that needs one does. */
function* letters(text: string): Generator<string> {
  const bare = stripVTControlCharacters(text);
  if (plain.test(bare)) yield* bare;
  else
    for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(bare))
      yield segment;
}

const letterWidth = (letter: string): number => (nothing.test(letter) ? 0 : wide.test(letter) ? 2 : 1);

/** `text`, cut with an ellipsis if it is wider than `width` columns. A cut text loses its styles. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const letter of letters(text)) {
    used += letterWidth(letter);
    if (used > width) break;
    kept += letter;
  }
  return `${kept.trimEnd()}…`;
}

/**
 * Lines of at most `width` columns, broken at spaces, and inside words that are longer than a line. Keeps newlines,
 * and turns no-break spaces into spaces.
 */
export function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (displayWidth(longer) <= width) {
        line = longer;
        continue;
      }
      if (line !== "") lines.push(line);
      const pieces = breakWord(word, width);
      lines.push(...pieces.slice(0, -1));
      line = pieces.at(-1)!;
    }
    return [...lines, line].map((done) => done.replaceAll("\u00a0", " "));
  });
}

/** A sentence wrapped between words; unchanged if a word, such as a path, is longer than a line. */
export const fitted = (text: string, columns: number): string =>
  text.split(/\s/).every((word) => displayWidth(word) <= columns) ? wrap(text, columns).join("\n") : text;

/** A word in pieces of at most `width` columns, but at least one letter. */
function breakWord(word: string, width: number): string[] {
  if (displayWidth(word) <= width) return [word];
  const pieces = [""];
  for (const letter of letters(word)) {
    const last = pieces.at(-1)!;
    if (last !== "" && displayWidth(last + letter) > width) pieces.push(letter);
    else pieces[pieces.length - 1] = last + letter;
  }
  return pieces;
}

export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const spaces = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "right" ? spaces + text : text + spaces;
}

/** Terms with their explanations to the right; an overlong term gets a line of its own. */
export function definitions(
  items: readonly (readonly [term: string, explanation: string])[],
  columns: number,
  { indent = 2, termWidth = termWidthOf(items, columns) } = {},
): string[] {
  const gap = indent + termWidth + 2;
  return items.flatMap(([term, explanation]) => {
    const lines = wrap(explanation, Math.max(20, columns - gap));
    const rest = lines.map((line) => " ".repeat(gap) + line);
    if (displayWidth(term) > termWidth) return [" ".repeat(indent) + term, ...rest];
    return [`${" ".repeat(indent)}${pad(term, termWidth)}  ${lines[0] ?? ""}`.trimEnd(), ...rest.slice(1)];
  });
}

/** The width of the terms' column: that of the widest, among those within 40 % of the line. */
export function termWidthOf(items: readonly (readonly [string, string])[], columns: number): number {
  const limit = Math.floor(columns * 0.4);
  return Math.max(0, ...items.map(([term]) => displayWidth(term)).filter((width) => width <= limit));
}
