/** What stands on top of the page and at the end in the terminal: the best of what was made, and never noise. */
import { listed } from "../core/sentence.ts";
import type { ChapterResults } from "./state.ts";

export interface Hero {
  readonly text: string;
  /** What it is, and why it was chosen, in a sentence or two. */
  readonly byline: string;
  readonly kind: "joke" | "names";
}

/** Names that are shown where no joke is good enough. */
const NAMES = 6;

/**
 * The joke that reads best to a model that did not write it, where one reads well enough (best.ts); else names of cities
 * that a model made up.
 */
export function heroOf({ cities, characters, gpt }: ChapterResults): Hero | undefined {
  const jokes = [
    { who: "the character model", best: characters?.best },
    { who: "the fine-tuned GPT-2", best: gpt?.best },
  ].flatMap(({ who, best }) => (best === undefined ? [] : [{ who, best }]));
  const top = jokes.toSorted((a, b) => b.best.reads - a.best.reads)[0];
  if (top !== undefined) {
    const { who, best } = top;
    const { text, temperature, of, passed } = best;
    return {
      text,
      byline: `By ${who}, at temperature ${temperature}. It wrote ${of} texts; ${passed === 1 ? "one is" : `${passed} are`} whole, new, in real words, and no worse to read than one real joke in four. To the pre-trained GPT-2, which had seen no joke, this one reads best.`,
      kind: "joke",
    };
  }
  const made = cities?.written.filter(({ known, text }) => !known && /^\p{Lu}\p{L}{3,}/u.test(text)) ?? [];
  if (made.length === 0) return undefined;
  const tried = characters !== undefined || gpt !== undefined;
  return {
    text: `${listed(made.slice(0, NAMES).map(({ text }) => text))}.`,
    byline: `Names of cities that are in no list, by the first model.${tried ? " No joke of this short training is whole, new, in real words and reads as real jokes do; longer training writes better ones." : ""}`,
    kind: "names",
  };
}
