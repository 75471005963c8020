/** The built-in models beside the page, read once, when they are first needed. */
import type { Backend } from "punchline/engine";
import { fetchedFiles, type LanguageModel, openRun } from "punchline/web";

/** The models beside the page. */
export const isBuiltIn = (name: string): boolean => name === "punchline-gpt2" || name === "punchline-bert";

export type OpenBuiltIn = (name: string, onLoad?: (stage: string) => void) => Promise<LanguageModel>;

/** @param folder of the models */
export function builtInModels(backend: Backend, folder: URL): OpenBuiltIn {
  const opened = new Map<string, LanguageModel>();
  return async (name, onLoad) => {
    const known = opened.get(name);
    if (known) return known;
    onLoad?.(`Loading ${name}`);
    const lm = await openRun(fetchedFiles(new URL(`${name}/`, folder)), backend);
    opened.set(name, lm);
    return lm;
  };
}
