/** The comparison of architectures as a page of its own. */
import type { ArchitecturesResult } from "../../compare/architectures.ts";
import { bits, compact, duration, rate } from "../format.ts";
import { provenance, writePage } from "./page-file.ts";

/** @param command shown on the page as the one that made it */
export async function architecturesPage(
  file: string,
  command: string,
  { seconds, models, failed, grid, validation, lead }: ArchitecturesResult,
): Promise<void> {
  const [best] = models;
  const fastest = (speed: "characters_per_s" | "sampling_per_s", does: string) => {
    const winner = models.reduce((a, b) => (b[speed] > a[speed] ? b : a));
    return { value: rate(winner[speed]), label: `characters: ${winner.name} ${does} fastest` };
  };
  await writePage(file, {
    title: "The same texts, the same time",
    standfirst: `${models.length === 1 ? "One network" : `${models.length} networks`} trained on this machine for ${duration(seconds)} each, on the same texts, ${grid ? "in several sizes" : "with about as many parameters"}.`,
    key: best
      ? [
          {
            value: bits(best.bits_per_character),
            label: `per character of the validation texts: ${best.name}${lead?.conclusive === false ? `; ${lead.next} is as near as chance` : ", the best"}`,
          },
          fastest("characters_per_s", "trains"),
          fastest("sampling_per_s", "writes"),
          { value: compact(best.inner_parameters), label: "parameters, the vocabulary's left out" },
        ]
      : [],
    chapters: { architectures: { seconds, models, failed, grid, validation, lead, command } },
    provenance: provenance(command),
  });
}
