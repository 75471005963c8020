/** Chapter: every architecture on the same data for the same time. */
import type { ArchitectureResult } from "../../compare/architectures.ts";
import type { Grid } from "../../compare/grid.ts";
import { type Lead, tooNear } from "../../evaluate/lead.ts";
import { learningCurvesChart } from "../charts/learning-curves.ts";
import { type Chapter, figure, fold } from "../figure.ts";
import { bits, bytes, compact, count, decimal, duration, rate } from "../format.ts";
import { gridTable } from "../grid.ts";
import { html } from "../html.ts";
import { dataTable, numbers } from "../table.ts";

export interface ArchitecturesData {
  /** Seconds of training for each. */
  readonly seconds: number;
  readonly models: readonly ArchitectureResult[];
  /** Those that could not be trained. */
  readonly failed?: readonly { readonly name: string; readonly reason: string }[] | undefined;
  /** Bits per character by architecture and size, where sizes were compared. */
  readonly grid?: Grid | null | undefined;
  /** Whether the best is ahead of the next by more than chance. */
  readonly lead?: Lead | null | undefined;
  /** The texts that all were evaluated on. */
  readonly validation?: { readonly texts: number; readonly characters: number } | undefined;
  readonly command: string;
}

/** More curves than these hide each other. */
const MOST_CURVES = 8;

const ranked = (models: readonly ArchitectureResult[]): readonly ArchitectureResult[] =>
  models.toSorted((a, b) => a.bits_per_character - b.bits_per_character);

export const architectures: Chapter<ArchitecturesData> = {
  id: "architectures",
  title: "Which network to choose",
  finding: ({ models, seconds, lead }) => {
    const [best] = ranked(models);
    if (best === undefined) return "No model was trained.";
    return lead?.conclusive === false
      ? `With ${duration(seconds)} each on the same texts, ${tooNear(lead)}.`
      : `With ${duration(seconds)} each on the same texts, ${best.name} comes furthest: ${bits(best.bits_per_character)} per character.`;
  },
  render: ({ models, failed = [], grid, validation, lead, seconds, command }) => {
    const order = ranked(models);
    const [best] = order;
    const fastest = Math.max(...models.map((m) => m.characters_per_s));
    const sampling = Math.max(...models.map((m) => m.sampling_per_s));
    const how = `Each model trained alone, ${duration(seconds)} of steps on the same split; validation, which is not counted as time, on the same ${validation ? `${count(validation.characters)} characters` : "texts"} that none had seen. Words that a vocabulary lacks are counted with their spelling.`;
    const drawn = order.slice(0, MOST_CURVES).map(({ name, curve }) => ({ model: name, curve }));
    const ofAll = drawn.length < models.length ? `; the best ${MOST_CURVES} of ${models.length}` : "";
    return [
      html`<p>Time is what one has little of, so each network got the same time and not the same number of steps.</p>`,
      failed.length > 0 &&
        html`<p class="caveat">${failed.map(({ name, reason }) => `${name} could not be trained: ${reason}`).join(" ")}</p>`,
      grid && gridTable(grid),
      figure({
        id: "architectures-seconds",
        title:
          lead?.conclusive === false
            ? `${lead.best} and ${lead.next} learn most in the time, too near each other to call`
            : `${best?.name ?? "Nothing"} learns most in the time`,
        subtitle: `Bits per character on validation texts, against the clock; the weights of the lowest point are kept${ofAll}`,
        content: learningCurvesChart({
          id: "architectures-seconds-chart",
          models: drawn,
          against: "seconds",
        }),
        how,
        command,
      }),
      figure({
        id: "architectures-characters",
        title: "The same, against what each has read",
        subtitle: `A model that learns more from each character is further down; a faster one, further right${ofAll}`,
        content: learningCurvesChart({
          id: "architectures-characters-chart",
          models: drawn,
          against: "characters",
        }),
        folded: true,
        how,
        command,
      }),
      dataTable<ArchitectureResult>({
        caption: "The networks, best first",
        columns: [
          { header: "Model", cell: (m) => m.name },
          numbers("Bits/char.", (m) => decimal(m.bits_per_character, 2)),
          numbers("Parameters", (m) => compact(m.parameters)),
          numbers(
            "Trains, char.",
            (m) => rate(m.characters_per_s),
            (m) => m.characters_per_s / fastest,
          ),
          numbers(
            "Writes, char.",
            (m) => rate(m.sampling_per_s),
            (m) => m.sampling_per_s / sampling,
          ),
          numbers("On disk", (m) => bytes(m.bytes)),
        ],
        rows: order,
        strong: (m) => m === best && lead?.conclusive !== false,
      }),
      fold({
        id: "architectures-texts",
        title: "A text from each",
        content: html`<dl class="answers">${order.map((m) => html`<div><dt>${m.name}</dt><dd class="joke">${m.sample.trim()}</dd></div>`)}</dl>`,
      }),
    ];
  },
};
