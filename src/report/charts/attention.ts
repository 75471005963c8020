/** Attention as a picture of one head: a full square where a model reads both ways, else a triangle. */
import type { AttentionMap } from "../../compare/attention.ts";
import { bareToken, percent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { cellPaths, SHADES } from "../script/cells.ts";
import { dataTable } from "../table.ts";

export interface AttentionChart extends AttentionMap {
  readonly id: string;
  readonly model: string;
}

const width = 340;
const margin = { left: 66, top: 62, right: 4, bottom: 4 } as const;
/** Letters of a token in the margin. */
const shown = 8;
/** Tokens that a row of the table names. */
const FIRST = 3;

/** The picture of the head, for the page's script all others, and a table of what each token looks at. */
export function attentionChart({ id, model, layer, head, tokens, weights, heads }: AttentionChart): Html {
  const future = weights.flatMap((row, y) => row.filter((_, x) => x > y));
  const ahead = future.reduce((sum, weight) => sum + weight, 0) / Math.max(1, weights.length);
  const size = (width - margin.left - margin.right) / Math.max(1, tokens.length);
  const place = { left: margin.left, top: margin.top, size };
  const fontSize = Math.round(10 * Math.min(9, Math.max(6, size * 0.8))) / 10;
  const middle = (i: number) => Math.round(10 * (i + 0.5) * size) / 10;
  const across = tokens.map((token, i) => {
    const [x, y] = [margin.left + middle(i), margin.top - 6];
    return html`<text x="${x}" y="${y}" transform="rotate(-90 ${x} ${y})" dy=".32em">${short(token)}</text>`;
  });
  const down = tokens.map(
    (token, i) =>
      html`<text x="${margin.left - 6}" y="${margin.top + middle(i)}" dy=".32em" text-anchor="end">${short(token)}</text>`,
  );
  const stored = heads && {
    ...heads,
    tokens: heads.tokens.map(bareToken),
    drawn: [layer, head],
    place: heads.tokens.length === tokens.length ? place : undefined,
  };
  return html`<div class="attention"${stored && html` data-heads="${JSON.stringify(stored)}"`}><div class="chart"><svg viewBox="0 0 ${width} ${width}" width="${width}" font-size="${fontSize}" fill="currentColor" class="any" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">Attention of ${model}, layer ${layer}, head ${head}</title><desc id="${id}-d">Of each token's attention, ${percent(ahead)} on average goes to tokens after it.</desc><rect class="ground" x="${margin.left}" y="${margin.top}" width="${width - margin.left - margin.right}" height="${width - margin.top - margin.bottom}"/>${cellPaths(
    weights,
    place,
  ).map(
    (d, i) => html`<path class="cells" fill-opacity="${(i + 1) / SHADES}" d="${d}"/>`,
  )}${across}${down}</svg></div>
<details class="values"><summary>What each token looks at</summary>${dataTable<number>({
    caption: `Attention of ${model} in layer ${layer}, head ${head}`,
    columns: [
      { header: "token", cell: (i) => bareToken(tokens[i]!) },
      { header: "looks most at", cell: (i) => strongest(tokens, weights[i]!) },
    ],
    rows: [...tokens.keys()],
  })}</details></div>
`;
}

/** The tokens with the largest weights, in words. */
const strongest = (tokens: readonly string[], row: readonly number[]): string =>
  [...row.keys()]
    .sort((a, b) => row[b]! - row[a]!)
    .slice(0, FIRST)
    .filter((i) => row[i]! > 0)
    .map((i) => `${bareToken(tokens[i]!)} ${percent(row[i])}`)
    .join(", ");

/** A token, shortened for the margin. */
function short(token: string): string {
  const bare = bareToken(token);
  return bare.length > shown + 1 ? `${bare.slice(0, shown)}…` : bare;
}
