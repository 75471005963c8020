/** Chapter: a network learns names of cities in seconds, and a pre-trained one writes at once. */
import type { LogRow } from "../../train/events.ts";
import { type Chapter, figure, sideBySide } from "../figure.ts";
import { count, duration, percent } from "../format.ts";
import { type Html, html } from "../html.ts";

/** A name that a model wrote. */
export interface WrittenName {
  readonly text: string;
  /** Whether it is one of the names that the model has learned from, or one kept from it. */
  readonly known: boolean;
}

export interface CitiesData {
  readonly parameters: number;
  /** Names in the list. */
  readonly names: number;
  readonly seconds: number;
  readonly log: readonly LogRow[];
  /** Names along the training, first to last, from the same random numbers each time. */
  readonly moments: readonly { readonly step: number; readonly names: readonly WrittenName[] }[];
  /** Names of the finished model. */
  readonly written: readonly WrittenName[];
  /** The first text of a model that has read much before. */
  readonly pretrained: {
    readonly model: string;
    readonly prompt: string;
    /** Without the prompt. */
    readonly text: string;
    readonly command: string;
  };
  readonly commands: { readonly train: string; readonly sample: string };
}

export const cities: Chapter<CitiesData> = {
  id: "cities",
  title: "From noise to names",
  finding: ({ seconds, names, written }) => {
    const known = written.filter((name) => name.known).length;
    return `In ${duration(seconds)} a small network learned from ${count(names)} names of cities how names are spelled: of ${count(written.length)} that it wrote then, ${known === 0 ? "none is" : `${count(known)} ${known === 1 ? "is" : "are"}`} in the list, and the rest it made up.`;
  },
  render: ({ moments, written, parameters, names, pretrained, commands }) => {
    const known = written.filter((name) => name.known).length;
    return [
      html`<p>The network has ${count(parameters)} numbers, which begin as random ones. It reads the names letter by letter, guesses each next letter, and is corrected a little after each guess. Nobody tells it what a syllable is.</p>`,
      sideBySide(
        figure({
          id: "cities-moments",
          title: "The same five draws, as it learns",
          subtitle: "Names that it wrote after so many steps; a star marks one that is in the list",
          content: html`<ol class="timeline">${[
            ...fewer(moments).map(({ step, names: drawn }) => ({ when: `Step ${count(step)}`, drawn })),
            { when: "Done", drawn: written.slice(0, 12) },
          ].map(
            ({ when, drawn }) => html`<li><p class="when"><b>${when}</b></p>
<p class="said">${listOf(drawn)}</p></li>
`,
          )}</ol>`,
          how: `Sampled during training from the same random numbers; nothing was picked out. Of ${count(written.length)} names of the finished model ${percent(known / Math.max(1, written.length))} are among the ${count(names)} of the list; some of the rest may be real places that the list lacks.`,
          command: [commands.train, commands.sample],
        }),
        figure({
          id: "cities-pretrained",
          title: `${pretrained.model} writes at once`,
          subtitle: "It has read books for some hours before; this is its first text here",
          content: html`<blockquote class="joke">${pretrained.prompt}${pretrained.text}</blockquote>`,
          how: "Prompt, temperature and seed were chosen beforehand to show what it can do; with another seed it may read worse.",
          command: pretrained.command,
        }),
      ),
    ];
  },
};

/** Early training changes most: each after at least twice the steps of the one before. */
function fewer(moments: CitiesData["moments"]): CitiesData["moments"] {
  let shown = 0;
  return moments.filter(({ step }) => {
    if (step < 2 * shown) return false;
    shown = step;
    return true;
  });
}

const listOf = (names: readonly WrittenName[]): Html =>
  html`${names.map(({ text, known }, i) => html`${i > 0 && " · "}${text.trim()}${known && "*"}`)}`;
