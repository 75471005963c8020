/** Windows that a training reads, a column for each token: what is read above what is learned there. */
import { visibleToken } from "../core/printable.ts";
import type { TrainingWindow } from "../train/windows.ts";
import { type FigureOptions, figure } from "./figure.ts";
import { type Html, html } from "./html.ts";

/** @param windows of one lane, each of which goes on where the one before ended */
export const windowsFigure = (
  windows: readonly TrainingWindow[],
  texts: Pick<FigureOptions, "id" | "title" | "subtitle" | "command" | "folded">,
): Html | false =>
  windows.length > 0 &&
  figure({
    ...texts,
    content: windows.map(windowList),
    how: "Read off the batches of the training, the first row of each. ␣ is a space, ⏎ the end of a text, before which the state of the network starts over.",
  });

function windowList({ pieces, ids, labels, label_pieces, documents, continues }: TrainingWindow): Html {
  const opening = new Set(documents.slice(1).map(([first]) => first));
  const learned = (t: number): Html =>
    labels[t] === null || labels[t] === undefined
      ? html`<b class="quiet">·</b><i></i>`
      : html`<b>${visibleToken(label_pieces[t]!)}</b><i>${labels[t]}</i>`;
  return html`<p class="note">${continues ? "The next batch, where the state goes on:" : "A first batch, where the state starts from zeros:"}</p>
<ol class="window"><li class="labels"><span>reads</span><i>id</i><b>learns</b><i>id</i></li>${pieces.map(
    (piece, t) =>
      html`<li${opening.has(t) && html` class="opens"`}><span>${visibleToken(piece)}</span><i>${ids[t]}</i>${learned(t)}</li>`,
  )}</ol>
`;
}
