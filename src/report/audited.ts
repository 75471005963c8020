/** Audited texts as a page shows them. */
import type { AuditedText } from "../evaluate/novelty/auditor.ts";

/** Characters of a text that a page shows. */
const SHOWN = 1200;

/** The sample with what a page would not show cut off, and its texts ended by an ellipsis there. */
export function shortened(sample: AuditedText): AuditedText {
  const cut = (text: string) => (text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`);
  const { text, nearest, same_cue } = sample;
  if (text.length <= SHOWN && nearest.every((n) => n.text.length <= SHOWN)) return sample;
  return {
    ...sample,
    text: cut(text),
    nearest: nearest.map((n) => ({ ...n, text: cut(n.text) })),
    same_cue: same_cue.map(cut),
    spans: sample.spans.filter(({ start }) => start < SHOWN),
  };
}
