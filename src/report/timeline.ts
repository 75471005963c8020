/** Samples during training, each with the step, the time and the loss at which it was written. */
import type { LogRow, SampleRow } from "../train/events.ts";
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

/** An ordered list; `log` supplies the time and the loss nearest to each sample's step. */
export function timeline(samples: readonly SampleRow[], log: readonly LogRow[]): Html {
  return html`<ol class="timeline">${spread(samples, 9).map((s) => {
    const row = nearestRow(log, s.step);
    return html`<li><p class="when"><b>Step ${count(s.step)}</b>${row && html`<span>${duration(row.seconds)}</span><span>${nats(row.val_loss ?? row.loss)}</span>`}</p>
<p class="said">${s.text.trim().slice(0, 320)}</p></li>
`;
  })}</ol>`;
}

function nearestRow(log: readonly LogRow[], step: number): LogRow | undefined {
  let best: LogRow | undefined;
  for (const row of log) {
    if (best === undefined || Math.abs(row.step - step) < Math.abs(best.step - step)) best = row;
  }
  return best;
}
