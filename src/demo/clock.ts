/** How long the demo will still take: the expected seconds of its chapters, less what has passed. */
import type { DemoChapter } from "./context.ts";
import type { DemoPlan } from "./plan.ts";
import type { ChapterName } from "./state.ts";

export class DemoClock {
  /** Expected seconds of each chapter that is to come. */
  readonly #expected: readonly number[];
  #chapter = 0;
  #begun = performance.now();

  /**
   * @param todo in their order
   * @param isDone of chapters: where a chapter uses the models of one that is neither done nor before it in `todo`,
   * their training counts too
   */
  constructor(
    todo: readonly DemoChapter[],
    all: readonly DemoChapter[],
    plan: DemoPlan,
    isDone: (name: ChapterName) => boolean,
  ) {
    const trained = new Set(all.filter(({ name }) => isDone(name)).map(({ name }) => name));
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
