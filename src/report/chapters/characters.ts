/** Chapter: a network that learns to write jokes one character at a time. */
import { median } from "../../core/quantile.ts";
import type { NextToken } from "../../evaluate/choices.ts";
import { lowestLoss, type TextBits } from "../../evaluate/lead.ts";
import type { LogRow, SampleRow } from "../../train/events.ts";
import type { TrainingWindow } from "../../train/windows.ts";
import type { BestText } from "../best.ts";
import { lengthsChart } from "../charts/lengths.ts";
import { lossChart } from "../charts/loss.ts";
import { type DataDocument, dataTables } from "../data-tables.ts";
import { type Chapter, figure, fold, sideBySide } from "../figure.ts";
import { bits, count, decimal, duration, nats } from "../format.ts";
import { html } from "../html.ts";
import { type JokeGroups, jokesFigure } from "../jokes.ts";
import { lettersFigure, type ReadText } from "../letters.ts";
import { settings } from "../table.ts";
import { temperatureFigure } from "../temperature.ts";
import { timelineFigure } from "../timeline.ts";
import { windowsFigure } from "../windows.ts";

export interface CharactersData {
  /** The model in words, such as `char-lstm, 1 layer of 256 cells`. */
  readonly model: string;
  readonly parameters: number;
  /** The document of `punchline data`, and where the data came from. */
  readonly data: DataDocument;
  readonly log: readonly LogRow[];
  /** Characters that each validation reads, where that is not the whole split. */
  readonly validated?: number | undefined;
  /** What guessing without reading costs, in nats per character. */
  readonly references?: { readonly uniform?: number; readonly unigram?: number } | undefined;
  /** Windows that the training read, of one lane. */
  readonly windows?: readonly TrainingWindow[] | undefined;
  /** Samples during training, first to last. */
  readonly timeline: readonly SampleRow[];
  /** Jokes by sampling temperature, each audited against the training data. */
  readonly jokes: JokeGroups;
  /** The one of all its texts that reads best, where one reads well enough. */
  readonly best?: BestText | undefined;
  /** Texts as the model reads them, character by character. */
  readonly read?: readonly ReadText[] | undefined;
  /** What it expects after some beginnings. */
  readonly next?: readonly NextToken[] | undefined;
  /** The document of `punchline eval` on held-out jokes. */
  readonly evaluation?:
    | {
        readonly loss: number;
        readonly bits_per_character: number;
        readonly bits_per_byte: number;
        readonly tokens: number;
        readonly split: string;
      }
    | undefined;
  /** The bits and bytes of each of those jokes. */
  readonly text_bits?: readonly TextBits[] | undefined;
  /** Lengths in characters of the model's jokes and of held-out ones. */
  readonly lengths?: { readonly model: readonly number[]; readonly real: readonly number[] } | undefined;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** The commands that repeat the chapter's figures. */
  readonly commands: Readonly<Record<"train" | "sample" | "data", string>> & { readonly windows?: string };
}

export const characters: Chapter<CharactersData> = {
  id: "characters",
  title: "One character at a time",
  finding: ({ log, evaluation, model, references }) => {
    const last = log.at(-1);
    const loss = evaluation?.loss ?? lowestLoss(log);
    const inBits = (value: number | undefined) => bits(value === undefined ? undefined : value / Math.LN2);
    const guessing =
      references?.unigram === undefined
        ? ""
        : `, against ${inBits(references.unigram)} for knowing only how common each letter is`;
    return `In ${duration(last?.seconds)} a ${model} went from noise to words: ${inBits(loss)} per character of ${evaluation?.split ?? "validation"} jokes that it had not seen${guessing}. It carries what it has read along in a few numbers, and has read nothing but these jokes: words come first, sentences last.`;
  },
  render: (data) => {
    const { log, commands, lengths } = data;
    const { splits } = data.data;
    const last = log.at(-1);
    return [
      html`<p>The network reads one character after another and says, each time, how likely every possible next one is. It has ${count(data.parameters)} numbers; training changes them a little at each step, so that the character that really came next would have been less of a surprise. Such a model is quick and spells anything: good for names, slogans, and completing what somebody types.</p>`,
      sideBySide(
        timelineFigure(data.timeline, log, {
          id: "characters-timeline",
          title: "From noise to words",
          subtitle: "What the network writes when asked, at points along its training",
          command: commands.train,
        }),
        lettersFigure(data.read, {
          id: "characters-read",
          title: "What it expects, letter by letter",
          unit: "character",
          how: "Probabilities at temperature 1, of the trained model, each given all characters before.",
          command: commands.sample,
        }),
      ),
      temperatureFigure(data.next, {
        id: "characters-temperature",
        how: "The trained model's own probabilities, of all characters of its vocabulary.",
        command: commands.sample,
        folded: true,
      }),
      windowsFigure(data.windows ?? [], {
        id: "characters-windows",
        title: "What it reads, and what it learns at each place",
        subtitle:
          "Each character with its number in the vocabulary, above the one that it learns to predict there",
        command: commands.windows,
        folded: true,
      }),
      log.length > 1 &&
        figure({
          id: "characters-loss",
          title: lossTitle(data),
          subtitle:
            "Mean surprise per character of training and validation jokes, in nats: 0 would be certainty",
          content: lossChart({
            id: "characters-loss-chart",
            log,
            unit: "character",
            references: data.references,
          }),
          how: `Trained for ${count(last?.step)} steps, ${duration(last?.seconds)}, on ${count(splits.train)} jokes; validation on ${data.validated === undefined ? "" : `the first ${count(data.validated)} characters of `}${count(splits.validation)} others${data.evaluation ? `; tested once, after training, on the ${count(data.data.splits.test)} of the ${data.evaluation.split} split` : ""}.`,
          command: commands.train,
          folded: true,
        }),
      jokesFigure(data.jokes, {
        id: "characters-jokes",
        title: "Its jokes at three temperatures",
        subtitle: "The temperature says how far the network may stray from its first choice",
        command: commands.sample,
        folded: true,
      }),
      lengths !== undefined &&
        lengths.model.length > 0 &&
        figure({
          id: "characters-lengths",
          title: `Half of its jokes are shorter than ${count(median(lengths.model))} characters; of real ones, ${count(median(lengths.real))}`,
          subtitle: "Share of jokes by length",
          content: lengthsChart({ id: "characters-lengths-chart", ...lengths, unit: "characters" }),
          how: `${count(lengths.model.length)} jokes of the model against ${count(lengths.real.length)} of the validation and test splits.`,
          command: commands.sample,
          folded: true,
        }),
      fold({
        id: "characters-data",
        title: `${count(data.data.rows_in)} rows came in, and ${count(data.data.rows_out)} jokes were kept`,
        content: dataTables(data.data, commands.data),
      }),
      fold({
        id: "characters-settings",
        title: "The settings of its training",
        content: settings(data.settings, setting),
      }),
    ];
  },
};

function lossTitle({ log, references, evaluation }: CharactersData): string {
  const best = lowestLoss(log);
  const shown = evaluation?.loss ?? best;
  if (shown === undefined) return `The training loss falls to ${nats(log.at(-1)?.loss)}`;
  const unigram = references?.unigram;
  const against =
    unigram === undefined
      ? ""
      : `, against ${decimal(unigram, 2)} for knowing only how common each letter is`;
  if (evaluation === undefined)
    return `On validation jokes, which it had not seen, its surprise falls to ${nats(shown)} per character${against}`;
  const along = best === undefined ? "" : `, and on validation jokes falls to ${nats(best)} along the way`;
  return `On ${evaluation.split} jokes, which it had not seen, its surprise is ${nats(shown)} per character${against}${along}`;
}

const setting = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) >= 1000 ? count(value) : String(value);
