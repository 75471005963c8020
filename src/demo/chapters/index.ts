/** The chapters of the story, in their order: a new one is a file and a line here. */
import { didYouMean, UsageError } from "../../core/errors.ts";
import type { StoryChapter } from "../context.ts";
import type { ChapterName } from "../state.ts";
import { characters } from "./characters.ts";
import { compare } from "./compare.ts";
import { gpt } from "./gpt.ts";
import { novelty } from "./novelty.ts";

export const storyChapters: readonly StoryChapter[] = [characters, gpt, novelty, compare];

/** Their names, in order. */
export const chapterNames: readonly ChapterName[] = storyChapters.map(({ name }) => name);

/** The chapters of these names, in the story's order; all where none is named. @throws UsageError */
export function chaptersOf(names: readonly string[]): readonly StoryChapter[] {
  for (const name of names) {
    if (chapterNames.some((known) => known === name)) continue;
    throw new UsageError(`The story has no chapter "${name}": ${didYouMean(name, chapterNames)}`, { name });
  }
  return names.length === 0 ? storyChapters : storyChapters.filter(({ name }) => names.includes(name));
}
