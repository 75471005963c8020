/** The comparison of models as a page of its own. */
import { caseNames } from "../../compare/answers.ts";
import type { Comparison } from "../../compare/results.ts";
import { listed } from "../../core/sentence.ts";
import { compact, significant } from "../format.ts";
import { provenance, writePage } from "./page-file.ts";

export async function comparePage(file: string, command: string, comparison: Comparison): Promise<void> {
  const { models } = comparison;
  const said = [problemsOf(comparison), ...comparison.notes].filter((sentence) => sentence !== undefined);
  const caveat = said.length > 0 ? said.join(" ") : undefined;
  // In other precisions or by other engines they are the same models.
  const [first] = models;
  const shown = models.filter(
    ({ precision, engine }) =>
      precision === null || (precision === first!.precision && engine === first!.engine),
  );
  await writePage(file, {
    title: "GPT or BERT?",
    standfirst: `What ${listed(shown.map(({ model }) => model))} ${shown.length > 1 ? "predict" : "predicts"} for the same blank, what they look at, and how long they take, measured on this machine.`,
    key: [
      ...fasterFigure(comparison),
      ...shown.flatMap(({ model, predictions, parameters }) => [
        ...(predictions[0]?.token.trim()
          ? [{ value: predictions[0].token.trim(), label: `${model} puts in the blank` }]
          : []),
        ...(parameters === null ? [] : [{ value: compact(parameters), label: `parameters of ${model}` }]),
      ]),
    ].slice(0, 4),
    chapters: { compare: { ...comparison, caveat, command } },
    provenance: provenance(command),
  });
}

function fasterFigure({ ratios }: Comparison) {
  const ratio = ratios.find((r) => r.case === caseNames.fill);
  if (ratio === undefined) return [];
  const on = "from the text to the word for its blank";
  if (!ratio.conclusive) return [{ value: "cannot tell", label: `which is faster here, ${on}` }];
  const times = `${significant(ratio.ratio, 2)} times`;
  return [{ value: times, label: `as fast ${on}: ${ratio.faster}, against ${ratio.slower}` }];
}

/** What went wrong, in sentences; undefined where nothing did. */
export function problemsOf({ failed, interrupted }: Comparison): string | undefined {
  const problems = [
    ...failed.map(({ model, reason }) => `${model} could not be compared: ${reason}`),
    ...(interrupted ? ["The comparison was interrupted, so something may be missing."] : []),
  ];
  return problems.length > 0 ? problems.join(" ") : undefined;
}
