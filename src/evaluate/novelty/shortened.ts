/** Audited texts for pages. */
import type { AuditedText } from "./auditor.ts";

/** Characters of a text that a page shows. */
const SHOWN = 1200;

/** The sample with long texts cut, and an ellipsis at their ends. */
export function shortened(sample: AuditedText): AuditedText {
  const cut = (text: string) => (text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`);
  const { text, nearest, same_cue, cue_matches } = sample;
  if ([text, ...same_cue, ...nearest.map((n) => n.text)].every((one) => one.length <= SHOWN)) return sample;
  return {
    ...sample,
    text: cut(text),
    nearest: nearest.map((n) => ({ ...n, text: cut(n.text) })),
    same_cue: same_cue.map(cut),
    cue_matches: cue_matches.map((one) => ({ ...one, text: cut(one.text) })),
    spans: sample.spans.filter(({ start }) => start < SHOWN),
  };
}
