/**
 * What a story has come to, as a file in its folder: chapters that are told, chapters that are still to be told,
 * and models that are trained. The file is written after every change, so a story that is killed goes on.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../files/atomic.ts";
import { readTextFile } from "../files/regular-file.ts";
import type { ReportChapters } from "../report/index.ts";
import type { TrainSummary } from "../train/session.ts";

export type ChapterName = "characters" | "gpt" | "novelty" | "compare";

/** What is to be known of a chapter to keep and to clear away what it has left. */
export interface ChapterRecord {
  readonly name: ChapterName;
  /** Chapters whose models it tells of; when they are trained anew, it has to be told anew. */
  readonly uses: readonly ChapterName[];
  /** Folders of the models that it trains itself. */
  readonly runs: readonly string[];
}

/** Everything that the story tells, by chapter. */
export type ToldChapters = Pick<ReportChapters, ChapterName>;

export interface FinishedRun {
  readonly summary: TrainSummary;
  readonly command: string;
}

interface Stored {
  /** What must be the same for what is there to be of use. */
  readonly settings: string;
  readonly pending: readonly ChapterName[];
  readonly runs: Readonly<Record<string, FinishedRun>>;
  /** Seconds that went into each chapter. */
  readonly seconds: Readonly<Partial<Record<ChapterName, number>>>;
}

const FILE = "story.json";

export class StoryState {
  readonly #folder: string;
  #stored: Stored;
  #told: ToldChapters;

  private constructor(folder: string, stored: Stored, told: ToldChapters) {
    this.#folder = folder;
    this.#stored = stored;
    this.#told = told;
  }

  /** Reads what is in `folder`; what was made with other settings is cleared away, chapter by chapter. */
  static async open(
    folder: string,
    settings: string,
    chapters: readonly ChapterRecord[],
  ): Promise<StoryState> {
    const fresh: Stored = { settings, pending: [], runs: {}, seconds: {} };
    const stored = (await readJson<Stored>(join(folder, FILE))) ?? { ...fresh, settings: "" };
    if (stored.settings !== settings) {
      const state = new StoryState(folder, fresh, {});
      // The settings are written when the last is cleared away: a kill before that leaves nothing that would pass for theirs.
      for (const chapter of chapters) await state.#remove(chapter);
      await state.#set({});
      return state;
    }
    const told = await Promise.all(
      chapters.map(async ({ name }) => [name, await readJson(join(folder, `${name}.json`))] as const),
    );
    return new StoryState(folder, stored, Object.fromEntries(told.filter(([, data]) => data !== undefined)));
  }

  get told(): ToldChapters {
    return this.#told;
  }

  get pending(): readonly ChapterName[] {
    return this.#stored.pending;
  }

  run(name: string): FinishedRun | undefined {
    return this.#stored.runs[name];
  }

  /** Seconds that went into the chapters that are told. */
  get seconds(): number {
    const { seconds } = this.#stored;
    return Object.keys(this.#told).reduce((sum, name) => sum + (seconds[name as ChapterName] ?? 0), 0);
  }

  /**
   * Makes up what is to be told: those of `wanted` that an earlier story left untold, or, where it left none,
   * all of `wanted` anew, their models included. Chapters that tell of a model which is trained anew are left
   * out of the page until they are told again.
   */
  async begin(wanted: readonly ChapterRecord[], all: readonly ChapterRecord[]): Promise<void> {
    if (wanted.some(({ name }) => this.pending.includes(name))) return;
    for (const chapter of wanted) await this.#clear(chapter);
    const anew = wanted.map(({ name }) => name);
    for (const chapter of all) {
      if (chapter.uses.some((name) => anew.includes(name))) await this.#forget(chapter.name);
    }
    const pending = all.map(({ name }) => name).filter((n) => this.pending.includes(n) || anew.includes(n));
    await this.#set({ pending });
  }

  async finish(name: string, run: FinishedRun): Promise<void> {
    await this.#set({ runs: { ...this.#stored.runs, [name]: run } });
  }

  async spend(name: ChapterName, seconds: number): Promise<void> {
    const { seconds: before } = this.#stored;
    await this.#set({ seconds: { ...before, [name]: (before[name] ?? 0) + seconds } });
  }

  async tell<Name extends ChapterName>(name: Name, data: ToldChapters[Name]): Promise<void> {
    await writeFileAtomic(join(this.#folder, `${name}.json`), JSON.stringify(data));
    this.#told = { ...this.#told, [name]: data };
    await this.#set({ pending: this.pending.filter((other) => other !== name) });
  }

  /** Forgets the models of a chapter, and the chapter. */
  async #clear(chapter: ChapterRecord): Promise<void> {
    const { name, runs } = chapter;
    // What is forgotten before it is removed is trained again after a kill; the other way round it would be missed.
    const kept = Object.entries(this.#stored.runs).filter(([run]) => !runs.includes(run));
    await this.#set({ runs: Object.fromEntries(kept) });
    await this.#remove(chapter);
    await this.#forget(name);
  }

  /** Removes the files of a chapter and of its models. */
  async #remove({ name, runs }: ChapterRecord): Promise<void> {
    await rm(join(this.#folder, `${name}.json`), { force: true });
    for (const run of runs) await rm(join(this.#folder, run), { recursive: true, force: true });
  }

  async #forget(name: ChapterName): Promise<void> {
    await rm(join(this.#folder, `${name}.json`), { force: true });
    const { [name]: _, ...told } = this.#told;
    const { [name]: __, ...seconds } = this.#stored.seconds;
    this.#told = told;
    await this.#set({ seconds });
  }

  async #set(change: Partial<Stored>): Promise<void> {
    this.#stored = { ...this.#stored, ...change };
    await writeFileAtomic(join(this.#folder, FILE), `${JSON.stringify(this.#stored)}\n`);
  }
}

/** The content of a file of this story; undefined where there is none, or none that is whole. */
async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readTextFile(path)) as T;
  } catch {
    return undefined;
  }
}
