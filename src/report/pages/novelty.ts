/** The audit of one model as a page of its own. */
import type { ModelAudit } from "../../evaluate/novelty/audit-model.ts";
import { count, percent } from "../format.ts";
import { provenance, writePage } from "./page-file.ts";

export async function noveltyPage(
  file: string,
  model: string,
  command: string,
  audit: ModelAudit,
): Promise<void> {
  await writePage(file, {
    title: `Does ${model} invent, or does it remember?`,
    standfirst: `${count(audit.n)} texts that it wrote, looked up in the ${count(audit.indexed)} that it was trained on, compared with ${count(audit.baseline.n)} real ones that it never saw.`,
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
