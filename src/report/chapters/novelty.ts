/** Chapter: does the model invent, or has it remembered? */
import type { Rate } from "../../evaluate/intervals.ts";
import type { ModelAudit, SnapshotAudit } from "../../evaluate/novelty/audit-model.ts";
import type { AuditedText } from "../../evaluate/novelty/auditor.ts";
import type { Extraction } from "../../evaluate/novelty/extraction.ts";
import { CLOSE, leftOutByReason, verdictOf } from "../../evaluate/novelty/finding.ts";
import type { MembershipSignal, SignalQuality } from "../../evaluate/novelty/membership.ts";
import { memorisationChart } from "../charts/memorisation.ts";
import { noveltyCurveChart, similarityChart } from "../charts/novelty.ts";
import { type RateRow, ratesChart } from "../charts/rates.ts";
import { type Chapter, figure } from "../figure.ts";
import { count, decimal, percent, percentInterval } from "../format.ts";
import { differences } from "../highlight.ts";
import { type Content, type Html, html, stacked } from "../html.ts";
import { joke, shortened, verdictLabel } from "../jokes.ts";
import { dataTable, numbers } from "../table.ts";

/** The audit of one model, with its name and the command that repeats it. */
export interface AuditedModel extends ModelAudit {
  readonly model: string;
  readonly command: string;
  /** The same measures of the pre-trained model before its fine-tuning. */
  readonly before?:
    | {
        readonly model: string;
        readonly extraction: Extraction;
        readonly membership: readonly SignalQuality[];
      }
    | undefined;
}

export interface NoveltyData {
  /** Number of training jokes searched. */
  readonly indexed: number;
  readonly audits: readonly AuditedModel[];
}

export const novelty: Chapter<NoveltyData> = {
  id: "novelty",
  title: "New or remembered?",
  finding: ({ audits }) =>
    audits.map((audit) => verdictOf(audit, { model: audit.model, noun: "jokes" })).join(" "),
  render: ({ indexed, audits }) => [
    html`<p>A model that repeats its training data is a slow way to copy a file. So every joke it wrote was looked up, whole and in parts, in the ${count(indexed)} jokes it had learned from.
Two people can have the same idea, and many real jokes resemble one another: the yardstick is what the same lookup says about real jokes that the model never saw.</p>`,
    audits.map((a, i) => stacked(audit(a, `novelty-${i}`, audits.length > 1))),
  ],
};

function audit(a: AuditedModel, id: string, named: boolean): readonly Content[] {
  const samples = a.samples.map(shortened);
  const { command, extraction, before, checkpoints, membership = [] } = a;
  const nearest = a.samples.map((s) => s.nearest[0]?.similarity ?? 0);
  return [
    named && html`<h3 class="loose">${a.model}</h3>`,
    figure({
      id: `${id}-rates`,
      title: "How much is copied",
      subtitle: "Share of texts that are copies, with 95 % intervals",
      content: ratesChart({
        id: `${id}-rates-chart`,
        title: "Share of texts that are copies of training jokes",
        rows: [rateRow(a.model, a, true), rateRow("Real jokes it never saw", a.baseline)],
        unit: "% that are copies",
      }),
      how: `${count(a.n)} samples and ${count(a.baseline.n)} held-out jokes, judged by the same rule; intervals by Wilson's score.${a.training === undefined ? "" : ` Of ${count(a.training.n)} jokes of the training set the rule calls ${percent(a.training.rate)} copies.`}`,
      command,
    }),
    figure({
      id: `${id}-samples`,
      title: "Where the words come from",
      subtitle:
        "The model’s joke, with what is word for word in the training data marked, and its nearest real joke, with the differences underlined",
      width: "wide",
      content: pairs(mostCopied(samples, 8)),
      how: `The eight samples nearest to the training data, of ${count(a.n)}. “Close”: the nearest is at least ${CLOSE * 100} % alike.`,
      command,
    }),
    samples.some((s) => s.same_cue.length > 0) &&
      figure({
        id: `${id}-cues`,
        title: "The same beginning, continued twice",
        subtitle: "What the model made of a cue, and how real jokes go on",
        width: "wide",
        content: cues(samples),
        how: "All training jokes that begin with the cue; at most five are shown.",
        command,
      }),
    a.n_novelty.model.length > 0 &&
      figure({
        id: `${id}-curve`,
        title: noveltyTitle(a.n_novelty),
        subtitle: "Share of word sequences that do not occur in the training data, by their length",
        content: noveltyCurveChart({ id: `${id}-curve-chart`, ...a.n_novelty }),
        how: "Every run of so many words of every sample, looked up in the whole training set.",
        command,
      }),
    a.heldout_nearest.length > 0 &&
      figure({
        id: `${id}-similarity`,
        title: "How near the nearest joke is",
        subtitle: "Share of texts whose nearest training joke is at least so similar",
        content: similarityChart({
          id: `${id}-similarity-chart`,
          model: nearest,
          heldout: a.heldout_nearest,
        }),
        how: "A curve further right means texts nearer to the training data.",
        command,
      }),
    checkpoints !== undefined &&
      checkpoints.length > 1 &&
      figure({
        id: `${id}-checkpoints`,
        title: memorisationTitle(checkpoints),
        subtitle:
          checkpoints[0]!.extraction === undefined
            ? "Copies among samples, and losses, at snapshots of one training"
            : "Copies among samples, training texts completed word for word from their beginnings, unseen texts completed so, and losses, at snapshots of one training",
        content: memorisationChart({ id: `${id}-checkpoints-chart`, points: checkpoints }),
        how: "As many samples of every snapshot, from the same seed, judged by the same rule.",
        command,
      }),
    extraction &&
      html`<p>Given the first ${count(extraction.prefix)} tokens of a joke, the model completes ${shareOf(extraction.training)} of the training jokes word for word, and ${shareOf(extraction.heldout)} of the jokes it never saw.${before && ` ${recalledBefore(before, extraction)}`}</p>`,
    membership.length > 0 &&
      dataTable<SignalQuality>({
        caption: "How well training jokes can be distinguished from unseen ones",
        columns: [
          { header: "Signal", cell: (m) => signals[m.signal] },
          numbers("AUC (0.5 is chance)", (m) => decimal(m.auc, 2)),
          ...[before ?? []]
            .flat()
            .map(({ model, membership: earlier }) =>
              numbers(`${model}, before the jokes`, ({ signal }: SignalQuality) =>
                decimal(earlier.find((m) => m.signal === signal)?.auc, 2),
              ),
            ),
        ],
        rows: membership,
      }),
    a.notes?.map((note) => html`<p class="note">${note}</p>`),
    leftOutByReason(a.membership_left_out ?? []).map(
      ({ signals: missing, reason }) =>
        html`<p class="note">Left out of what tells a joke that was learned: ${missing.map((signal) => signals[signal]).join("; ")}. ${reason}</p>`,
    ),
  ];
}

/** How many of the training jokes the model completed before it had seen them. */
function recalledBefore(
  { model, extraction }: NonNullable<AuditedModel["before"]>,
  after: Extraction,
): string {
  const { training } = extraction;
  const said = `Before it was shown the jokes, ${model} completed ${shareOf(training)} of the same training jokes`;
  const learned = after.training.copies > training.copies;
  return training.copies === 0
    ? `${said}: ${learned ? "what it remembers it has learned here" : "it had not read them, and has not learned them by heart here"}.`
    : `${said}, which it had read before or could guess.`;
}

function rateRow(label: string, { rate, interval }: Rate, lead = false): RateRow {
  return { label, rate: rate ?? 0, interval, lead };
}

/** The signals of evaluate/membership.ts in words. */
const signals: Readonly<Record<MembershipSignal, string>> = {
  perplexity: "likely to the model",
  zlib: "likelier than its compressed size suggests",
  lowercase: "likelier than itself in lower case",
};

function shareOf({ rate, interval }: Rate): string {
  return rate === null ? "none" : percentInterval(rate, interval);
}

/** Copies first, then by the similarity of the nearest training joke; equal texts once. */
function mostCopied(samples: readonly AuditedText[], n: number): readonly AuditedText[] {
  const rank = (s: AuditedText) => (s.copy ? 2 : 0) + (s.nearest[0]?.similarity ?? 0);
  return onceEach(samples)
    .sort((a, b) => rank(b) - rank(a))
    .slice(0, n);
}

/** Each text once: a model that has memorised repeats itself. */
function onceEach(samples: readonly AuditedText[]): AuditedText[] {
  return [...new Map(samples.map((s) => [s.text.trim(), s])).values()];
}

function pairs(samples: readonly AuditedText[]): Html {
  return html`<ol class="pairs">${samples.map(
    (
      s,
    ) => html`<li><div><p>${joke(s)}</p><p class="note">${verdictLabel(s)} · longest shared stretch ${count(s.longest_span.words)} words</p></div>
<div class="real"><p class="joke">${s.nearest[0] === undefined ? "Nothing alike was found." : s.copy ? s.nearest[0].text.trim() : differences(s.nearest[0].text.trim(), s.text)}</p><p class="note">real</p></div></li>
`,
  )}</ol>`;
}

/** Samples by cue: the prompt, or else the words with which both the sample and a training joke begin. */
function cues(samples: readonly AuditedText[]): Html {
  const groups = new Map<string, { made: AuditedText[]; real: readonly string[] }>();
  for (const s of onceEach(samples)) {
    if (s.same_cue.length === 0) continue;
    const cue = s.prompt || commonStart(s.text, s.same_cue[0]!, s.cue.split(" ").length);
    const group = groups.get(cue) ?? { made: [], real: s.same_cue };
    group.made.push(s);
    groups.set(cue, group);
  }
  return html`<div class="cues">${[...groups].slice(0, 3).map(
    ([cue, { made, real }]) => html`<section><h4>“${cue.trim()} …”</h4><div class="sides">
<div><h5>The model</h5><ul>${made.slice(0, 5).map((s) => html`<li class="joke">${s.text.trim()}</li>`)}</ul></div>
<div class="real"><h5>Real jokes${real.length > 5 && html` <span class="quiet">5 of ${count(real.length)}</span>`}</h5><ul>${real.slice(0, 5).map((t) => html`<li class="joke">${t.trim()}</li>`)}</ul></div>
</div></section>
`,
  )}</div>`;
}

function commonStart(a: string, b: string, most = Number.POSITIVE_INFINITY): string {
  const theirs = b.toLowerCase().split(/\s+/);
  const own = a.trim().split(/\s+/);
  let n = 0;
  while (n < Math.min(own.length, most) && own[n]!.toLowerCase() === theirs[n]) n++;
  return own.slice(0, Math.max(1, n)).join(" ");
}

function noveltyTitle({ model, heldout }: { model: readonly number[]; heldout: readonly number[] }): string {
  const n = Math.min(4, model.length, heldout.length);
  return `Of its ${n}-word sequences ${percent(model[n - 1])} are new, against ${percent(heldout[n - 1])} in real unseen jokes`;
}

function memorisationTitle(points: readonly SnapshotAudit[]): string {
  const known = points.filter((p) => p.val_loss !== null);
  const last = points.at(-1)!;
  const end = `At the end of training ${percent(last.rate)} of its jokes are copies`;
  const best = known.reduce<SnapshotAudit | undefined>(
    (a, b) => (a && a.val_loss! <= b.val_loss! ? a : b),
    undefined,
  );
  if (best === undefined || best === last) return end;
  const [what, from, to] =
    best.extraction && last.extraction
      ? (["what it can recite goes", best.extraction.training.rate, last.extraction.training.rate] as const)
      : (["copies go", best.rate, last.rate] as const);
  return `Past step ${count(best.step)} it learns no more about unseen jokes; ${what} from ${percent(from)} to ${percent(to)}`;
}
