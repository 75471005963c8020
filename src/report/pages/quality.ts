/** Several runs side by side as a page of their own, and as the rows of its tables. */
import { listed } from "../../core/sentence.ts";
import type { MeasuredRun } from "../../evaluate/quality/measure-run.ts";
import type { QualityReport, QualityResult } from "../../evaluate/quality/quality-report.ts";
import { encoderPerplexities, isRanked } from "../../evaluate/quality/ranking.ts";
import { percent } from "../format.ts";
import type { RunMeasures } from "../index.ts";
import { provenance, writePage } from "./page-file.ts";

/** The rows of the tables, the real texts first. */
export function qualityRows({ report }: QualityResult): readonly RunMeasures[] {
  return [
    { name: "real texts", ...report.reference },
    ...report.runs.map((run) => ({ name: run.run, ...run })),
  ];
}

/** The split that the runs predict, where they predict any. */
export const splitOf = ({ runs }: QualityReport): string | undefined =>
  runs.find(({ split }) => split !== undefined)?.split;

/** How the figures were measured, in a sentence or two. */
export function qualityProtocol({ report }: QualityResult): string {
  const { reference, encoder, encoders, temperature, seed, data } = report;
  const judged = encoders.find((one) => one.encoder === encoder);
  const read =
    encoder === null || judged === undefined
      ? ""
      : ` MAUVE with the mean vectors of ${encoder} as encoder, ${reference.texts} texts a side; ${encoderPerplexities(judged)}.`;
  const split = splitOf(report);
  const predicted = split === undefined ? "" : ` What a run predicts is the ${split} split.`;
  return `${reference.texts} texts of each run at temperature ${temperature}, seed ${seed}, next to as many real ones of ${data.held_out} held out.${predicted} Real words are those of the ${data.train} training texts, whatever their case.${read}`;
}

/** @param command shown on the page as the one that made it */
export async function qualityPage(file: string, command: string, result: QualityResult): Promise<void> {
  const { report, measured, seconds } = result;
  const [reference, ...rows] = qualityRows(result);
  await writePage(file, {
    title: report.runs.length === 1 ? `How good is ${report.runs[0]!.run}?` : "Which run is better?",
    standfirst: `What ${listed(report.runs.map(({ run }) => run))} ${report.runs.length === 1 ? "predicts and writes" : "predict and write"}, next to real texts that ${report.runs.length === 1 ? "it has" : "they have"} not seen.`,
    key: report.runs.slice(0, 2).flatMap(({ run, bits_per_character, novelty, split, own_texts }) => [
      ...(bits_per_character === undefined
        ? []
        : [
            {
              value: `${bits_per_character.toFixed(2)} bits`,
              label: `per character of ${own_texts ? "its own " : ""}${split} texts: ${run}`,
            },
          ]),
      { value: percent(novelty.rate ?? 0), label: `of its texts are copies: ${run}` },
    ]),
    chapters: {
      runs: {
        reference: reference!,
        runs: rows,
        lead: report.lead,
        split: splitOf(report),
        learning: measured.flatMap(learning),
        samples: measured.map(({ quality, samples }) => ({ name: quality.run, samples })),
        how: qualityProtocol(result),
        notes: [
          ...report.notes,
          ...report.runs.flatMap(({ notes }) => notes),
          ...report.failed.map(({ run, reason }) => `${run} could not be measured: ${reason}`),
        ],
        command,
      },
    },
    provenance: provenance(command, seconds),
  });
}

/** The validations of a run's log in bits per character. */
function learning({ quality, log }: MeasuredRun) {
  const { run, loss, bits_per_character } = quality;
  if (loss === undefined || bits_per_character === undefined || !isRanked(quality)) return [];
  const curve = log.flatMap(({ seconds, tokens, val_loss }) =>
    val_loss === undefined
      ? []
      : [{ seconds, characters: tokens, bits_per_character: (val_loss * bits_per_character) / loss }],
  );
  return [{ model: run, curve }];
}
