/** Audited texts on a page: lists of jokes with their verdicts. */
import type { AuditedText } from "../evaluate/novelty/auditor.ts";
import { CLOSE, likenessInWords, likenessOf, tellingNearest } from "../evaluate/novelty/finding.ts";
import { shortened } from "../evaluate/novelty/shortened.ts";
import { type FigureOptions, figure, more, noteOnce } from "./figure.ts";
import { percent } from "./format.ts";
import { highlight } from "./highlight.ts";
import { type Html, html } from "./html.ts";

/** `New`, `Close` or `Copy`, with the similarity of the nearest training joke where that tells something. */
export function verdictLabel(sample: AuditedText): Html {
  const verdict = likenessOf(sample);
  const nearest = tellingNearest(sample);
  return html`<span class="verdict ${verdict}">${likenessInWords[verdict]}</span>${nearest && html` <span class="quiet">nearest ${percent(nearest.similarity)} alike</span>`}`;
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

/** A model's jokes, one column per temperature. */
export function jokesFigure(
  groups: JokeGroups,
  texts: Pick<FigureOptions, "id" | "title" | "subtitle" | "command" | "folded">,
): Html | false {
  return (
    groups.length > 0 &&
    figure({
      ...texts,
      width: "wide",
      content: sampleColumns(
        groups.map(({ temperature, samples }) => ({ title: `Temperature ${temperature}`, samples })),
      ),
      how: "The first of each temperature with this seed; nothing was picked out.",
    })
  );
}

interface SampleGroup {
  readonly title: string;
  readonly samples: readonly AuditedText[];
}

/** Texts of a group that are seen without asking for more. */
const FIRST = 3;

/** What the marks of audited texts mean, once on a page. */
export const marksNote = (): Html =>
  noteOnce(
    html`<mark>Marked</mark>: five words or more that are word for word in the training data. “Close”: the nearest training text is at least ${CLOSE * 100} % alike. “Copy”: the text is in the training data, whole or nearly so.`,
  );

/** One column per group of samples, under its title; each text with its verdict, and its nearest real one where that tells something. */
export function sampleColumns(groups: readonly SampleGroup[]): Html {
  const part = (from: number, to?: number) =>
    groups.map(({ title, samples }) => ({ title, samples: samples.slice(from, to), from }));
  const rest = Math.max(0, ...groups.map(({ samples }) => samples.length - FIRST));
  const tallies = groups.map(({ samples }) => tally(samples));
  return html`${columns(part(0, FIRST), tallies)}${
    rest > 0 && more(`${rest} more${groups.length > 1 ? " of each" : ""}`, columns(part(FIRST)))
  }${marksNote()}`;
}

/** The nearest training joke, where it tells something. */
function nearestText(sample: AuditedText): Html | false {
  const nearest = tellingNearest(sample);
  return nearest !== undefined && html`<span class="nearest">${nearest.text.trim()}</span>`;
}

function columns(
  groups: readonly (SampleGroup & { readonly from: number })[],
  tallies: readonly string[] = [],
): Html {
  return html`<div class="columns">${groups.map(
    ({ title, samples, from }, i) => html`<div class="column" role="group" aria-label="${title}">
<h4>${title} ${tallies[i] !== undefined && html`<span class="quiet">${tallies[i]}</span>`}</h4>
<ol class="jokes" start="${from + 1}">${samples.map(shortened).map(
      (s) => html`<li><p>${joke(s)}</p>
<p class="note">${verdictLabel(s)}${nearestText(s)}</p></li>
`,
    )}</ol></div>
`,
  )}</div>`;
}

function tally(samples: readonly AuditedText[]): string {
  const fresh = samples.filter((s) => likenessOf(s) === "new").length;
  return `${fresh} of ${samples.length} new`;
}
