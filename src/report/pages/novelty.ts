/** The audit of one model as a page of its own. */
import type { ModelAudit } from "../../evaluate/novelty/audit-model.ts";
import { percent } from "../format.ts";
import { provenance, writePage } from "./page-file.ts";

export async function noveltyPage(
  file: string,
  model: string,
  command: string,
  audit: ModelAudit,
): Promise<void> {
  await writePage(file, {
    title: `Does ${model} invent, or does it remember?`,
    standfirst: audit.verdict,
    key: [
      ...figure(audit.rate, "of these texts are copies"),
      ...figure(audit.baseline.rate, "of unseen real texts would be called so"),
      ...figure(audit.extraction?.training.rate, "of training texts completed word for word"),
    ],
    chapters: { novelty: { indexed: audit.indexed, audits: [{ model, command, ...audit }] } },
    provenance: provenance(command),
  });
}

const figure = (rate: number | null | undefined, label: string) =>
  rate === null || rate === undefined ? [] : [{ value: percent(rate), label }];
