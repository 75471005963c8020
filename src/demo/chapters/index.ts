/** The chapters of the demo, in their order. A new one is a file and a line here. */
import { didYouMean } from "../../core/did-you-mean.ts";
import { UsageError } from "../../core/errors.ts";
import type { DemoChapter } from "../context.ts";
import type { ChapterName } from "../state.ts";
import { characters } from "./characters.ts";
import { cities } from "./cities.ts";
import { compare } from "./compare.ts";
import { gpt } from "./gpt.ts";
import { novelty } from "./novelty.ts";

export const demoChapters: readonly DemoChapter[] = [cities, characters, gpt, novelty, compare];

export const chapterNames: readonly ChapterName[] = demoChapters.map(({ name }) => name);

/** The chapters of these names, in their order; all where none is named. @throws UsageError for an unknown one */
export function chaptersOf(names: readonly string[]): readonly DemoChapter[] {
  for (const name of names) {
    if (chapterNames.some((known) => known === name)) continue;
    throw new UsageError(`The demo has no chapter "${name}"; ${didYouMean(name, chapterNames)}`, {
      option: "chapters",
      value: name,
      expected: chapterNames,
    });
  }
  return names.length === 0 ? demoChapters : demoChapters.filter(({ name }) => names.includes(name));
}
