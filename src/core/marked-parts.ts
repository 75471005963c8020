/** A text in parts, of which some are marked. */

/** A stretch of a text, in UTF-16 offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface MarkedPart {
  readonly text: string;
  readonly marked: boolean;
}

/** The parts of `text` in their order; overlapping spans are joined, those outside the text are cut off. */
export function markedParts(text: string, spans: readonly Span[]): MarkedPart[] {
  const sorted = spans
    .map((s) => ({ start: Math.max(0, s.start), end: Math.min(text.length, s.end) }))
    .filter((s) => s.start < s.end)
    .sort((a, b) => a.start - b.start);
  const parts: MarkedPart[] = [];
  let at = 0;
  for (let i = 0; i < sorted.length; ) {
    const start = sorted[i]!.start;
    let end = sorted[i]!.end;
    while (++i < sorted.length && sorted[i]!.start <= end) end = Math.max(end, sorted[i]!.end);
    parts.push(
      { text: text.slice(at, start), marked: false },
      { text: text.slice(start, end), marked: true },
    );
    at = end;
  }
  parts.push({ text: text.slice(at), marked: false });
  return parts.filter((part) => part.text !== "");
}
