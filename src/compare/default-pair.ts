/**
 * The GPT-2 and the BERT that are compared where no model is named: the published ones where both are in the Hub's
 * cache, else the two that come with the package. One of each would differ too much in size for their times to compare.
 */
import type { BuiltInName } from "../hub/built-in.ts";
import { cachedModel } from "../hub/pull.ts";
import type { HubSettings } from "../hub/settings.ts";

export const publishedPair = { causal: "gpt2", masked: "bert-base-uncased" } as const;
export const builtInNamesOf = {
  causal: "punchline-gpt2",
  masked: "punchline-bert",
} as const satisfies Readonly<Record<string, BuiltInName>>;

const PUBLISHED = [publishedPair.causal, publishedPair.masked] as const;
const BUILT_IN = [builtInNamesOf.causal, builtInNamesOf.masked] as const;

export interface DefaultPair {
  readonly models: readonly [gpt: string, bert: string];
  /** Which pair it is and why, in a sentence. */
  readonly reason: string;
}

export async function defaultPair(settings?: Partial<HubSettings>): Promise<DefaultPair> {
  const missing: string[] = [];
  for (const name of PUBLISHED) {
    if ((await cachedModel(name, settings)) === undefined) missing.push(name);
  }
  if (missing.length === 0)
    return {
      models: PUBLISHED,
      reason: `No model is named, so these are ${PUBLISHED.join(" and ")}, which lie in the Hub's cache.`,
    };
  return {
    models: BUILT_IN,
    reason: `No model is named, so these are ${BUILT_IN.join(" and ")}, which come with Punchline: ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} not in the Hub's cache.`,
  };
}
