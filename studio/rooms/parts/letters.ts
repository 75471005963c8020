/** Letters of a text that a model wrote, as they are shown. */

/** The rarer, the warmer: 0 at certain, 60 % where it was one in e^4 and rarer. */
export const heat = (probability: number): string =>
  `${Math.min(60, Math.max(0, -Math.log(probability) * 15)).toFixed(0)}%`;
export const percent = (probability: number): string =>
  probability > 0 && probability < 0.001 ? "<0.1 %" : `${(100 * probability).toFixed(1)} %`;
export const visible = ({ text, end }: { readonly text: string; readonly end: boolean }): string =>
  end ? "(end)" : text.replaceAll(" ", "␣").replaceAll("\n", "⏎");

/** Letters that stay on one line: a longer word has to break on a telephone. */
const TOGETHER = 14;

/** Pieces of a text in groups that no line break parts: its words, each with the white space after it. */
export function together<T extends { readonly text: string }>(
  pieces: readonly T[],
): readonly (readonly T[])[] {
  const groups: T[][] = [];
  let length = 0;
  let before = " ";
  for (const piece of pieces) {
    length += piece.text.length;
    if (/\s$/.test(before) || /^\s+\S/.test(piece.text) || length > TOGETHER) {
      groups.push([]);
      length = piece.text.length;
    }
    groups.at(-1)!.push(piece);
    before = piece.text;
  }
  return groups;
}
