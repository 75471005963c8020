/** Texts with marks: stretches shared with the training data, and the words in which two texts differ. */
import { markedParts, type Span } from "../core/marked-parts.ts";
import { type Html, html } from "./html.ts";

/** `text` with `spans` marked; overlapping spans are joined, those outside the text are cut off. */
export const highlight = (text: string, spans: readonly Span[]): Html =>
  html`${markedParts(text, spans).map(({ text, marked }) => (marked ? html`<mark>${text}</mark>` : text))}`;

/** `text` with the words underlined that `other` does not have in the same order. */
export function differences(text: string, other: string): Html {
  const words = text.split(/(\s+)/);
  const theirs = other.split(/\s+/).map(plain);
  const common = inCommon(words.filter((_, i) => i % 2 === 0).map(plain), theirs);
  return html`${words.map((w, i) => (i % 2 === 1 || w === "" || common[i / 2] ? w : html`<u>${w}</u>`))}`;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** For each of `a`, whether it lies on a longest common subsequence with `b`. At most 400 words of each. */
function inCommon(a: readonly string[], b: readonly string[]): readonly boolean[] {
  const n = Math.min(a.length, 400);
  const m = Math.min(b.length, 400);
  // length[i * (m + 1) + j]: longest common subsequence of a[i..n) and b[j..m)
  const length = new Uint16Array((n + 1) * (m + 1));
  const at = (i: number, j: number) => length[i * (m + 1) + j]!;
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      length[i * (m + 1) + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const common = new Array<boolean>(a.length).fill(false);
  for (let i = 0, j = 0; i < n && j < m; ) {
    if (a[i] === b[j]) {
      common[i] = true;
      i++;
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return common;
}
