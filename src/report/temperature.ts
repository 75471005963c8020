/** What temperature does to the choice of the next character: stored probabilities, computed again in the page. */
import type { NextToken } from "../evaluate/choices.ts";
import { type FigureOptions, figure } from "./figure.ts";
import { percent } from "./format.ts";
import { type Html, html } from "./html.ts";
import { visible } from "./letters.ts";
import { tempered } from "./script/tempered.ts";
import { dataTable, numbers } from "./table.ts";

/** Those of the table, which a reader without the page's script sees. */
const temperatures = [0.5, 1, 1.5] as const;
/** Tokens of the table. */
const SHOWN = 8;

export function temperatureFigure(
  next: readonly NextToken[] = [],
  texts: Pick<FigureOptions, "id" | "how" | "command" | "folded">,
): Html | false {
  if (next.length === 0) return false;
  const stored = next.map(({ beginning, tokens, logProbabilities }) => ({
    beginning: named(beginning),
    tokens: tokens.map(visible),
    logs: logProbabilities,
  }));
  return figure({
    ...texts,
    title: "What temperature does",
    subtitle: "The likeliest next characters after a beginning: low temperatures make the likely likelier",
    content: html`<div class="temperature" data-next="${JSON.stringify(stored)}"><div class="values">${next.map(table)}</div></div>`,
  });
}

const named = (beginning: string): string =>
  beginning === "" ? "nothing, as the first character" : `“${beginning}”`;

function table({ beginning, tokens, logProbabilities }: NextToken): Html {
  const columns = temperatures.map((t) => ({ t, shares: tempered(logProbabilities, t) }));
  return dataTable<number>({
    caption: `What comes after ${named(beginning)}`,
    columns: [
      { header: "next", cell: (i) => visible(tokens[i]!) },
      ...columns.map(({ t, shares }) => numbers(`temperature ${t}`, (i: number) => percent(shares[i]))),
    ],
    rows: [...tokens.keys()].slice(0, SHOWN),
  });
}
