/** Chapter: a GPT-2, trained or fine-tuned on the same jokes. */
import type { LogRow, SampleRow } from "../../train/events.ts";
import { type AuditedSample, closeSimilarity } from "../audited.ts";
import { defineChapter } from "../chapter.ts";
import { lossChart } from "../charts/loss.ts";
import { figure } from "../figure.ts";
import { bytes, count, decimal, duration, nats, rate } from "../format.ts";
import { html } from "../html.ts";
import { jokeColumns } from "../jokes.ts";
import { definitions } from "../table.ts";
import { timeline } from "../timeline.ts";

export interface GptData {
  readonly model: string;
  readonly parameters: number;
  /** Parameters that training may change, where not all (LoRA). */
  readonly trainable?: number;
  readonly log: readonly LogRow[];
  /** Validation loss before the first step, in nats per token. */
  readonly before?: number;
  readonly uniform?: number;
  readonly timeline: readonly SampleRow[];
  /** The same prompts before and after, sampled with the same seed. */
  readonly before_after?: readonly {
    readonly prompt: string;
    readonly before: string;
    readonly after: string;
  }[];
  readonly jokes: readonly { readonly temperature: number; readonly samples: readonly AuditedSample[] }[];
  readonly peak_memory?: number;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly commands: { readonly train: string; readonly sample: string };
}

export const gpt = defineChapter<GptData>({
  id: "gpt",
  title: "Whole words at a time: GPT",
  finding: ({ model, log, before }) => {
    const losses = log.flatMap((r) => (r.val_loss === undefined ? [] : [r.val_loss]));
    const best = losses.length === 0 ? log.at(-1)?.loss : Math.min(...losses);
    const from = before === undefined ? "" : ` from ${decimal(before, 2)}`;
    return `${model.charAt(0).toUpperCase()}${model.slice(1)} came${from} to ${nats(best)} per token in ${duration(log.at(-1)?.seconds)}.`;
  },
  render: (d) => {
    const last = d.log.at(-1);
    const measured = {
      how: `${count(d.parameters)} parameters${d.trainable === undefined ? "" : `, ${count(d.trainable)} of them trained`}; ${count(last?.step)} steps at ${rate(last?.tokens_per_s, "tokens")}${d.peak_memory === undefined ? "" : `, at most ${bytes(d.peak_memory)} of memory`}.`,
      command: d.commands.train,
    };
    return html`<p>A GPT reads pieces of words instead of characters, and looks back at all of them at once instead of carrying a summary along. It starts from text of every kind and is shown jokes until they are what it expects.</p>
${
  d.log.length > 1 &&
  figure({
    id: "gpt-loss",
    title: "What fine-tuning does to its surprise",
    subtitle: "Mean surprise per token, in nats",
    content: lossChart({
      id: "gpt-loss-chart",
      log: d.log,
      unit: "token",
      references: d.uniform === undefined ? {} : { uniform: d.uniform },
    }),
    measured,
  })
}
${
  d.before_after !== undefined &&
  d.before_after.length > 0 &&
  figure({
    id: "gpt-before-after",
    title: "The same prompt, before and after",
    width: "wide",
    content: html`<ol class="pairs">${d.before_after.map(
      (p) => html`<li><div><p class="joke"><b>${p.prompt}</b>${p.before}</p><p class="note">before</p></div>
<div><p class="joke"><b>${p.prompt}</b>${p.after}</p><p class="note">after</p></div></li>
`,
    )}</ol>`,
    measured: { how: "The same seed and settings on both sides.", command: d.commands.sample },
  })
}
${
  d.timeline.length > 0 &&
  figure({
    id: "gpt-timeline",
    title: "Along its training",
    content: timeline(d.timeline, d.log),
    measured: {
      how: "Sampled during training, with the same settings each time.",
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
      how: `The first of each temperature with this seed. Marked: the longest stretch that stands word for word in the training data. “Close”: the nearest is at least ${closeSimilarity * 100} % alike.`,
      command: d.commands.sample,
    },
  })
}
<h3 class="loose">Settings</h3>
${definitions(Object.entries(d.settings).map(([k, v]) => [k, String(v)]))}`;
  },
});
