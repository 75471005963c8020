/** How long the story will still take: expected seconds of its chapters, less what has passed. */

import type { StoryChapter } from "./context.ts";
import type { StoryPlan } from "./plan.ts";
import type { ChapterName } from "./state.ts";

export class StoryClock {
  /** Expected seconds of each chapter that is to be told. */
  readonly #expected: readonly number[];
  #chapter = 0;
  #begun = performance.now();

  /**
   * @param todo in the order in which they will be told
   * @param isTold of chapters: where a chapter uses the models of one that is neither told nor to be told before
   * it, the time for these counts as well
   */
  constructor(
    todo: readonly StoryChapter[],
    all: readonly StoryChapter[],
    plan: StoryPlan,
    isTold: (name: ChapterName) => boolean,
  ) {
    const trained = new Set(all.filter(({ name }) => isTold(name)).map(({ name }) => name));
    this.#expected = todo.map((chapter) => {
      const missing = all.filter(({ name }) => chapter.uses.includes(name) && !trained.has(name));
      for (const { name } of [chapter, ...missing]) trained.add(name);
      return [chapter, ...missing].reduce((sum, c) => sum + c.seconds(plan), 0);
    });
  }

  /** The chapter at this place of the list begins now. */
  begin(chapter: number): void {
    this.#chapter = chapter;
    this.#begun = performance.now();
  }

  secondsOfChapter(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  secondsLeft(): number {
    const now = Math.max(0, (this.#expected[this.#chapter] ?? 0) - this.secondsOfChapter());
    return this.#expected.slice(this.#chapter + 1).reduce((sum, seconds) => sum + seconds, now);
  }
}
