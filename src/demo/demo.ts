/**
 * The whole demo: the models of each chapter are trained and measured on this machine, and the page is written after each
 * chapter, so that a demo that is interrupted leaves those that are finished. The next call goes on from there.
 */
import { version } from "../core/version.ts";
import type { PreparedData } from "../data/prepare.ts";
import { isBuiltInSource } from "../data/sources/built-in-names.ts";
import { jokeJudge } from "../data/sources/classroom.ts";
import { sourceAuditor } from "../evaluate/novelty/source-auditor.ts";
import { withFolderLock } from "../files/lock.ts";
import { loadModel } from "../generate/load.ts";
import { chapterFindings } from "../report/index.ts";
import { writePage } from "../report/pages/page-file.ts";
import { createRatings, type Ratings } from "./best.ts";
import { chaptersOf, demoChapters } from "./chapters/index.ts";
import { DemoClock } from "./clock.ts";
import type { DemoContext, DemoEvent } from "./context.ts";
import { type Hero, heroOf } from "./hero.ts";
import { readJokes } from "./jokes.ts";
import { comparedModels, type NamedModels, namedModels, tunedModel } from "./models/pretrained.ts";
import { demoPage } from "./page.ts";
import { type DemoPlan, quickPlan, usualPlan } from "./plan.ts";
import { DemoInterrupted, DemoRuns } from "./runs.ts";
import { type ChapterName, type ChapterResults, DemoState, type FirstSeen } from "./state.ts";

/** The version of the chapters' results on disk: it grows by one where their form changes. */
const RESULTS_VERSION = 5;

export interface DemoOptions {
  /** Names of chapters. Default: all. */
  readonly chapters?: readonly string[] | undefined;
  /** Minutes of training of the character model; the other models get their shares. Default 2, or less with `quick`. */
  readonly minutes?: number | undefined;
  /** All in less than two minutes, with less training. Default false. */
  readonly quick?: boolean | undefined;
  /** How the time is spent, instead of `minutes` and `quick`. */
  readonly plan?: DemoPlan | undefined;
  /** Default: the built-in jokes. */
  readonly sources?: readonly string[] | undefined;
  /**
   * A GPT-2 to fine-tune, a BERT to compare it with, or both: folders, or names on the Hub, which are downloaded where
   * they are not in the cache. Default: the published ones in the Hub's cache, else those of the package.
   */
  readonly pretrained?: string | readonly string[] | undefined;
  /** Default 42. */
  readonly seed?: number | undefined;
  /** The folder for models and progress. Default `runs/demo`. */
  readonly folder?: string | undefined;
  /** The page. Default `report.html`. */
  readonly out?: string | undefined;
  /** The command that the page shows. Default `punchline demo`. */
  readonly command?: string | undefined;
  /** @param secondsLeft an estimate for the whole demo */
  readonly onEvent?: ((event: DemoEvent, secondsLeft: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DemoResult {
  /** The page; null where no chapter is finished yet. */
  readonly report: string | null;
  /** `interrupt`: the next call goes on from there. */
  readonly stopped: "told" | "interrupt";
  /** Seconds of this session. */
  readonly seconds: number;
  /** Chapters that an interrupted demo has left. */
  readonly pending: readonly ChapterName[];
  /** What is on the page. */
  readonly chapters: ChapterResults;
  /** Seconds after which there was something to see, of the session in which that was. */
  readonly first: FirstSeen;
  /** The best of what was made; undefined where nothing is finished that could be it. */
  readonly hero: Hero | undefined;
}

/**
 * @throws UsageError for an unknown chapter or a model that is neither a GPT nor a BERT; errors of a chapter, after the
 * page of those before it is written
 */
export async function runDemo(options: DemoOptions = {}): Promise<DemoResult> {
  const { folder = "runs/demo" } = options;
  const wanted = chaptersOf(options.chapters ?? []);
  return withFolderLock(folder, () => runChapters(wanted, folder, options));
}

async function runChapters(
  wanted: ReturnType<typeof chaptersOf>,
  folder: string,
  options: DemoOptions,
): Promise<DemoResult> {
  const { sources = ["one-liners"], seed = 42, out = "report.html", quick = false, signal } = options;
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  const plan = options.plan ?? (quick ? quickPlan : usualPlan)(options.minutes);
  const named = [options.pretrained ?? []].flat();
  const { data, cleaning } = await readJokes(sources);
  const dataSeconds = seconds();
  const settings = JSON.stringify({
    told: RESULTS_VERSION,
    plan,
    seed,
    pretrained: named,
    fingerprint: data.fingerprint,
    version,
  });
  const state = await DemoState.open(folder, settings, demoChapters);
  await state.begin(wanted, demoChapters);
  const todo = wanted.filter(({ name }) => state.pending.includes(name));
  const firstSeen: { -readonly [K in keyof FirstSeen]: FirstSeen[K] } = {};
  const clock = new DemoClock(todo, demoChapters, plan, (name) => state.results[name] !== undefined);
  const emit = (event: DemoEvent) => {
    if (event.type === "names" && event.finished) firstSeen.names ??= seconds();
    if (event.type === "piece" && event.piece !== "") firstSeen.text ??= seconds();
    options.onEvent?.(event, clock.secondsLeft());
  };
  emit({ type: "data", data });

  const result = (stopped: DemoResult["stopped"]): DemoResult => ({
    report: Object.keys(state.results).length > 0 ? out : null,
    stopped,
    seconds: seconds(),
    pending: state.pending,
    chapters: state.results,
    first: state.first,
    hero: heroOf(state.results),
  });
  let pretrained: NamedModels;
  try {
    pretrained = await namedModels(
      named,
      (model, received, total) => emit({ type: "download", model, received, total }),
      signal,
    );
    // A model that is missing or incomplete is an error before the minutes of the first chapter.
    if (todo.some(({ name }) => name !== "characters")) {
      await tunedModel(pretrained);
      await comparedModels(pretrained);
    }
  } catch (error) {
    if (signal?.aborted) return result("interrupt");
    throw error;
  }
  const auditor = await sourceAuditor(data, { neighbours: 1 });
  let ratings: Promise<Ratings> | undefined;
  const context: DemoContext = {
    data,
    cleaning,
    dataSeconds,
    sources,
    plan,
    seed,
    pretrained,
    runs: new DemoRuns({
      folder,
      state,
      signal,
      onTraining: (what, event) => emit({ type: "training", what, event }),
    }),
    audit: (texts) => texts.map((text) => auditor.audit(text)),
    ratings() {
      ratings ??= ratingsBy(pretrained, data, { sources, signal });
      return ratings;
    },
    emit,
    signal,
  };
  for (const [i, chapter] of todo.entries()) {
    const { name, title, question } = chapter;
    clock.begin(i);
    emit({ type: "chapter", name, title, question, number: i + 1, of: todo.length });
    try {
      await state.saveResult(name, await chapter.run(context));
      await state.saveFirst(firstSeen);
    } catch (error) {
      if (error instanceof DemoInterrupted || signal?.aborted) return result("interrupt");
      throw error;
    } finally {
      await state.addSeconds(name, clock.secondsOfChapter());
    }
    const page = demoPage(state.results, {
      data,
      pending: demoChapters.filter((c) => state.pending.includes(c.name)).map((c) => c.title),
      command: options.command ?? "punchline demo",
      seconds: state.seconds,
    });
    await writePage(out, page);
    const finding = (await chapterFindings({ [name]: state.results[name] }))[0]?.finding ?? "";
    emit({ type: "finished", name, finding, report: out });
  }
  return result("told");
}

/**
 * Ratings by the pre-trained GPT-2, which writes none of the jokes, and has not been shown any. What models make of the
 * built-in jokes is held to the same words as these: letters put together by chance can be crude.
 */
async function ratingsBy(
  named: NamedModels,
  { splits: { train, validation, test } }: PreparedData,
  { sources, signal }: { readonly sources: readonly string[]; readonly signal: AbortSignal | undefined },
): Promise<Ratings> {
  const judge = await loadModel((await tunedModel(named)).folder);
  const fault = sources.some(isBuiltInSource) ? await jokeJudge() : undefined;
  return createRatings(judge, {
    train,
    heldOut: test.length > 0 ? test : validation,
    allowed: fault && ((text) => fault(text, []) === undefined),
    signal,
  });
}
