/** Chapter: a pre-trained GPT-2 is fine-tuned on the jokes. */
import { intervalDigits, rateOf } from "../../evaluate/intervals.ts";
import type { Lead, TextBits } from "../../evaluate/lead.ts";
import type { LogRow, SampleRow } from "../../train/events.ts";
import type { BestText } from "../best.ts";
import { headStartChart } from "../charts/head-start.ts";
import { lossChart } from "../charts/loss.ts";
import { ratesChart } from "../charts/rates.ts";
import { type Chapter, figure, fold, more, sideBySide } from "../figure.ts";
import { bits, bytes, count, decimal, duration, percentInterval, rate } from "../format.ts";
import { type Html, html } from "../html.ts";
import { type JokeGroups, jokesFigure } from "../jokes.ts";
import { lettersFigure, type ReadText } from "../letters.ts";
import { dataTable, numbers, settings } from "../table.ts";
import { timelineFigure } from "../timeline.ts";

export interface GptData {
  /** Its name, such as "punchline-gpt2" or "distilgpt2". */
  readonly model: string;
  readonly parameters: number;
  /** Parameters that are trained, where that is not all (LoRA). */
  readonly trainable?: number | undefined;
  /** The pre-trained weights. `built-in`: they come with the package; `published`: from elsewhere, as you named them. */
  readonly origin: { readonly kind: "built-in" | "published"; readonly name: string };
  readonly log: readonly LogRow[];
  readonly uniform?: number | undefined;
  readonly timeline: readonly SampleRow[];
  /** The same prompts before and after, sampled with the same seed. */
  readonly before_after?:
    | readonly {
        readonly prompt: string;
        readonly before: string;
        readonly after: string;
        /** By the same network from scratch. */
        readonly scratch?: string | undefined;
      }[]
    | undefined;
  /** The same network from scratch, trained on the jokes alone for as long. */
  readonly control?:
    | {
        readonly log: readonly LogRow[];
        readonly command: string;
        /** For the curves: bits per byte of the validated jokes for each nat per token, and before the first step. */
        readonly curves: { readonly bits_per_nat: number; readonly start: number };
        /** Whether one of the two is ahead by more than chance on the jokes of {@link quality_split}. */
        readonly lead?: Lead | undefined;
      }
    | undefined;
  /** Another model that was evaluated on the same jokes: "the character model". */
  readonly other?: { readonly label: string; readonly lead?: Lead | undefined } | undefined;
  /** The split that {@link quality} is of. Default `test`. */
  readonly quality_split?: "test" | "validation" | undefined;
  /** Bytes of that split, ends of texts included. */
  readonly quality_bytes?: number | undefined;
  /** The bits per byte of each text of that split, under the fine-tuned model. */
  readonly text_bits?: readonly TextBits[] | undefined;
  /** Bits per byte on jokes that no model was trained on; `lead` marks the model of this chapter, `scratch` its control. */
  readonly quality?:
    | readonly {
        readonly label: string;
        readonly bits_per_byte: number;
        readonly lead?: boolean | undefined;
        readonly scratch?: boolean | undefined;
      }[]
    | undefined;
  /** Of `n` texts of at most `tokens` tokens, how many ended by themselves, before and after fine-tuning. */
  readonly endings?:
    | {
        readonly n: number;
        readonly tokens: number;
        readonly before: number;
        readonly after: number;
        readonly command: string;
      }
    | undefined;
  readonly jokes: JokeGroups;
  /** The one of all its texts that reads best, where one reads well enough. */
  readonly best?: BestText | undefined;
  /** Texts as the model reads them, piece by piece. */
  readonly read?: readonly ReadText[] | undefined;
  readonly peak_memory?: number | undefined;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly commands: {
    readonly train: string;
    readonly sample: string;
    readonly prompt: string;
    readonly evaluate: string;
  };
}

export const gpt: Chapter<GptData> = {
  id: "gpt",
  title: "Pieces of words: GPT-2",
  finding: (d) => {
    const { model, log, quality_split = "test" } = d;
    const [own, worth] = [ownBits(d), worthOf(d)];
    const found = worth
      ? ` ${worth.short}: ${worth.figures}.`
      : own === undefined
        ? ""
        : ` The ${quality_split} jokes, which it had not seen, then cost it ${bits(own)} per byte.`;
    return `A pre-trained GPT-2, ${model}, was shown the jokes for ${duration(log.at(-1)?.seconds)}.${found}`;
  },
  render: (d) => [
    sideBySide(
      html`<p>A GPT reads pieces of words instead of characters, and looks back at all of them at once instead of carrying a summary along. It learns language first, from much text of any kind, in hours or weeks (pre-training), and is then shown a little of what is wanted, for a minute (fine-tuning). It needs little text of yours to write in your manner.</p>`,
      origin(d),
    ),
    beforeAfter(d),
    training(d),
    qualityTable(d),
    endings(d),
    lettersFigure(d.read, {
      id: "gpt-read",
      title: "What it expects, piece by piece",
      unit: "piece of a word",
      how: "Probabilities at temperature 1, of the fine-tuned model, each given all pieces before.",
      command: d.commands.sample,
      folded: true,
    }),
    timelineFigure(d.timeline, d.log, {
      id: "gpt-timeline",
      title: "What it wrote while it was shown the jokes",
      command: d.commands.train,
      folded: true,
    }),
    jokesFigure(d.jokes, {
      id: "gpt-jokes",
      title: "Its jokes at three temperatures",
      command: d.commands.sample,
      folded: true,
    }),
    fold({ id: "gpt-settings", title: "The settings of its training", content: settings(d.settings) }),
  ],
};

function origin({ origin: { kind, name }, parameters }: GptData): Html {
  if (kind === "published")
    return html`<p class="caveat">This is ${name}: ${count(parameters)} numbers that had been trained before, elsewhere.</p>`;
  return html`<p class="caveat">This is not the published GPT-2 but ${name}, which comes with Punchline: the same design with ${count(parameters)} numbers, twenty times fewer, trained for some hours on books in the public domain, and on no joke book. With the published weights: <code>punchline demo --chapter gpt --pretrained distilgpt2</code></p>`;
}

/** Beginnings that are seen without asking for more. */
const FIRST = 2;

function beforeAfter({ before_after: pairs = [], commands }: GptData): Html | false {
  const side = (prompt: string, text: string, note: string, own: boolean) =>
    html`<div><p class="joke"><b>${prompt}</b>${text}</p><p class="note">${own ? html`<b>${note}</b>` : note}</p></div>`;
  const three = pairs.some(({ scratch }) => scratch !== undefined);
  const list = (some: typeof pairs) =>
    html`<ol class="pairs${three && " three"}">${some.map(
      ({ prompt, before, after, scratch }) => html`<li>${side(prompt, before, "before the jokes", false)}
${side(prompt, after, "after the jokes", true)}${scratch !== undefined && side(prompt, scratch, "from scratch, after the jokes", false)}</li>
`,
    )}</ol>`;
  return (
    pairs.length > 0 &&
    figure({
      id: "gpt-before-after",
      title: "The same beginning, before the jokes and after",
      subtitle: three
        ? "The pre-trained model as it came, after its fine-tuning, and the same network that has learned from the jokes alone"
        : undefined,
      width: "wide",
      content: html`${list(pairs.slice(0, FIRST))}${
        pairs.length > FIRST && more(`${pairs.length - FIRST} more`, list(pairs.slice(FIRST)))
      }`,
      how: "The same random numbers and settings for all.",
      command: commands.prompt,
    })
  );
}

/** The loss on the jokes, with that of the control where there is one. */
function training(d: GptData): Html | false {
  const last = d.log.at(-1);
  if (d.log.length < 2) return false;
  const how = `${count(d.parameters)} parameters${d.trainable === undefined ? "" : `, ${count(d.trainable)} of them trained`}; ${count(last?.step)} steps at ${rate(last?.tokens_per_s, "tokens")}${d.peak_memory === undefined ? "" : `, at most ${bytes(d.peak_memory)} of memory`}.`;
  const { control } = d;
  if (control === undefined)
    return figure({
      id: "gpt-loss",
      title: "Fine-tuning: what the jokes do to its surprise",
      subtitle: "Mean surprise per token of training and validation jokes, in nats",
      folded: true,
      content: lossChart({
        id: "gpt-loss-chart",
        log: d.log,
        unit: "token",
        references: { uniform: d.uniform },
      }),
      how,
      command: d.commands.train,
    });
  const { bits_per_nat: bitsPerNat, start } = control.curves;
  const blind = (d.uniform ?? 0) * bitsPerNat;
  return figure({
    id: "gpt-loss",
    title: "How it learned, with and without pre-training",
    folded: true,
    subtitle: "Surprise on validation jokes, in bits per byte, by the seconds of training on the jokes",
    content: headStartChart({
      id: "gpt-loss-chart",
      tuned: { log: d.log, start },
      scratch: { log: control.log, start: blind },
      bitsPerNat,
    }),
    how: `Two copies of one network, with one vocabulary, on the same jokes. One begins with what it had learned before, the other with random numbers. Each had the same time, ended earlier where it learned no more (after ${duration(last?.seconds)} and ${duration(control.log.at(-1)?.seconds)}), and keeps its best weights. ${how}`,
    command: [d.commands.train, control.command],
  });
}

const ownBits = ({ quality = [] }: GptData): number | undefined =>
  quality.find(({ lead }) => lead)?.bits_per_byte;

/** Whether pre-training helped, and by how much; undefined where there is nothing to compare it with. */
function worthOf(d: GptData): { readonly short: string; readonly figures: string } | undefined {
  const { control, quality = [], quality_split = "test" } = d;
  const [own, scratch] = [ownBits(d), quality.find((q) => q.scratch)?.bits_per_byte];
  if (control === undefined || own === undefined || scratch === undefined) return undefined;
  const { lead } = control;
  if ((control.log.at(-1)?.epoch ?? 1) < 1)
    return {
      short: "That is less than one pass over the jokes, too little to say what pre-training is worth",
      figures: `so far ${bits(own)} per byte of the ${quality_split} jokes, and ${bits(scratch)} for the same network that began with random numbers`,
    };
  const short =
    lead === undefined || !lead.conclusive
      ? "Whether pre-training helped is not clear here"
      : own < scratch
        ? "Pre-training helped"
        : "Pre-training did not help here";
  return {
    short,
    figures: `${bits(own)} per byte of the ${quality_split} jokes, and ${bits(scratch)} for the same network from scratch in the same time${differenceText(own < scratch, lead)}`,
  };
}

/** The difference with its interval, as the end of a sentence. */
function differenceText(less: boolean, lead: Lead | undefined): string {
  if (lead === undefined) return "";
  const { difference, margin } = lead;
  const [low, high] = [difference - margin, difference + margin];
  const digits = intervalDigits([low, high], 2);
  const [value, from, to] = [difference, low, high].map((bits) => decimal(bits, digits));
  return `, ${value} ${less ? "less" : "more"} (95 % interval ${from} to ${to})`;
}

/** How the fine-tuned model compares with one of another kind, in a sentence; empty where there is none. */
function against({ quality = [], other, model, ...d }: GptData): string {
  const own = ownBits({ quality, model, ...d });
  const others = quality.find(({ label }) => label === other?.label)?.bits_per_byte;
  if (other?.lead === undefined || own === undefined || others === undefined) return "";
  const verdict = other.lead.conclusive
    ? `needs ${own < others ? "fewer" : "more"} bits`
    : "is too near to tell which is ahead";
  return `Against ${other.label} with its ${bits(others)} per byte, ${model} ${verdict}${differenceText(own < others, other.lead)}. `;
}

/** Where the intervals of the differences come from. */
const intervals = ({ quality_bytes: bytes, text_bits: texts }: GptData): string =>
  bytes === undefined
    ? ""
    : texts
      ? ` The intervals come from the difference of two models on each of the ${count(texts.length)} jokes; another seed or split may differ by more.`
      : ` The intervals are those that ${count(bytes)} bytes of jokes allow, where the difference of two models is taken to vary by one bit from byte to byte; another seed or split may differ by more.`;

function qualityTable(d: GptData): Html | false {
  const { quality = [], quality_split = "test", commands } = d;
  const most = Math.max(...quality.map((q) => q.bits_per_byte));
  return (
    quality.length > 1 &&
    figure({
      id: "gpt-quality",
      title: "All models on one scale",
      subtitle: `Bits per byte of the ${quality_split} jokes, which none of them has seen: less is better, whatever the tokens are`,
      content: dataTable<(typeof quality)[number]>({
        caption: `Surprise on the ${quality_split} jokes`,
        columns: [
          { header: "Model", cell: (q) => q.label },
          numbers(
            "Bits per byte",
            (q) => decimal(q.bits_per_byte, 2),
            (q) => q.bits_per_byte / most,
          ),
        ],
        rows: quality,
        strong: (q) => q.lead === true,
      }),
      how: `${against(d)}Every token of the ${quality_split} jokes was scored once.${intervals(d)}`,
      folded: true,
      command: commands.evaluate,
    })
  );
}

function endings({ endings: e }: GptData): Html | false {
  if (e === undefined) return false;
  const [before, after] = [rateOf(e.before, e.n), rateOf(e.after, e.n)];
  const share = ({ rate, interval }: typeof before) => percentInterval(rate ?? 0, interval);
  return figure({
    id: "gpt-endings",
    title: "It learned where a joke stops",
    subtitle: `Share of its texts that end by themselves within ${count(e.tokens)} tokens, with 95 % intervals`,
    content: ratesChart({
      id: "gpt-endings-chart",
      title: "Share of texts that end by themselves",
      rows: [
        { label: "Before the jokes", rate: before.rate ?? 0, interval: before.interval },
        { label: "After the jokes", rate: after.rate ?? 0, interval: after.interval, lead: true },
      ],
      unit: "% that end by themselves",
    }),
    how: `Of ${count(e.n)} texts that it was let write, ${share(after)} ended by themselves within ${count(e.tokens)} tokens; before it was shown jokes, ${share(before)} did.`,
    command: e.command,
    folded: true,
  });
}
