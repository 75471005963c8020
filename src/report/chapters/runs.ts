/** Chapter: several runs side by side, under the same measures of real texts. */
import type { LearningPoint } from "../../compare/architectures.ts";
import { type Lead, tooNear } from "../../evaluate/lead.ts";
import type { AuditedText } from "../../evaluate/novelty/auditor.ts";
import { isRanked } from "../../evaluate/quality/ranking.ts";
import { learningCurvesChart } from "../charts/learning-curves.ts";
import { type Chapter, figure, repeat } from "../figure.ts";
import { bits, count } from "../format.ts";
import { type Html, html } from "../html.ts";
import { sampleColumns } from "../jokes.ts";
import { legendOf, type MeasureGroup, measureGroups, type RunMeasures, rowsOf } from "../run-measures.ts";
import { type Column, dataTable, numbers } from "../table.ts";

export interface RunsData {
  /** The same measures of held-out real texts. */
  readonly reference: RunMeasures;
  readonly runs: readonly RunMeasures[];
  /** Whether the run that predicts best is ahead of the next by more than chance. */
  readonly lead?: Lead | null | undefined;
  /** The split that the runs predict. Default: unseen texts in general. */
  readonly split?: string | undefined;
  /** The validations of each during training, where its log has some. */
  readonly learning?:
    | readonly { readonly model: string; readonly curve: readonly LearningPoint[] }[]
    | undefined;
  /** The first texts of each run. */
  readonly samples?:
    | readonly { readonly name: string; readonly samples: readonly AuditedText[] }[]
    | undefined;
  /** Number of samples per run, and the encoder of MAUVE. */
  readonly how: string;
  /** What could not be measured, in sentences. */
  readonly notes?: readonly string[] | undefined;
  readonly command: string;
}

export const runs: Chapter<RunsData> = {
  id: "runs",
  title: "Side by side",
  finding: ({ runs: all, lead, split = "unseen" }) => {
    const known = all.filter(isRanked);
    const winner = known.reduce<RunMeasures | undefined>(
      (a, b) => (a && a.bits_per_character! <= b.bits_per_character! ? a : b),
      undefined,
    );
    if (winner === undefined)
      return `${count(all.length)} ${all.length === 1 ? "run" : "runs"}, measured alike.`;
    const said = `${bits(winner.bits_per_character)} per character`;
    if (lead?.conclusive === false) return `Of ${count(known.length)} runs, ${tooNear(lead)}.`;
    return known.length === 1
      ? `${winner.name} predicts ${split} texts with ${said}.`
      : `Of ${count(known.length)} runs, ${winner.name} predicts ${split} texts best, with ${said}.`;
  },
  render: ({ reference, runs: all, split, learning = [], samples = [], how, notes = [], command }) => {
    const rows = [reference, ...all];
    const curves = learning.filter(({ curve }) => curve.length > 1);
    return [
      html`<p>The first row gives the same measures for real texts that no model has seen: they are what the rest should be near.</p>`,
      measureGroups(rows, split).map((group) => table(group, rows, reference)),
      html`<p class="note">${how} ${repeat(command)}</p>`,
      notes.map((note) => html`<p class="note">${note}</p>`),
      curves.length > 0 &&
        figure({
          id: "runs-learning",
          title: "How they learned",
          subtitle: "Bits per character on validation texts, against seconds of training",
          content: learningCurvesChart({ id: "runs-learning-chart", models: curves, against: "seconds" }),
          folded: true,
          how: "Validation losses of each run’s own log, brought from nats per token to bits per character by the ratio of the two on the held-out texts above.",
          command,
        }),
      samples.length > 0 &&
        figure({
          id: "runs-samples",
          title: "What they write",
          subtitle: "The first texts of each",
          width: "wide",
          folded: true,
          content: sampleColumns(samples.map(({ name, samples }) => ({ title: name, samples }))),
          how: "Texts of each run as it wrote them; nothing was picked out.",
          command,
        }),
    ];
  },
};

function table(group: MeasureGroup, rows: readonly RunMeasures[], reference: RunMeasures): Html {
  const columns: readonly Column<RunMeasures>[] = [
    { header: "Texts of", cell: (m) => m.name },
    ...group.measures.map(({ header, cell }) => numbers(header, cell)),
  ];
  const legend = legendOf(group);
  return html`${dataTable({ caption: group.caption, columns, rows: rowsOf(group, rows), strong: (m) => m === reference })}
${legend !== "" && html`<p class="note">${legend}</p>`}
`;
}
