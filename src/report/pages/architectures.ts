/** The comparison of architectures as a page of its own. */
import type { ArchitecturesResult } from "../../compare/architectures.ts";
import { bits, compact, duration, rate } from "../index.ts";
import { provenance, writePage } from "./page-file.ts";

/** @param command shown on the page as the one that made it */
export async function architecturesPage(
  file: string,
  command: string,
  { seconds, models, failed, validation, lead }: ArchitecturesResult,
): Promise<void> {
  const [best] = models;
  const most = <T>(of: (m: (typeof models)[number]) => number, say: (m: (typeof models)[number]) => T) =>
    models.length === 0 ? [] : [say(models.reduce((a, b) => (of(b) > of(a) ? b : a)))];
  await writePage(file, {
    title: "The same texts, the same time",
    standfirst: `${models.length === 1 ? "One network" : `${models.length} networks`} trained on this machine for ${duration(seconds)} each, on the same texts, with about as many parameters.`,
    key: [
      ...(best
        ? [
            {
              value: bits(best.bits_per_character),
              label: `per character of the validation texts: ${best.model}${lead?.conclusive === false ? `; ${lead.next} is as near as chance` : ", the best"}`,
            },
          ]
        : []),
      ...most(
        (m) => m.characters_per_s,
        (m) => ({ value: rate(m.characters_per_s), label: `characters: ${m.model} trains fastest` }),
      ),
      ...most(
        (m) => m.sampling_per_s,
        (m) => ({ value: rate(m.sampling_per_s), label: `characters: ${m.model} writes fastest` }),
      ),
      ...(best
        ? [{ value: compact(best.inner_parameters), label: "parameters, the vocabulary's left out" }]
        : []),
    ],
    chapters: { architectures: { seconds, models, failed, validation, lead, command } },
    provenance: provenance(command),
  });
}
