/** Texts whose every character (or piece of a word) says how likely it was, and what the model would rather have written. */
import { visibleToken } from "../core/printable.ts";
import type { TokenChoice } from "../evaluate/choices.ts";
import { type FigureOptions, figure } from "./figure.ts";
import { percent } from "./format.ts";
import { type Html, html } from "./html.ts";
import { dataTable, numbers } from "./table.ts";

export interface ReadText {
  /** What the text is, and for what model: "a test joke, which it never saw". */
  readonly label: string;
  readonly tokens: readonly TokenChoice[];
}

/** The least probability of each shade, from the palest. */
const shades = [0.5, 0.2, 0.05, 0.01] as const;

export function lettersFigure(
  texts: readonly ReadText[] = [],
  {
    unit,
    how,
    ...rest
  }: Pick<FigureOptions, "id" | "title" | "how" | "command" | "folded"> & { unit: string },
): Html | false {
  return (
    texts.length > 0 &&
    figure({
      ...rest,
      subtitle: `The redder, the less likely each ${unit} was to the model; choose one to see the likeliest in its place, and in red what is written`,
      content: html`<div class="letters">${texts.map((text) => readText(text, unit))}</div>`,
      how,
    })
  );
}

function readText({ label, tokens }: ReadText, unit: string): Html {
  return html`<div class="letter-text" role="group" aria-label="${label}" data-at="${telling(tokens)}"><p class="note">${label}</p>
<p class="said"><span class="each" aria-hidden="true">${tokens.map(
    ({ token, probability }) => html`<span class="s${shadeOf(probability)}">${token}</span>`,
  )}</span><span class="unseen">${tokens.map(({ token }) => token).join("")}</span></p>
<details class="values"><summary>The numbers</summary>${dataTable<TokenChoice>({
    caption: `Each ${unit} of ${label}, its probability, and the likeliest in its place`,
    columns: [
      { header: unit, cell: ({ token }) => visible(token) },
      numbers("probability", ({ probability }) => percent(probability)),
      {
        header: "likeliest in its place",
        cell: ({ instead }) =>
          html`${instead.map((one) => html`<b>${visible(one.token)}</b> ${percent(one.probability)} `)}`,
      },
    ],
    rows: tokens,
  })}</details></div>
`;
}

/** Where the model expected something else most surely. */
function telling(tokens: readonly TokenChoice[]): number {
  const missed = tokens.map(({ probability, instead }) => (instead[0]?.probability ?? 0) - probability);
  return missed.indexOf(Math.max(...missed));
}

const shadeOf = (probability: number): number => {
  const at = shades.findIndex((least) => probability >= least);
  return at < 0 ? shades.length : at;
};

/** A token as it is shown alone; empty is the end of a text. */
export const visible = (token: string): string => (token === "" ? "(end)" : visibleToken(token));
