/** The measures of runs side by side, as small tables that fit a page and a terminal of 80 columns. */
import type { RunQuality } from "../evaluate/quality/measure-run.ts";
import { isRanked } from "../evaluate/quality/ranking.ts";
import { bytes, compact, count, decimal, percent, rate, shareAndInterval } from "./format.ts";

/** A row of the tables: measures of a set of texts, and of the model that wrote them. */
export type RunMeasures = Partial<RunQuality> & { readonly name: string };

export interface Measure {
  readonly header: string;
  /** `–` where the row has no such measure. */
  readonly cell: (row: RunMeasures) => string;
  /** What the header means; empty where it is clear. */
  readonly explained: string;
}

export interface MeasureGroup {
  readonly caption: string;
  readonly measures: readonly Measure[];
}

type MeasureRow = readonly [header: string, cell: (row: RunMeasures) => string, explained: string];

const PREDICTS = "How well it predicts held-out texts";

const groups: readonly (readonly [caption: string, lines: readonly MeasureRow[]])[] = [
  [
    PREDICTS,
    [
      ["Bits/char.", (m) => decimal(m.bits_per_character, 3), "lower is better"],
      ["Bits/byte", (m) => decimal(m.bits_per_byte, 3), "lower is better; comparable whatever the tokens"],
      ["Perplexity", (m) => decimal(m.perplexity, 2), "per token; not comparable between kinds of token"],
    ],
  ],
  [
    "What it writes",
    [
      ["Distinct-1", (m) => percent(m.distinct?.[0]), "share of words that are different"],
      ["Distinct-2", (m) => percent(m.distinct?.[1]), "of pairs of words"],
      ["Distinct-3", (m) => percent(m.distinct?.[2]), "of runs of three words"],
      ["Self-BLEU", (m) => decimal(m.self_bleu, 2), "how alike the texts are; lower is more varied"],
      ["Repeats", (m) => percent(m.repetition), "word 4-grams that repeat one of the same text"],
      ["MAUVE", (m) => decimal(m.mauve, 2), "nearness to real texts; 1 is the same"],
    ],
  ],
  [
    "Its form",
    [
      ["Length", (m) => count(m.length?.median), "median, in characters"],
      [
        "5–95 %",
        (m) => (m.length ? `${count(m.length.p5)}–${count(m.length.p95)}` : "–"),
        "the length of nine texts in ten",
      ],
      ["Ended", (m) => percent(m.ended), "texts that ended by themselves"],
      ["Real words", (m) => percent(m.real_words), "share of its words that the training texts have"],
      ["Words", (m) => count(m.vocabulary), "how many different words it used"],
      ["Of data’s", (m) => percent(m.vocabulary_covered), "share of the training texts’ words that it used"],
    ],
  ],
  [
    "New or remembered",
    [
      ["Copies", (m) => copiesOf(m)?.share ?? "–", "of training texts, by the rule of punchline novelty"],
      ["95 % interval", (m) => copiesOf(m)?.interval ?? "–", ""],
      [
        "New 4-grams",
        (m) => percent(m.novelty?.novel_4grams),
        "runs of four words that no training text has",
      ],
      ["Said twice", (m) => percent(m.repeated), "texts that equal an earlier one of the same run"],
    ],
  ],
  [
    "What it costs",
    [
      ["Parameters", (m) => compact(m.parameters), ""],
      ["Size", (m) => bytes(m.bytes), "of the weights"],
      ["Writes", (m) => rate(m.speed?.characters_per_s), "characters, one text at a time"],
      ["Side by side", (m) => rate(m.speed?.side_by_side_characters_per_s), "characters, many texts at once"],
    ],
  ],
];

/**
 * The groups of measures, without what no row has.
 * @param split the one that the rows predict. Default: held-out texts in general
 */
export function measureGroups(rows: readonly RunMeasures[], split?: string): readonly MeasureGroup[] {
  return groups
    .map(([caption, lines]) => ({
      caption:
        caption === PREDICTS && split !== undefined ? `How well it predicts the ${split} texts` : caption,
      measures: lines
        .map(([header, write, explained]) => ({
          header,
          cell: (row: RunMeasures) => figureOf(row, write(row), caption === PREDICTS),
          explained,
        }))
        .filter(({ cell }) => rows.some((row) => cell(row) !== "–")),
    }))
    .filter(({ measures }) => measures.length > 0);
}

/** The rows that have a measure of the group. */
export function rowsOf({ measures }: MeasureGroup, rows: readonly RunMeasures[]): readonly RunMeasures[] {
  return rows.filter((row) => measures.some(({ cell }) => cell(row) !== "–"));
}

/** What the headers mean, in sentences. */
export function legendOf({ measures }: MeasureGroup): string {
  const unclear = measures.filter(({ explained }) => explained !== "");
  return unclear.length === 0 ? "" : `${unclear.map((m) => `${m.header}: ${m.explained}`).join(". ")}.`;
}

/** A figure, or `–` where it could not be measured; with an asterisk where it cannot be compared with those of other rows. */
function figureOf(row: RunMeasures, figure: string, compared: boolean): string {
  if (figure === "–" || figure === "NaN") return "–";
  return compared && !isRanked(row) ? `${figure}*` : figure;
}

const copiesOf = ({ novelty }: RunMeasures) =>
  novelty && novelty.rate !== null ? shareAndInterval(novelty.rate, novelty.interval) : undefined;
