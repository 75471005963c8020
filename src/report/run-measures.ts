/** The measures of runs side by side, as small tables that fit a page and a terminal of 80 columns. */
import { bytes, compact, count, decimal, percent, rate } from "./format.ts";

/** Measures of a set of texts and of the model that wrote them; a measure that a row lacks is left out. */
export interface RunMeasures {
  readonly name: string;
  readonly bits_per_byte?: number | undefined;
  readonly bits_per_character?: number | undefined;
  readonly perplexity?: number | undefined;
  /**
   * True where the three above cannot be compared with those of other rows, since its vocabulary lacks words or the texts
   * were different: they are marked, and the row is not ranked by them.
   */
  readonly unranked?: boolean | undefined;
  /** Different n-grams among all n-grams, n = 1, 2, 3. */
  readonly distinct?: readonly [number, number, number] | undefined;
  readonly self_bleu?: number | undefined;
  /** Share of a text's 4-grams that repeat an earlier one of the same text. */
  readonly repetition?: number | undefined;
  /** Share of texts that equal an earlier one. */
  readonly repeated?: number | undefined;
  /** Median length in characters, and the middle 90 %. */
  readonly length?: { readonly median: number; readonly p5: number; readonly p95: number } | undefined;
  /** Share of samples that ended with the end-of-text token. */
  readonly ended?: number | undefined;
  /** Share of the words that occur in the training texts. */
  readonly real_words?: number | undefined;
  /** Different words of the texts. */
  readonly vocabulary?: number | undefined;
  /** Share of the training texts' different words that the texts use. */
  readonly vocabulary_covered?: number | undefined;
  readonly mauve?: number | undefined;
  /** Share of texts that are copies, with its 95 % interval. */
  readonly copies?:
    | { readonly rate: number; readonly interval: readonly [low: number, high: number] }
    | undefined;
  /** Share of runs of four words that do not occur in the training texts. */
  readonly novel_4grams?: number | undefined;
  /** Speed of writing one text. */
  readonly characters_per_s?: number | undefined;
  /** Speed of writing many texts at once. */
  readonly side_by_side_characters_per_s?: number | undefined;
  readonly parameters?: number | undefined;
  readonly bytes?: number | undefined;
}

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
      ["Bits/char.", (m) => marked(m, decimal(m.bits_per_character, 3)), "lower is better"],
      [
        "Bits/byte",
        (m) => marked(m, decimal(m.bits_per_byte, 3)),
        "lower is better; comparable whatever the tokens",
      ],
      [
        "Perplexity",
        (m) => marked(m, decimal(m.perplexity, 2)),
        "per token; not comparable between kinds of token",
      ],
    ],
  ],
  [
    "What it writes",
    [
      ["Distinct-1", (m) => percent(m.distinct?.[0]), "share of words that are different"],
      ["Distinct-2", (m) => percent(m.distinct?.[1]), "of word pairs"],
      ["Distinct-3", (m) => percent(m.distinct?.[2]), "of word triples"],
      ["Self-BLEU", (m) => decimal(m.self_bleu, 2), "how alike the texts are; lower is more varied"],
      ["Repeats", (m) => percent(m.repetition), "word 4-grams that repeat one of the same text"],
      ["MAUVE", (m) => decimal(m.mauve, 2), "nearness to real texts; 1 is the same"],
    ],
  ],
  [
    "Its form",
    [
      ["Length", (m) => count(m.length?.median), "median, in characters"],
      ["5–95 %", (m) => (m.length ? `${count(m.length.p5)}–${count(m.length.p95)}` : "–"), "of the lengths"],
      ["Ended", (m) => percent(m.ended), "ended by themselves"],
      ["Real words", (m) => percent(m.real_words), "of the words stand in the training texts"],
      ["Words", (m) => count(m.vocabulary), "different ones"],
      ["Of data’s", (m) => percent(m.vocabulary_covered), "share of the training texts’ words that it uses"],
    ],
  ],
  [
    "New or remembered",
    [
      ["Copies", (m) => percent(m.copies?.rate), "of training texts, by the rule of punchline novelty"],
      ["95 % interval", (m) => interval(m.copies?.interval), ""],
      ["New 4-grams", (m) => percent(m.novel_4grams), "runs of four words that no training text has"],
      ["Said twice", (m) => percent(m.repeated), "texts that equal an earlier one of the same run"],
    ],
  ],
  [
    "What it costs",
    [
      ["Parameters", (m) => compact(m.parameters), ""],
      ["Size", (m) => bytes(m.bytes), "of the weights"],
      ["Writes", (m) => rate(m.characters_per_s), "characters, one text at a time"],
      ["Side by side", (m) => rate(m.side_by_side_characters_per_s), "characters, many texts at once"],
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
        .map(([header, cell, explained]) => ({ header, cell, explained }))
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

/** With an asterisk where the figure cannot be compared. */
const marked = ({ unranked }: RunMeasures, figure: string): string =>
  unranked && figure !== "–" ? `${figure}*` : figure;

function interval(bounds: readonly [number, number] | undefined): string {
  if (bounds === undefined) return "–";
  const digits = bounds[1] < 0.1 ? 1 : 0;
  return `${decimal(100 * bounds[0], digits)}–${decimal(100 * bounds[1], digits)}\u00a0%`;
}
