/**
 * The whole story: each chapter is trained and measured on this machine, and the page is written after each, so
 * that a story which is cut short leaves what it has told. Told again, it goes on where it was.
 */
import { version } from "../core/version.ts";
import { sourceAuditor } from "../evaluate/novelty/audit-model.ts";
import { withFolderLock } from "../files/lock.ts";
import { chapterFindings, renderReport } from "../report/index.ts";
import { writePage } from "../report/pages/page-file.ts";
import { chaptersOf, storyChapters } from "./chapters/index.ts";
import { StoryClock } from "./clock.ts";
import type { StoryEvent, Telling } from "./context.ts";
import { readJokes } from "./jokes.ts";
import { comparedModels, type NamedModels, namedModels, tunedModel } from "./models/pretrained.ts";
import { storyPage } from "./page.ts";
import { quickPlan, type StoryPlan, usualPlan } from "./plan.ts";
import { StoryInterrupted, StoryRuns } from "./runs.ts";
import { type ChapterName, StoryState, type ToldChapters } from "./state.ts";

/** What is told is kept as data; it grows by one where that data changes its form. */
const TOLD = 3;

export interface StoryOptions {
  /** Names of chapters. Default: all. */
  readonly chapters?: readonly string[];
  /** Minutes of training of the character model; the other models get their shares of it. Default 2. */
  readonly minutes?: number;
  /** Tell it in a minute and a half, with less training. Default false. */
  readonly quick?: boolean;
  /** How the time is divided, in place of `minutes` and `quick`. */
  readonly plan?: StoryPlan;
  /** Default: the built-in jokes. */
  readonly sources?: readonly string[];
  /**
   * A GPT-2 to fine-tune, a BERT to compare it with, or both: folders, or names on the Hub, fetched where they are not
   * in the cache. Default: those of the Hub's cache, else those of the package.
   */
  readonly pretrained?: string | readonly string[];
  /** Default 42. */
  readonly seed?: number;
  /** Where models and progress are kept. Default `runs/demo`. */
  readonly folder?: string;
  /** The page. Default `report.html`. */
  readonly out?: string;
  /** The command that is written on the page as the one that made it. */
  readonly command?: string;
  /** @param secondsLeft an estimate for the whole story */
  readonly onEvent?: (event: StoryEvent, secondsLeft: number) => void;
  readonly signal?: AbortSignal;
}

export interface StoryResult {
  /** The page; null where no chapter has been told yet. */
  readonly report: string | null;
  /** `told`, or `interrupt`: telling the story again goes on. */
  readonly stopped: "told" | "interrupt";
  /** Of this sitting. */
  readonly seconds: number;
  /** Chapters that an interrupted story has left untold. */
  readonly pending: readonly ChapterName[];
  /** What stands on the page. */
  readonly chapters: ToldChapters;
}

/**
 * @throws UsageError for an unknown chapter or a model that is neither a GPT nor a BERT; what the chapters themselves
 * throw, after the page of those before
 */
export async function tellStory(options: StoryOptions = {}): Promise<StoryResult> {
  const { folder = "runs/demo" } = options;
  const wanted = chaptersOf(options.chapters ?? []);
  return withFolderLock(folder, () => tell(wanted, folder, options));
}

async function tell(
  wanted: ReturnType<typeof chaptersOf>,
  folder: string,
  options: StoryOptions,
): Promise<StoryResult> {
  const { sources = ["one-liners"], seed = 42, out = "report.html", quick = false, signal } = options;
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  const plan = options.plan ?? (quick ? quickPlan : usualPlan(options.minutes));
  const named = [options.pretrained ?? []].flat();
  const { data, cleaning } = await readJokes(sources);
  const dataSeconds = seconds();
  const settings = JSON.stringify({
    told: TOLD,
    plan,
    seed,
    pretrained: named,
    fingerprint: data.fingerprint,
    version,
  });
  const state = await StoryState.open(folder, settings, storyChapters);
  await state.begin(wanted, storyChapters);
  const todo = wanted.filter(({ name }) => state.pending.includes(name));
  const clock = new StoryClock(todo, storyChapters, plan, (name) => state.told[name] !== undefined);
  const emit = (event: StoryEvent) => options.onEvent?.(event, clock.secondsLeft());
  emit({ type: "data", data });

  const result = (stopped: StoryResult["stopped"]): StoryResult => ({
    report: Object.keys(state.told).length > 0 ? out : null,
    stopped,
    seconds: seconds(),
    pending: state.pending,
    chapters: state.told,
  });
  let pretrained: NamedModels;
  try {
    pretrained = await namedModels(
      named,
      (model, received, total) => emit({ type: "download", model, received, total }),
      signal,
    );
    // What is missing or cut is said before the minutes of the first chapter.
    if (todo.some(({ name }) => name !== "characters")) {
      await tunedModel(pretrained);
      await comparedModels(pretrained);
    }
  } catch (error) {
    if (signal?.aborted) return result("interrupt");
    throw error;
  }
  const auditor = await sourceAuditor(data, { neighbours: 1 });
  const telling: Telling = {
    data,
    cleaning,
    dataSeconds,
    sources,
    plan,
    seed,
    pretrained,
    runs: new StoryRuns({
      folder,
      state,
      signal,
      onTraining: (what, event) => emit({ type: "training", what, event }),
    }),
    audit: (texts) => texts.map((text) => auditor.audit(text)),
    emit,
    signal,
  };
  for (const [i, chapter] of todo.entries()) {
    const { name, title } = chapter;
    clock.begin(i);
    emit({ type: "chapter", name, title, number: i + 1, of: todo.length });
    try {
      await state.tell(name, await chapter.tell(telling));
    } catch (error) {
      if (error instanceof StoryInterrupted || signal?.aborted) return result("interrupt");
      throw error;
    } finally {
      await state.spend(name, clock.secondsOfChapter());
    }
    const page = storyPage(state.told, {
      data,
      pending: storyChapters.filter((c) => state.pending.includes(c.name)).map((c) => c.title),
      command: options.command ?? "punchline demo",
      seconds: state.seconds,
    });
    await writePage(out, await renderReport(page));
    const finding = (await chapterFindings({ [name]: state.told[name] }))[0]?.finding ?? "";
    emit({ type: "told", name, finding, report: out });
  }
  return result("told");
}
