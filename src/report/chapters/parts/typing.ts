/** Predictive typing: what the model suggests while one types, and how many keys that saves. */
import { figure } from "../../figure.ts";
import { count, milliseconds, percent } from "../../format.ts";
import { type Html, html } from "../../html.ts";

export interface TypingData {
  /** Text typed so far and the completion shown in grey. */
  readonly examples: readonly {
    readonly typed: string;
    readonly completion: string;
    readonly probability: number;
  }[];
  /** Keys saved per character typed; one key accepts a suggestion. */
  readonly keystrokes_saved: number;
  readonly top1: number;
  readonly top3: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  /** Held-out jokes typed. */
  readonly jokes: number;
  readonly command: string;
}

export function typingSection(data: TypingData): Html {
  return figure({
    id: "typing",
    title: `As a keyboard, it saves ${percent(data.keystrokes_saved)} of the keys`,
    subtitle: "Typed in black, suggested in grey",
    content: html`<ul class="typing">${data.examples.map(
      (e) =>
        html`<li><span class="typed">${e.typed}</span><span class="completion">${e.completion}</span> <span class="quiet">${percent(e.probability)}</span></li>`,
    )}</ul>
<p class="note">The next word is its first suggestion in ${percent(data.top1)} of cases and among the first three in ${percent(data.top3)}. It answers in ${milliseconds(data.p50_ms)} (median) and ${milliseconds(data.p95_ms)} (95th percentile).</p>`,
    measured: {
      how: `Measured by typing ${count(data.jokes)} held-out jokes, one key to accept a suggestion.`,
      command: data.command,
    },
  });
}
