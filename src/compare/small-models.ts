/** What the times of small models say, and what not. */
import type { ComparedModel } from "./results.ts";

/** Below so many parameters, a transformer's times say little about the published sizes, from 66M (DistilBERT) up. */
const SMALL = 3e7;

/** That some transformers are small, and which figures hold for large ones. */
export function smallModelNotes(
  models: readonly Pick<ComparedModel, "model" | "kind" | "parameters">[],
): string[] {
  const small = new Map(
    models.flatMap(({ model, kind, parameters }) =>
      (kind === "causal" || kind === "masked") && parameters !== null && parameters < SMALL
        ? [[model, parameters] as const]
        : [],
    ),
  );
  if (small.size === 0) return [];
  const names = [...small].map(([name, n]) => `${name} (${(n / 1e6).toPrecision(2)}M parameters)`);
  return [
    `${names.join(" and ")} ${small.size > 1 ? "are" : "is"} small: what a model sees and what it can be asked holds for its kind at any size, but these times do not carry over to models such as GPT-2 with 124M.`,
  ];
}
