/** Audited texts on a page: lists of jokes with their verdicts. */
import type { AuditedText } from "../evaluate/novelty/auditor.ts";
import { CLOSE, type Likeness, likenessOf } from "../evaluate/novelty/finding.ts";
import { type FigureOptions, figure } from "./figure.ts";
import { percent } from "./format.ts";
import { highlight } from "./highlight.ts";
import { type Html, html } from "./html.ts";

/** Characters of a text that a page shows. */
const SHOWN = 1200;

/** The sample with long texts cut, and an ellipsis at their ends. */
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

const words: Readonly<Record<Likeness, string>> = {
  new: "New",
  close: "Close",
  known: "Elsewhere in the source",
  copy: "Copy",
};

/** `New`, `Close` or `Copy`, with the similarity of the nearest training joke. */
export function verdictLabel(sample: AuditedText): Html {
  const verdict = likenessOf(sample);
  const nearest = sample.nearest[0];
  return html`<span class="verdict ${verdict}">${words[verdict]}</span>${nearest && html` <span class="quiet">nearest ${percent(nearest.similarity)} alike</span>`}`;
}

/** The joke with its shared stretches marked. */
export function joke(sample: AuditedText): Html {
  return html`<span class="joke">${highlight(sample.text.trim(), shifted(sample))}</span>`;
}

/** The spans of the text without its leading white space. */
function shifted(sample: AuditedText) {
  const cut = sample.text.length - sample.text.trimStart().length;
  return sample.spans.map((s) => ({ start: s.start - cut, end: s.end - cut }));
}

/** Jokes by sampling temperature. */
export type JokeGroups = readonly {
  readonly temperature: number;
  readonly samples: readonly AuditedText[];
}[];

/**
 * A model's jokes, one column per temperature.
 * @param close says what a close joke is, by the least similarity
 */
export function jokesFigure(
  groups: JokeGroups,
  {
    close,
    ...texts
  }: Pick<FigureOptions, "id" | "title" | "subtitle" | "command"> & { close(alike: string): string },
): Html | false {
  return (
    groups.length > 0 &&
    figure({
      ...texts,
      width: "wide",
      content: sampleColumns(
        groups.map(({ temperature, samples }) => ({ title: `Temperature ${temperature}`, samples })),
      ),
      how: `Not picked out: the first of each temperature with this seed. Marked: stretches of five words or more that are word for word in the training data. ${close(`${CLOSE * 100} %`)}`,
    })
  );
}

/** One column per group of samples, under its title; each text with its verdict and its nearest real one. */
export function sampleColumns(
  groups: readonly { readonly title: string; readonly samples: readonly AuditedText[] }[],
): Html {
  return html`<div class="columns">${groups.map(
    ({ title, samples }) => html`<section class="column" aria-label="${title}">
<h4>${title} <span class="quiet">${tally(samples)}</span></h4>
<ol class="jokes">${samples.map(shortened).map(
      (s) => html`<li><p>${joke(s)}</p>
<p class="note">${verdictLabel(s)}${s.nearest[0] && html`<span class="nearest">${s.nearest[0].text.trim()}</span>`}</p></li>
`,
    )}</ol></section>
`,
  )}</div>`;
}

function tally(samples: readonly AuditedText[]): string {
  const fresh = samples.filter((s) => likenessOf(s) === "new").length;
  return `${fresh} of ${samples.length} new`;
}
