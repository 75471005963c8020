/**
 * Tables and small charts for a terminal: plain text, no colour unless a style is passed in, never wider
 * than asked. Control characters in texts (a model may write an escape sequence) are made visible.
 *
 * @example
 * table([{ header: "model" }, { header: "loss", align: "right" }], [["char-lstm", "1.71"]]);
 */

export interface TerminalColumn {
  readonly header: string;
  /** Default `left`. */
  readonly align?: "left" | "right";
  /** Give way first where the table is too wide, by breaking lines between words. Default false. */
  readonly wrap?: boolean;
}

/** Adds colour or weight to one padded piece of text, such as picocolors' functions. */
export type Style = (text: string) => string;

export interface TableStyle {
  /** Columns of the terminal. Default 80. */
  readonly width?: number;
  readonly header?: Style;
  readonly rule?: Style;
}

const gap = 2;

/** Header, a rule, and the rows; lines are joined by `\n`, without one at the end. */
export function table(
  columns: readonly TerminalColumn[],
  rows: readonly (readonly string[])[],
  { width = 80, header = (t) => t, rule = (t) => t }: TableStyle = {},
): string {
  const cells = rows.map((r) => columns.map((_, i) => visible(r[i] ?? "")));
  const natural = columns.map((c, i) =>
    Math.max(textWidth(c.header), ...cells.map((r) => textWidth(r[i]!)), 1),
  );
  const widths = shrink(natural, columns, Math.max(1, width - gap * (columns.length - 1)));
  const line = (parts: readonly string[]) =>
    parts
      .map((p, i) => pad(p, widths[i]!, columns[i]!.align))
      .join(" ".repeat(gap))
      .trimEnd();
  const block = (row: readonly string[]): readonly string[] => {
    const broken = row.map((t, i) => (columns[i]!.wrap ? wrap(t, widths[i]!) : [truncate(t, widths[i]!)]));
    const height = Math.max(1, ...broken.map((b) => b.length));
    return Array.from({ length: height }, (_, k) => line(broken.map((b) => b[k] ?? "")));
  };
  const total = widths.reduce((a, b) => a + b, 0) + gap * (columns.length - 1);
  return [
    ...block(columns.map((c) => c.header)).map(header),
    rule("─".repeat(total)),
    ...cells.flatMap(block),
  ].join("\n");
}

/** Takes what is too much from the widest columns, those that wrap first; none gets under its least. */
function shrink(
  natural: readonly number[],
  columns: readonly TerminalColumn[],
  room: number,
): readonly number[] {
  const widths = [...natural];
  const total = () => widths.reduce((a, b) => a + b, 0);
  for (const [least, may] of [
    [16, (i: number) => columns[i]!.wrap === true],
    [6, () => true],
    [1, () => true],
  ] as const) {
    while (total() > room) {
      let widest = -1;
      for (let i = 0; i < widths.length; i++) {
        if (may(i) && widths[i]! > least && (widest < 0 || widths[i]! > widths[widest]!)) widest = i;
      }
      if (widest < 0) break;
      widths[widest]! -= 1;
    }
  }
  return widths;
}

/** Text with its control characters as `\x1b`; line feeds and tabs become spaces. */
export function visible(text: string): string {
  return text.replace(/[\n\t\r]+/g, " ").replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (c) => {
    const code = c.codePointAt(0)!.toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code}`;
  });
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const wide =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}|^.\ufe0f/u;
const nothing = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

/** Columns that `text` takes up: 2 for East Asian wide letters and emoji, 0 for marks alone. */
export function textWidth(text: string): number {
  let n = 0;
  for (const { segment } of segmenter.segment(text)) {
    n += nothing.test(segment) ? 0 : wide.test(segment) ? 2 : 1;
  }
  return n;
}

/** `text` in at most `width` columns; what is cut off is replaced by `…`. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = "";
  let n = 0;
  for (const { segment } of segmenter.segment(text)) {
    const own = textWidth(segment);
    if (n + own > width - 1) break;
    kept += segment;
    n += own;
  }
  return `${kept}…`;
}

/** Lines of at most `width` columns, broken between words; a word longer than a line is broken inside. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/ +/)) {
    let rest = word;
    if (line !== "" && textWidth(line) + 1 + textWidth(rest) <= width) {
      line += ` ${rest}`;
      continue;
    }
    if (line !== "") lines.push(line);
    while (textWidth(rest) > width) {
      let piece = "";
      for (const { segment } of segmenter.segment(rest)) {
        if (piece !== "" && textWidth(piece + segment) > width) break;
        piece += segment;
      }
      lines.push(piece);
      rest = rest.slice(piece.length);
    }
    line = rest;
  }
  lines.push(line);
  return lines;
}

function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const room = " ".repeat(Math.max(0, width - textWidth(text)));
  return align === "right" ? room + text : text + room;
}
