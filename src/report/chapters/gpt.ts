/** Chapter: a GPT-2 that has read other text before is shown the jokes. */

import { rateOf } from "../../evaluate/intervals.ts";
import { type Lead, lowestLoss } from "../../evaluate/lead.ts";
import type { AuditedText } from "../../evaluate/novelty/auditor.ts";
import { CLOSE } from "../../evaluate/novelty/finding.ts";
import type { LogRow, SampleRow } from "../../train/events.ts";
import { defineChapter } from "../chapter.ts";
import { headStartChart } from "../charts/head-start.ts";
import { lossChart } from "../charts/loss.ts";
import { figure } from "../figure.ts";
import { bits, bytes, count, decimal, duration, nats, percentInterval, rate } from "../format.ts";
import { type Html, html } from "../html.ts";
import { jokeColumns } from "../jokes.ts";
import { dataTable, definitions } from "../table.ts";
import { timeline } from "../timeline.ts";

/** What the model was before it was shown the jokes. */
export type GptOrigin =
  /** Weights that others have published, on text of the web. */
  | { readonly kind: "published"; readonly name: string }
  /** Made on this machine, which first let it read `text`. */
  | {
      readonly kind: "here";
      readonly text: string;
      readonly log: readonly LogRow[];
      readonly command: string;
    };

export interface GptData {
  /** At the beginning of a sentence or inside one: "a small GPT-2", "distilgpt2". */
  readonly model: string;
  readonly parameters: number;
  /** Parameters that training may change, where not all (LoRA). */
  readonly trainable?: number;
  readonly origin: GptOrigin;
  readonly log: readonly LogRow[];
  readonly uniform?: number;
  readonly timeline: readonly SampleRow[];
  /** The same prompts before and after, sampled with the same seed. */
  readonly before_after?: readonly {
    readonly prompt: string;
    readonly before: string;
    readonly after: string;
  }[];
  /** The same model trained on the jokes alone. */
  readonly control?: {
    readonly log: readonly LogRow[];
    readonly command: string;
    /** Whether one of the two is ahead by more than the validation jokes can tell. */
    readonly lead?: Lead | undefined;
  };
  /** The split that {@link quality} is of. Default `test`. */
  readonly quality_split?: "test" | "validation";
  /** Surprise on jokes that no model was trained on; the one that leads is this chapter's. */
  readonly quality?: readonly {
    readonly label: string;
    readonly bits_per_byte: number;
    readonly lead?: boolean;
  }[];
  /** Of `n` texts of at most `tokens` tokens, how many ended by themselves, before the jokes and after. */
  readonly endings?: {
    readonly n: number;
    readonly tokens: number;
    readonly before: number;
    readonly after: number;
    readonly command: string;
  };
  readonly jokes: readonly { readonly temperature: number; readonly samples: readonly AuditedText[] }[];
  readonly peak_memory?: number;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly commands: {
    readonly train: string;
    readonly sample: string;
    readonly prompt: string;
    readonly evaluate: string;
  };
}

export const gpt = defineChapter<GptData>({
  id: "gpt",
  title: "Pieces of words: GPT-2",
  finding: ({ model, origin, log, quality = [], quality_split = "test" }) => {
    const own = quality.find(({ lead }) => lead)?.bits_per_byte;
    const before = origin.kind === "here" ? "a novel" : "the web";
    return `${model.charAt(0).toUpperCase()}${model.slice(1)} that had read ${before} was shown the jokes for ${duration(log.at(-1)?.seconds)}${own === undefined ? "" : `. The ${quality_split} jokes, which it had not seen, then cost it ${bits(own)} per byte`}.`;
  },
  render: (
    d,
  ) => html`<p>A GPT reads pieces of words instead of characters, and looks back at all of them at once instead of carrying a summary along. The idea is to learn language first, from much text of any kind, and then to be shown a little of what is wanted. The first is called pre-training, the second fine-tuning.</p>
${origin(d)}
${beforeAfter(d)}
${training(d)}
${qualityTable(d)}
${endings(d)}
${
  d.timeline.length > 0 &&
  figure({
    id: "gpt-timeline",
    title: "How the jokes got in",
    subtitle: "What it wrote while it was shown the jokes",
    content: timeline(d.timeline, d.log),
    measured: {
      how: "Sampled during training, with the same settings each time; nothing was picked out.",
      command: d.commands.train,
    },
  })
}
${
  d.jokes.length > 0 &&
  figure({
    id: "gpt-jokes",
    title: "Its jokes, and whether they were stolen",
    subtitle: "The temperature says how far it may stray from its first choice",
    width: "wide",
    content: jokeColumns(d.jokes),
    measured: {
      how: `Not picked out: the first of each temperature with this seed. Marked: stretches of five words or more that are word for word in the training data. “Close”: the nearest is at least ${CLOSE * 100} % alike.`,
      command: d.commands.sample,
    },
  })
}
<h3 class="loose">Settings</h3>
${definitions(Object.entries(d.settings).map(([k, v]) => [k, String(v)]))}`,
});

/** Which of the two it is, plainly. */
function origin({ origin: o, parameters }: GptData): Html {
  if (o.kind === "published") {
    return html`<p class="caveat">This is ${o.name}, with the weights that were published: ${count(parameters)} numbers, trained by others on text of the web.</p>`;
  }
  const last = o.log.at(-1);
  return html`<p class="caveat">This is not the published GPT-2. Nothing was downloaded: it is a model of the same design, some hundred times smaller, with ${count(parameters)} numbers. It was made on this machine and first read one novel, Melville’s Moby-Dick, for ${duration(last?.seconds)}. Expect its manner, not its quality. With the published weights: <code>punchline demo --chapter gpt --pretrained distilgpt2</code></p>
${
  o.log.length > 1 &&
  figure({
    id: "gpt-pretraining",
    title: `Pre-training: the novel, ${decimal(last?.epoch, 1)} times`,
    subtitle: "Mean surprise per token of its training and validation parts, in nats",
    content: lossChart({ id: "gpt-pretraining-chart", log: o.log, unit: "token" }),
    measured: {
      how: `${count(last?.step)} steps at ${rate(last?.tokens_per_s, "tokens")}; validation on paragraphs that it did not read. A token is a piece of a word; the pieces were learned from the novel.`,
      command: o.command,
    },
  })
}`;
}

function beforeAfter({ before_after: pairs = [], commands, origin: o }: GptData): Html | false {
  const before = o.kind === "here" ? "after the novel" : "as published";
  return (
    pairs.length > 0 &&
    figure({
      id: "gpt-before-after",
      title: "The same beginning, before the jokes and after",
      width: "wide",
      content: html`<ol class="pairs">${pairs.map(
        (
          p,
        ) => html`<li><div><p class="joke"><b>${p.prompt}</b>${p.before}</p><p class="note">${before}</p></div>
<div><p class="joke"><b>${p.prompt}</b>${p.after}</p><p class="note">after the jokes</p></div></li>
`,
      )}</ol>`,
      measured: { how: "The same random numbers and settings on both sides.", command: commands.prompt },
    })
  );
}

/** The loss on the jokes; beside the control, where there is one. */
function training(d: GptData): Html | false {
  const last = d.log.at(-1);
  const measured = {
    how: `${count(d.parameters)} parameters${d.trainable === undefined ? "" : `, ${count(d.trainable)} of them trained`}; ${count(last?.step)} steps at ${rate(last?.tokens_per_s, "tokens")}${d.peak_memory === undefined ? "" : `, at most ${bytes(d.peak_memory)} of memory`}.`,
    command: d.commands.train,
  };
  if (d.log.length < 2) return false;
  if (d.control === undefined || d.origin.kind !== "here") {
    return figure({
      id: "gpt-loss",
      title: "Fine-tuning: what the jokes do to its surprise",
      subtitle: "Mean surprise per token of training and validation jokes, in nats",
      content: lossChart({
        id: "gpt-loss-chart",
        log: d.log,
        unit: "token",
        references: d.uniform === undefined ? {} : { uniform: d.uniform },
      }),
      measured,
    });
  }
  const headStart = d.origin.log.at(-1)?.seconds ?? 0;
  const [own, alone] = [lowestLoss(d.log), lowestLoss(d.control.log)];
  return figure({
    id: "gpt-loss",
    title: `${worthOf(own, alone, d.control.lead)}: ${nats(own)} per token, against ${nats(alone)} from jokes alone`,
    subtitle: "Surprise on validation jokes, in nats per token, by the seconds of all training",
    content: headStartChart({
      id: "gpt-loss-chart",
      tuned: { log: d.log, from: headStart },
      alone: { log: d.control.log },
    }),
    measured: {
      ...measured,
      how: `Two models of the same size and vocabulary. One spent its first ${duration(headStart)} on the novel, the other all its time on the jokes, until it no longer learned. ${measured.how}`,
    },
  });
}

/** What the novel was worth, in the first half of a sentence. */
function worthOf(own: number | undefined, alone: number | undefined, lead: Lead | undefined): string {
  if (own === undefined || alone === undefined || lead?.conclusive === false)
    return "Whether the novel was worth it cannot be told here";
  return own < alone ? "The novel was worth it" : "The novel did not help here";
}

function qualityTable({ quality = [], quality_split = "test", commands }: GptData): Html | false {
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
          { header: "Model", cell: (q) => (q.lead ? `GPT-2, ${q.label}` : q.label) },
          {
            header: "Bits per byte",
            numeric: true,
            cell: (q) => decimal(q.bits_per_byte, 2),
            bar: (q) => q.bits_per_byte / most,
          },
        ],
        rows: quality,
        strong: (q) => q.lead === true,
      }),
      measured: {
        how: `Every token of the ${quality_split} jokes was scored once.`,
        command: commands.evaluate,
      },
    })
  );
}

function endings({ endings: e }: GptData): Html | false {
  if (e === undefined) return false;
  const share = (ended: number) => percentInterval(ended / e.n, rateOf(ended, e.n).interval);
  return html`<p>It also learned where a joke stops. Of ${count(e.n)} texts that it was let write, ${share(e.after)} ended by themselves within ${count(e.tokens)} tokens; before it was shown jokes, ${share(e.before)} did.</p>`;
}
