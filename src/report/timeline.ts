/** Samples during training, each with the step, the time and the loss at which it was written. */
import type { LogRow, SampleRow } from "../train/events.ts";
import { type FigureOptions, figure } from "./figure.ts";
import { count, duration, nats } from "./format.ts";
import { type Html, html } from "./html.ts";

/** At most `most` samples: the first, the last, and those whose steps grow most evenly between them. */
export function spread(samples: readonly SampleRow[], most: number): readonly SampleRow[] {
  if (samples.length <= most) return samples;
  const sorted = [...samples].sort((a, b) => a.step - b.step);
  const kept = new Set<SampleRow>();
  // Early training changes fastest, so the samples are spread evenly over the square root of the position.
  for (let i = 0; i < most; i++) {
    kept.add(sorted[Math.round((i / (most - 1)) ** 2 * (sorted.length - 1))]!);
  }
  for (const s of sorted) if (kept.size < most) kept.add(s);
  return sorted.filter((s) => kept.has(s));
}

/** The samples of a training, where there are any; `log` has the time and the loss nearest to each sample's step. */
export function timelineFigure(
  samples: readonly SampleRow[],
  log: readonly LogRow[],
  texts: Pick<FigureOptions, "id" | "title" | "subtitle" | "command" | "folded">,
): Html | false {
  const how =
    "Sampled during training with the same settings each time; the losses are those of the validation split.";
  return samples.length > 0 && figure({ ...texts, content: timeline(samples, log), how });
}

/** Samples that are shown. */
const SHOWN = 5;
/** Characters of each. */
const LONGEST = 120;

function timeline(samples: readonly SampleRow[], log: readonly LogRow[]): Html {
  return html`<ol class="timeline">${spread(samples, SHOWN).map((s) => {
    const row = nearestRow(log, s.step);
    return html`<li><p class="when"><b>Step ${count(s.step)}</b>${row && html`<span>${duration(row.seconds)}</span><span>${nats(row.val_loss ?? row.loss)}</span>`}</p>
<p class="said">${cut(s.text.trim())}</p></li>
`;
  })}</ol>`;
}

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

const nearestRow = (log: readonly LogRow[], step: number): LogRow | undefined =>
  log.toSorted((a, b) => Math.abs(a.step - step) - Math.abs(b.step - step))[0];
