/** Chapter: does the model invent, or has it remembered? */
import { listed } from "../../core/sentence.ts";
import type { Rate } from "../../evaluate/intervals.ts";
import type { ModelAudit, SnapshotAudit } from "../../evaluate/novelty/audit-model.ts";
import type { AuditedText } from "../../evaluate/novelty/auditor.ts";
import type { Extraction } from "../../evaluate/novelty/extraction.ts";
import { CLOSE, leftOutByReason, tellingNearest } from "../../evaluate/novelty/finding.ts";
import type { MembershipSignal, SignalQuality } from "../../evaluate/novelty/membership.ts";
import { shortened } from "../../evaluate/novelty/shortened.ts";
import { memorisationChart } from "../charts/memorisation.ts";
import { noveltyCurveChart, similarityChart } from "../charts/novelty.ts";
import { type RateRow, ratesChart } from "../charts/rates.ts";
import { type Chapter, figure, more } from "../figure.ts";
import { count, decimal, percent, percentInterval } from "../format.ts";
import { differences } from "../highlight.ts";
import { type Content, type Html, html } from "../html.ts";
import { joke, marksNote, verdictLabel } from "../jokes.ts";
import { sameCueFigure } from "../same-cue.ts";
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
  finding: ({ audits }) => answer(audits),
  render: ({ indexed, audits }) => {
    const [shown] = audits.toSorted((a, b) => likest(b) - likest(a));
    const name = (a: AuditedModel) => titles(a.model, audits.length > 1);
    return [
      html`<p>Every text was looked up, whole and in parts, in the ${count(indexed)} jokes that were learned from. Two people can have the same idea, and many real jokes resemble one another: the yardstick is what the same lookup says about real jokes that were never seen.</p>`,
      shown && nearestSamples(shown, audits.indexOf(shown), name(shown), false),
      audits.length > 0 && rates(audits),
      audits.map((a, i) => [
        a !== shown && nearestSamples(a, i, name(a), true),
        ...audit(a, `novelty-${i}`, name(a)),
      ]),
    ];
  },
};

/** Titles of figures, which name the model where there are several. */
const titles =
  (model: string, several: boolean) =>
  (title: string): string => {
    const named = several ? `${model}: ${title}` : title;
    return named.charAt(0).toUpperCase() + named.slice(1);
  };

/** The similarity of the sample that is nearest to the training data. */
const likest = ({ samples }: AuditedModel): number =>
  Math.max(0, ...samples.map((s) => (s.copy ? 1 : 0) + (s.nearest[0]?.similarity ?? 0)));

/** The answer for all models, the plain one first. */
function answer(audits: NoveltyData["audits"]): string {
  const copying = audits.filter(({ finding }) => finding === "more").map(({ model }) => model);
  const tooFew = audits.every(({ finding }) => finding === "too-few") && "There are too few texts to tell.";
  if (audits.every(({ copies }) => copies === 0)) {
    const looked = listed(audits.map(({ model, n }) => `${count(n)} texts by ${model}`));
    return `${tooFew || "New."} Of ${looked}, none is a copy of a training joke.`;
  }
  const told =
    copying.length === 0
      ? tooFew || "New, no more alike than chance would have it."
      : copying.length === audits.length
        ? "Some of it is remembered."
        : `Some of what ${listed(copying)} wrote is remembered.`;
  const copies = listed(
    audits.map(({ model, copies, n }) => `${count(copies)} of ${count(n)} texts by ${model}`),
  );
  return `${told} Copies of training jokes are ${copies}.`;
}

const findings: Readonly<Record<AuditedModel["finding"], string>> = {
  more: "more than chance likeness explains",
  fewer: "fewer than among real unseen jokes",
  alike: "the difference from real unseen jokes is within chance",
  "too-few": "too few to conclude anything",
};

/** All models on one scale, with real jokes that they never saw. */
function rates(audits: readonly AuditedModel[]): Html {
  const [{ baseline, training }] = audits as readonly [AuditedModel];
  const said = audits.map(
    (a) => `Of ${count(a.n)} samples of ${a.model} ${shareOf(a)} are copies: ${findings[a.finding]}. `,
  );
  return figure({
    id: "novelty-rates",
    title: "How much is copied",
    subtitle: "Share of texts that are copies of training jokes, with 95 % intervals",
    content: ratesChart({
      id: "novelty-rates-chart",
      title: "Share of texts that are copies of training jokes",
      rows: [
        ...audits.map((a) => rateRow(a.model, a, true)),
        rateRow(`Real jokes ${audits.length > 1 ? "they" : "it"} never saw`, baseline),
      ],
      unit: "% that are copies",
    }),
    folded: true,
    how: `${said.join("")}The same rule calls ${shareOf(baseline)} of ${count(baseline.n)} held-out jokes copies${training === undefined ? "" : `, and ${percent(training.rate)} of ${count(training.n)} jokes of the training split`}; intervals by Wilson's score.`,
    command: audits.map(({ command }) => command),
  });
}

/** The samples nearest to the training data, of those that are near at all. */
function nearestSamples(
  { samples, n, command }: AuditedModel,
  i: number,
  name: (title: string) => string,
  folded: boolean,
): Html {
  const nearest = mostCopied(samples.map(shortened), MOST).filter((s) => tellingNearest(s) !== undefined);
  if (nearest.length === 0)
    return html`<p>${name("none")} of ${count(n)} samples is ${percent(CLOSE)} or more like a training joke.</p>`;
  return figure({
    id: `novelty-${i}-samples`,
    title: name("where the words come from"),
    folded,
    subtitle: "What the model wrote, and the nearest training joke with the differences underlined",
    width: "wide",
    content: html`${pairs(nearest.slice(0, FIRST))}${nearest.length > FIRST && more(`${nearest.length - FIRST} more`, pairs(nearest.slice(FIRST)))}${marksNote()}`,
    how: `The ${count(nearest.length)} samples nearest to the training split, of ${count(n)}: copies, and those that are ${percent(CLOSE)} or more alike.`,
    command,
  });
}

function audit(a: AuditedModel, id: string, name: (title: string) => string): readonly Content[] {
  const { command, checkpoints } = a;
  const nearest = a.samples.map((s) => s.nearest[0]?.similarity ?? 0);
  const folded = true;
  return [
    sameCueFigure(a, {
      id: `${id}-cues`,
      title: name("the same beginning, continued twice"),
      folded,
      command,
    }),
    a.n_novelty.model.length > 0 &&
      figure({
        id: `${id}-curve`,
        title: name(noveltyTitle(a.n_novelty)),
        folded,
        subtitle: "Share of word sequences that do not occur in the training data, by their length",
        content: noveltyCurveChart({ id: `${id}-curve-chart`, ...a.n_novelty }),
        how: `Every run of so many words of ${count(a.n)} samples, and of ${count(a.baseline.n)} held-out jokes, looked up in the training split.`,
        command,
      }),
    a.heldout_nearest.length > 0 &&
      figure({
        id: `${id}-similarity`,
        title: name("how near the nearest joke is"),
        folded,
        subtitle: "Share of texts with a nearest training joke that is at least so similar",
        content: similarityChart({
          id: `${id}-similarity-chart`,
          model: nearest,
          heldout: a.heldout_nearest,
        }),
        how: `${count(nearest.length)} samples and ${count(a.heldout_nearest.length)} held-out jokes against the training split; a curve further right means nearer texts.`,
        command,
      }),
    checkpoints !== undefined &&
      checkpoints.length > 1 &&
      figure({
        id: `${id}-checkpoints`,
        title: name(memorisationTitle(checkpoints)),
        folded,
        subtitle:
          checkpoints[0]!.extraction === undefined
            ? "Copies among samples, and losses, at snapshots of one training"
            : "Copies among samples, training texts completed word for word from their beginnings, unseen texts completed so, and losses, at snapshots of one training",
        content: memorisationChart({ id: `${id}-checkpoints-chart`, points: checkpoints }),
        how: "As many samples of every snapshot, from the same seed, judged by the same rule; losses of the training and the validation split.",
        command,
      }),
    recalled(a, id, name),
  ];
}

/** What the model completes word for word, and how well training jokes can be told from unseen ones. */
function recalled(a: AuditedModel, id: string, name: (title: string) => string): Html | false {
  const { extraction, before, membership = [], notes = [], membership_left_out = [] } = a;
  const leftOut = leftOutByReason(membership_left_out);
  if (extraction === undefined && membership.length === 0 && notes.length === 0 && leftOut.length === 0)
    return false;
  return figure({
    id: `${id}-recalled`,
    title: name(
      extraction === undefined
        ? "can training jokes be distinguished from unseen ones?"
        : `it completes ${percent(extraction.training.rate)} of the training jokes word for word`,
    ),
    folded: true,
    content: [
      extraction &&
        html`<p>Given the first ${count(extraction.prefix)} tokens of a joke, the model completes ${shareOf(extraction.training)} of ${count(extraction.training.n)} training jokes word for word, and ${shareOf(extraction.heldout)} of ${count(extraction.heldout.n)} jokes it never saw.${before && ` ${recalledBefore(before, extraction)}`}</p>`,
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
      notes.map((note) => html`<p class="note">${note}</p>`),
      leftOut.map(
        ({ signals: missing, reason }) =>
          html`<p class="note">Left out of what tells a joke that was learned: ${missing.map((signal) => signals[signal]).join("; ")}. ${reason}</p>`,
      ),
    ],
    how: "Jokes of the training split against jokes held out, with 95 % intervals of the rates.",
    command: a.command,
  });
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

/** Samples beside their nearest training jokes: all, and those that are seen at once. */
const MOST = 8;
const FIRST = 3;

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
<div class="real"><p class="joke">${s.copy ? s.nearest[0]?.text.trim() : s.nearest[0] && differences(s.nearest[0].text.trim(), s.text)}</p><p class="note">real</p></div></li>
`,
  )}</ol>`;
}

function noveltyTitle({ model, heldout }: { model: readonly number[]; heldout: readonly number[] }): string {
  const n = Math.min(4, model.length, heldout.length);
  return `of its ${n}-word sequences ${percent(model[n - 1])} are new, against ${percent(heldout[n - 1])} in real unseen jokes`;
}

function memorisationTitle(points: readonly SnapshotAudit[]): string {
  const known = points.filter((p) => p.val_loss !== null);
  const last = points.at(-1)!;
  const end = `at the end of training ${percent(last.rate)} of its jokes are copies`;
  const best = known.reduce<SnapshotAudit | undefined>(
    (a, b) => (a && a.val_loss! <= b.val_loss! ? a : b),
    undefined,
  );
  if (best === undefined || best === last) return end;
  const [what, from, to] =
    best.extraction && last.extraction
      ? (["what it can recite goes", best.extraction.training.rate, last.extraction.training.rate] as const)
      : (["copies go", best.rate, last.rate] as const);
  return `past step ${count(best.step)} it learns no more about unseen jokes; ${what} from ${percent(from)} to ${percent(to)}`;
}
