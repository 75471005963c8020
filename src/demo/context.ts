/** What the chapters of the demo share: their context, their events and their interface. */
import type { PreparedData } from "../data/prepare.ts";
import type { AuditedText } from "../evaluate/novelty/auditor.ts";
import type { GptData, ReportChapters, WrittenName } from "../report/index.ts";
import type { CleaningOptions } from "../text/clean.ts";
import type { TrainEvent } from "../train/events.ts";
import type { Ratings } from "./best.ts";
import type { NamedModels } from "./models/pretrained.ts";
import type { DemoPlan } from "./plan.ts";
import type { DemoRuns } from "./runs.ts";
import type { ChapterName, ChapterRecord } from "./state.ts";

export type DemoEvent =
  | { readonly type: "data"; readonly data: PreparedData }
  /** A chapter begins: the first is number 1 of `of`. */
  | {
      readonly type: "chapter";
      readonly name: ChapterName;
      readonly title: string;
      readonly question: string;
      readonly number: number;
      readonly of: number;
    }
  /** Training of the model called `what`. */
  | { readonly type: "training"; readonly what: string; readonly event: TrainEvent }
  /** Names of the model of cities: along its training, and, with `finished`, of the finished one. */
  | { readonly type: "names"; readonly names: readonly WrittenName[]; readonly finished: boolean }
  /** A piece of a text that goes on with `prompt`, as it is written; the first is empty, the last has `ended`. */
  | {
      readonly type: "piece";
      readonly model: string;
      readonly prompt: string;
      readonly piece: string;
      readonly ended?: boolean | undefined;
    }
  /** Bytes of a model that is downloaded. */
  | { readonly type: "download"; readonly model: string; readonly received: number; readonly total: number }
  /** Other work, such as "writing jokes"; `done` is its share, 0 to 1, where that is known. */
  | { readonly type: "work"; readonly what: string; readonly done?: number | undefined }
  | {
      readonly type: "jokes";
      readonly what: string;
      readonly temperature: number;
      /** Whether it is the first of this model. */
      readonly first: boolean;
      /** As they were drawn. */
      readonly samples: readonly AuditedText[];
      /** Those of them that may be shown, the ones that read best first. */
      readonly ranked: readonly AuditedText[];
    }
  /** The same beginnings, continued by a model before its training on the jokes, and after. */
  | { readonly type: "pairs"; readonly what: string; readonly pairs: NonNullable<GptData["before_after"]> }
  /** The text that begins most like a joke that its model has learned from, and that joke. */
  | { readonly type: "cue"; readonly model: string; readonly written: string; readonly real: string }
  /** A text with a gap, and the likeliest words of each model for it. */
  | {
      readonly type: "gap";
      readonly left: string;
      readonly right: string;
      readonly models: readonly { readonly model: string; readonly words: readonly string[] }[];
    }
  /** A chapter is on the page; `finding` is what it found, in a sentence or two. */
  | {
      readonly type: "finished";
      readonly name: ChapterName;
      readonly finding: string;
      readonly report: string;
    };

/** What a chapter works with. */
export interface DemoContext {
  /** The jokes, in characters. */
  readonly data: PreparedData;
  /** How they were cleaned, to prepare the same texts in other vocabularies. */
  readonly cleaning: CleaningOptions;
  /** Seconds that reading and preparing them took. */
  readonly dataSeconds: number;
  readonly sources: readonly string[];
  readonly plan: DemoPlan;
  readonly seed: number;
  /** Models that you named, instead of those that the demo would choose. */
  readonly pretrained: NamedModels;
  /** The trained models, each trained when it is first asked for. */
  readonly runs: DemoRuns;
  /** Audits texts against the training jokes. */
  readonly audit: (texts: readonly string[]) => readonly AuditedText[];
  /** Which texts read best, by the pre-trained model. */
  readonly ratings: () => Promise<Ratings>;
  readonly emit: (event: DemoEvent) => void;
  readonly signal: AbortSignal | undefined;
}

/** A chapter of the demo: one entry of the list in `chapters/index.ts`. */
export interface DemoChapter<Name extends ChapterName = ChapterName> extends ChapterRecord {
  readonly name: Name;
  /** For the page. */
  readonly title: string;
  /** What it answers, for the terminal. */
  readonly question: string;
  /** Expected seconds on two cores, for the time left. */
  seconds(plan: DemoPlan): number;
  /** @throws where the signal was aborted; what was trained stays, and the next call resumes it */
  run(context: DemoContext): Promise<NonNullable<ReportChapters[Name]>>;
}
