/** Samples beside the training jokes that begin like them, with the beginning that both share marked. */
import type { Span } from "../core/marked-parts.ts";
import type { AuditedText, CueMatch } from "../evaluate/novelty/auditor.ts";
import {
  type CueRates,
  closestBeginnings,
  cueInWords,
  cueSentences,
  placeInWords,
} from "../evaluate/novelty/finding.ts";
import { shortened } from "../evaluate/novelty/shortened.ts";
import { type FigureOptions, figure, more } from "./figure.ts";
import { highlight } from "./highlight.ts";
import { type Html, html } from "./html.ts";
import { verdictLabel } from "./jokes.ts";

/** Samples that are seen at once, and all that the page has. */
const FIRST = 3;
const MOST = 10;
/** Training jokes beside one sample. */
const BESIDE = 3;

/** The audit of some samples, as far as it tells how they begin. */
interface Beginnings {
  readonly samples: readonly AuditedText[];
  readonly cues?: CueRates | undefined;
}

/** The samples that begin most like training jokes; false where none begins like one. */
export function sameCueFigure(
  { samples, cues }: Beginnings,
  options: Pick<FigureOptions, "id" | "title" | "command" | "folded">,
): Html | false {
  if (samples.every((one) => one.same_cue_count === 0)) return false;
  const each = [...new Map(samples.map((one) => [one.text.trim(), one])).values()];
  const closest = closestBeginnings(each).slice(0, MOST).map(shortened);
  return figure({
    ...options,
    subtitle:
      "What the model wrote, and training jokes with the same cue: the beginning that both share is marked",
    width: "wide",
    content:
      closest.length === 0
        ? html`<p>Each of these beginnings is that of a hundred training jokes or more, so it tells nothing.</p>`
        : html`${pairs(closest.slice(0, FIRST))}${closest.length > FIRST && more(`${closest.length - FIRST} more`, pairs(closest.slice(FIRST)))}`,
    how: `The cue of a text is its beginning: ${samples[0]!.prompt === undefined ? `its first ${cues?.words ?? 3} words` : "the prompt that it was written from"}. ${cues ? `${cueSentences(cues, "jokes")} ` : ""}The longest shared beginning first, of equals the rarest; one that a hundred training jokes have is counted and not shown.`,
  });
}

const pairs = (samples: readonly AuditedText[]): Html =>
  html`<ol class="pairs">${samples.map(
    (one) => html`<li><div><p>${marked(one.text, one.cue_matches[0]!.in_sample)}</p>
<p class="note">${verdictLabel(one)} · ${cueInWords(one, "joke")}</p></div>
<div class="real">${one.cue_matches.slice(0, BESIDE).map(match)}</div></li>
`,
  )}</ol>`;

const match = ({ text, in_text, place }: CueMatch): Html => html`<p>${marked(text, in_text)}</p>
<p class="note">${placeInWords(place)}</p>
`;

/** A joke without the white space around it, and one stretch of it marked. */
function marked(text: string, [start, end]: readonly [number, number]): Html {
  const cut = text.length - text.trimStart().length;
  const span: Span = { start: start - cut, end: end - cut };
  return html`<span class="joke">${highlight(text.trim(), [span])}</span>`;
}
