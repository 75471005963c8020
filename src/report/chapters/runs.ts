/** Chapter: several runs side by side, under the same measures of real jokes. */
import { defineChapter } from "../chapter.ts";
import { repeat } from "../figure.ts";
import { bits, bytes, compact, count, decimal, percent, rate } from "../format.ts";
import { html } from "../html.ts";
import { type Column, dataTable } from "../table.ts";

/** Measures of a set of texts; a measure that cannot be had for a row is left out. */
export interface RunMeasures {
  readonly name: string;
  readonly bits_per_byte?: number;
  readonly bits_per_character?: number;
  readonly perplexity?: number;
  /** Distinct n-grams among all n-grams, n = 1, 2, 3. */
  readonly distinct?: readonly [number, number, number];
  readonly self_bleu?: number;
  /** Share of words that stand in a repeated run. */
  readonly repetition?: number;
  /** Mean length in characters. */
  readonly length?: number;
  /** Share of samples that ended by themselves. */
  readonly ended?: number;
  /** Share of words that the data's vocabulary has. */
  readonly real_words?: number;
  /** Distinct words of the samples. */
  readonly vocabulary?: number;
  readonly mauve?: number;
  /** Share of samples that are copies. */
  readonly copies?: number;
  readonly tokens_per_s?: number;
  readonly parameters?: number;
  readonly bytes?: number;
}

export interface RunsData {
  /** The same measures of held-out real jokes. */
  readonly reference: RunMeasures;
  readonly runs: readonly RunMeasures[];
  /** Number of samples a run, and the encoder of MAUVE. */
  readonly how: string;
  readonly command: string;
}

type Cells = readonly (readonly [header: string, cell: (m: RunMeasures) => string, explained: string])[];

const groups: readonly { readonly caption: string; readonly cells: Cells }[] = [
  {
    caption: "How well it predicts held-out jokes",
    cells: [
      ["Bits/char.", (m) => decimal(m.bits_per_character, 3), "lower is better"],
      ["Bits/byte", (m) => decimal(m.bits_per_byte, 3), "lower is better; comparable whatever the tokens"],
      ["Perplexity", (m) => decimal(m.perplexity, 2), "per token; not comparable between kinds of token"],
    ],
  },
  {
    caption: "What it writes",
    cells: [
      ["Distinct-1", (m) => percent(m.distinct?.[0]), "share of words that are different"],
      ["Distinct-2", (m) => percent(m.distinct?.[1]), "of word pairs"],
      ["Distinct-3", (m) => percent(m.distinct?.[2]), "of word triples"],
      ["Self-BLEU", (m) => decimal(m.self_bleu, 2), "how alike the jokes are; lower is more varied"],
      ["Repeats", (m) => percent(m.repetition), "words in a repeated run"],
      ["MAUVE", (m) => decimal(m.mauve, 2), "nearness to real jokes; 1 is the same"],
    ],
  },
  {
    caption: "Its form",
    cells: [
      ["Length", (m) => count(m.length), "mean, in characters"],
      ["Ended", (m) => percent(m.ended), "ended by themselves"],
      ["Real words", (m) => percent(m.real_words), "words that the data has"],
      ["Vocabulary", (m) => count(m.vocabulary), "distinct words used"],
      ["Copies", (m) => percent(m.copies), "jokes of the training data"],
    ],
  },
  {
    caption: "What it costs",
    cells: [
      ["Parameters", (m) => compact(m.parameters), ""],
      ["Size", (m) => bytes(m.bytes), "of the checkpoint"],
      ["Writes, tokens", (m) => rate(m.tokens_per_s), "one text at a time"],
    ],
  },
];

export const runs = defineChapter<RunsData>({
  id: "runs",
  title: "Side by side",
  finding: ({ runs: all }) => {
    const known = all.filter((r) => r.bits_per_character !== undefined);
    if (known.length === 0) return `${count(all.length)} runs, measured alike.`;
    const winner = known.reduce((a, b) => (b.bits_per_character! < a.bits_per_character! ? b : a));
    return `Of ${count(all.length)} runs, ${winner.name} predicts unseen jokes best, with ${bits(winner.bits_per_character)} per character.`;
  },
  render: ({ reference, runs: all, how, command }) => {
    const rows = [reference, ...all];
    const columns = (cells: Cells): readonly Column<RunMeasures>[] => [
      { header: "", cell: (m) => m.name },
      ...cells.map(([header, cell]) => ({ header, numeric: true, cell })),
    ];
    return html`<p>The first row gives the same measures for real jokes that no model has seen: they are what the rest should be near.</p>
${groups
  .map(({ caption, cells }) => ({
    caption,
    cells: cells.filter(([, cell]) => rows.some((m) => cell(m) !== "–")),
  }))
  .filter(({ cells }) => cells.length > 0)
  .map(
    ({
      caption,
      cells,
    }) => html`${dataTable({ caption, columns: columns(cells), rows: rows.filter((m) => m !== reference || cells.some(([, cell]) => cell(m) !== "–")), strong: (m) => m === reference })}
<p class="note">${cells
      .filter(([, , explained]) => explained !== "")
      .map(([header, , explained]) => `${header}: ${explained}`)
      .join(". ")}.</p>
`,
  )}
<p class="note">${how} ${repeat(command)}</p>`;
  },
});
