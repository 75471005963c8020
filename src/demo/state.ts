/**
 * How far a demo has come, as files in its folder: the results of finished chapters, the chapters that are still to come,
 * and the models that are trained. They are written after every change, so that a demo that is killed can go on.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../files/atomic.ts";
import { readTextFile } from "../files/regular-file.ts";
import type { ReportChapters } from "../report/index.ts";
import type { TrainSummary } from "../train/session.ts";

export type ChapterName = "cities" | "characters" | "gpt" | "novelty" | "compare";

/** What keeping and removing the files of a chapter takes. */
export interface ChapterRecord {
  readonly name: ChapterName;
  /** Chapters with models that it uses; when these are trained again, it has to run again. */
  readonly uses: readonly ChapterName[];
  /** Folders of the models that it trains itself. */
  readonly runs: readonly string[];
}

export type ChapterResults = Pick<ReportChapters, ChapterName>;

export interface FinishedRun {
  readonly summary: TrainSummary;
  readonly command: string;
}

interface Stored {
  /** What must be the same for the files in the folder to be valid. */
  readonly settings: string;
  readonly pending: readonly ChapterName[];
  readonly runs: Readonly<Record<string, FinishedRun>>;
  /** Seconds of the session after which something could be seen for the first time. */
  readonly first?: FirstSeen | undefined;
  /** Seconds that went into each chapter. */
  readonly seconds: Readonly<Partial<Record<ChapterName, number>>>;
}

/** What can be seen first: names that a model has learned to spell, and a text of the pre-trained model. */
export type FirstSeen = Readonly<Partial<Record<"names" | "text", number>>>;

const FILE = "story.json";

export class DemoState {
  readonly #folder: string;
  #stored: Stored;
  #results: ChapterResults;

  private constructor(folder: string, stored: Stored, results: ChapterResults) {
    this.#folder = folder;
    this.#stored = stored;
    this.#results = results;
  }

  /** Reads what is in `folder`; what was made with other settings is removed, chapter by chapter. */
  static async open(
    folder: string,
    settings: string,
    chapters: readonly ChapterRecord[],
  ): Promise<DemoState> {
    const fresh: Stored = { settings, pending: [], runs: {}, seconds: {} };
    const stored = (await readJson<Stored>(join(folder, FILE))) ?? { ...fresh, settings: "" };
    if (stored.settings !== settings) {
      const state = new DemoState(folder, fresh, {});
      // The settings are written when all is removed: after a kill before that, the rest is removed too.
      for (const chapter of chapters) await state.#remove(chapter);
      await state.#set({});
      return state;
    }
    const results = await Promise.all(
      chapters.map(async ({ name }) => [name, await readJson(join(folder, `${name}.json`))] as const),
    );
    return new DemoState(
      folder,
      stored,
      Object.fromEntries(results.filter(([, data]) => data !== undefined)),
    );
  }

  get results(): ChapterResults {
    return this.#results;
  }

  get pending(): readonly ChapterName[] {
    return this.#stored.pending;
  }

  get first(): FirstSeen {
    return this.#stored.first ?? {};
  }

  async saveFirst(first: FirstSeen): Promise<void> {
    await this.#set({ first: { ...this.first, ...first } });
  }

  run(name: string): FinishedRun | undefined {
    return this.#stored.runs[name];
  }

  /** Seconds that went into the finished chapters. */
  get seconds(): number {
    const { seconds } = this.#stored;
    return Object.keys(this.#results).reduce((sum, name) => sum + (seconds[name as ChapterName] ?? 0), 0);
  }

  /**
   * Decides which chapters are to come: those of `wanted` that an earlier session left, or, where it left none, all of
   * `wanted` again, with their models. Chapters that use a model which is trained again leave the page until they run
   * again.
   */
  async begin(wanted: readonly ChapterRecord[], all: readonly ChapterRecord[]): Promise<void> {
    if (wanted.some(({ name }) => this.pending.includes(name))) return;
    for (const chapter of wanted) await this.#clear(chapter);
    const again = wanted.map(({ name }) => name);
    for (const chapter of all) {
      if (chapter.uses.some((name) => again.includes(name))) await this.#forget(chapter.name);
    }
    const pending = all.map(({ name }) => name).filter((n) => this.pending.includes(n) || again.includes(n));
    await this.#set({ pending });
  }

  async saveRun(name: string, run: FinishedRun): Promise<void> {
    await this.#set({ runs: { ...this.#stored.runs, [name]: run } });
  }

  async addSeconds(name: ChapterName, seconds: number): Promise<void> {
    const { seconds: before } = this.#stored;
    await this.#set({ seconds: { ...before, [name]: (before[name] ?? 0) + seconds } });
  }

  async saveResult<Name extends ChapterName>(name: Name, data: ChapterResults[Name]): Promise<void> {
    await writeFileAtomic(join(this.#folder, `${name}.json`), JSON.stringify(data));
    this.#results = { ...this.#results, [name]: data };
    await this.#set({ pending: this.pending.filter((other) => other !== name) });
  }

  async #clear(chapter: ChapterRecord): Promise<void> {
    const { name, runs } = chapter;
    // Forgotten before it is removed: after a kill in between, it is trained again and not missing.
    const kept = Object.entries(this.#stored.runs).filter(([run]) => !runs.includes(run));
    await this.#set({ runs: Object.fromEntries(kept) });
    await this.#remove(chapter);
    await this.#forget(name);
  }

  async #remove({ name, runs }: ChapterRecord): Promise<void> {
    await rm(join(this.#folder, `${name}.json`), { force: true });
    for (const run of runs) await rm(join(this.#folder, run), { recursive: true, force: true });
  }

  async #forget(name: ChapterName): Promise<void> {
    await rm(join(this.#folder, `${name}.json`), { force: true });
    const { [name]: _, ...results } = this.#results;
    const { [name]: __, ...seconds } = this.#stored.seconds;
    this.#results = results;
    await this.#set({ seconds });
  }

  async #set(change: Partial<Stored>): Promise<void> {
    this.#stored = { ...this.#stored, ...change };
    await writeFileAtomic(join(this.#folder, FILE), `${JSON.stringify(this.#stored)}\n`);
  }
}

/** The content of a JSON file; undefined where it is missing or not valid. */
async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readTextFile(path)) as T;
  } catch {
    return undefined;
  }
}
