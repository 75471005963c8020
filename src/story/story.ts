/**
 * The whole story on one page: each chapter is trained and measured on this machine, and the report is
 * written when they are done. What was cut short goes on when the story is told again.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { version } from "../core/version.ts";
import type { PreparedData } from "../data/prepare.ts";
import { prepareData } from "../data/prepare-sources.ts";
import { Auditor } from "../evaluate/novelty/auditor.ts";
import { buildIndex } from "../evaluate/novelty/training-index.ts";
import { writeFileAtomic } from "../hub/atomic.ts";
import { type AuditedSample, pickBest, renderReport } from "../report/index.ts";
import type { TrainEvent } from "../train/events.ts";
import { auditModel, noveltyFigures } from "./audit.ts";
import { charactersChapter, writeCharacters } from "./characters.ts";
import { machine } from "./machine.ts";

export interface StoryOptions {
  /** Minutes of training of the character model. Default 3. */
  readonly minutes?: number;
  /** Default: the built-in jokes. */
  readonly sources?: readonly string[];
  /** Default 42. */
  readonly seed?: number;
  /** Where models and progress are kept. Default `runs/demo`. */
  readonly folder?: string;
  /** The report. Default `report.html`. */
  readonly out?: string;
  /** The command that is written on the page as the one that made it. */
  readonly command?: string;
  readonly onEvent?: (event: StoryEvent) => void;
  readonly signal?: AbortSignal;
}

export type StoryEvent =
  | { readonly type: "data"; readonly data: PreparedData }
  | { readonly type: "training"; readonly event: TrainEvent }
  | { readonly type: "writing" }
  | { readonly type: "jokes"; readonly temperature: number; readonly samples: readonly AuditedSample[] };

export interface StoryResult {
  readonly report: string;
  readonly run: string;
  /** Nats per character on unseen jokes. */
  readonly val_loss: number | null;
  readonly train_loss: number | null;
  readonly steps: number;
  readonly seconds: number;
  /** `interrupt`: there is no report yet; telling the story again goes on. */
  readonly stopped: string;
  readonly jokes: readonly { readonly temperature: number; readonly samples: readonly AuditedSample[] }[];
}

/** Marks a story that is under way in its folder, with what it must agree on to go on. */
const MARK = "story.json";

export async function tellStory(options: StoryOptions = {}): Promise<StoryResult> {
  const {
    minutes = 3,
    sources = ["one-liners"],
    seed = 42,
    folder = "runs/demo",
    out = "report.html",
    onEvent,
    signal,
  } = options;
  const begun = performance.now();
  const data = await prepareData(sources);
  const dataSeconds = (performance.now() - begun) / 1000;
  onEvent?.({ type: "data", data });
  await beginOrGoOn(folder, JSON.stringify({ minutes, seed, fingerprint: data.fingerprint, version }));

  const run = join(folder, "characters");
  const characters = await writeCharacters(data, {
    folder: run,
    minutes,
    seed,
    sources,
    onEvent: (event) => onEvent?.({ type: "training", event }),
    ...(signal ? { signal } : {}),
  });
  const { summary } = characters.training;
  const common = {
    report: out,
    run,
    val_loss: summary.val_loss,
    train_loss: summary.train_loss,
    steps: summary.steps,
    stopped: summary.stopped,
  };
  if (summary.stopped === "interrupt")
    return { ...common, seconds: (performance.now() - begun) / 1000, jokes: [] };

  onEvent?.({ type: "writing" });
  const auditor = new Auditor(buildIndex(data.splits.train), { neighbours: 1 });
  const audit = (texts: readonly string[]) => texts.map((text) => auditor.audit(text));
  const remembered = await auditModel(characters.many, {
    data,
    lm: characters.lm,
    ...(signal ? { signal } : {}),
  });
  const source = sources.map((name) => (name === "one-liners" ? "" : ` --data ${name}`)).join("");
  const chapter = await charactersChapter(
    data,
    characters,
    audit,
    {
      train: `punchline train --out ${run}${source} --max-minutes ${minutes}`,
      sample: `punchline sample ${run} -n 10 --temperature 0.8 --seed ${seed}`,
      data: `punchline data ${sources.join(" ")}`,
    },
    dataSeconds,
  );
  for (const group of chapter.jokes) onEvent?.({ type: "jokes", ...group });

  const words = new Set(data.splits.train.flatMap((text) => text.toLowerCase().match(/[a-z0-9']+/g) ?? []));
  const everyJoke = chapter.jokes.flatMap(({ samples }) => samples);
  const best = pickBest(everyJoke, (word) => words.has(word));
  const temperature = chapter.jokes.find(({ samples }) => best && samples.includes(best))?.temperature;
  const seconds = (performance.now() - begun) / 1000;
  const fresh = everyJoke.filter(({ copy }) => !copy).length;
  const html = await renderReport({
    title: "A network learns to joke",
    standfirst: `Trained on this machine in ${minutes === 1 ? "a minute" : `${minutes} minutes`}, from nothing but ${data.splits.train.length.toLocaleString("en-GB")} one-liners, one character at a time.`,
    ...(best
      ? {
          best: {
            joke: best.text,
            byline: `Written by the network at temperature ${temperature}; of the ${everyJoke.length} jokes below, a rule chose it that knows form, not fun.`,
          },
        }
      : {}),
    key: [
      {
        value: `${(chapter.evaluation?.bits_per_character ?? 0).toFixed(2)} bits`,
        label: "per character, on jokes it never saw",
      },
      { value: summary.parameters.toLocaleString("en-GB"), label: "parameters" },
      { value: `${Math.round(summary.tokens_per_s / 1000)}k`, label: "characters per second in training" },
      { value: `${fresh} of ${everyJoke.length}`, label: "jokes are no copies" },
    ],
    chapters: {
      characters: chapter,
      novelty: {
        indexed: remembered.indexed,
        audits: [
          noveltyFigures(
            "the character model",
            `punchline novelty ${run} -n ${characters.many.length}`,
            remembered,
          ),
        ],
      },
    },
    made: {
      date: new Date().toISOString(),
      command: options.command ?? "punchline demo",
      machine: machine(),
      versions: `Punchline ${version}, Node ${process.versions.node}`,
      seconds,
    },
  });
  await writeFileAtomic(out, html);
  await rm(join(folder, MARK), { force: true });
  return { ...common, seconds, jokes: chapter.jokes };
}

/** Keeps what an interrupted story of the same settings left; clears away any other. */
async function beginOrGoOn(folder: string, settings: string): Promise<void> {
  const mark = join(folder, MARK);
  const found = await readFile(mark, "utf8").catch(() => undefined);
  if (found === settings) return;
  await rm(join(folder, "characters"), { recursive: true, force: true });
  await writeFileAtomic(mark, settings);
}
