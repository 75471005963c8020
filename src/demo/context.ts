/** What the chapters of the story share: what they are given, what they tell on the way, what they leave. */
import type { PreparedData } from "../data/prepare.ts";
import type { AuditedText } from "../evaluate/novelty/auditor.ts";
import type { GptData, ReportChapters } from "../report/index.ts";
import type { CleaningOptions } from "../text/clean.ts";
import type { TrainEvent } from "../train/events.ts";
import type { NamedModels } from "./models/pretrained.ts";
import type { StoryPlan } from "./plan.ts";
import type { StoryRuns } from "./runs.ts";
import type { ChapterName, ChapterRecord } from "./state.ts";

export type StoryEvent =
  | { readonly type: "data"; readonly data: PreparedData }
  /** A chapter begins: the first is number 1 of `of`. */
  | {
      readonly type: "chapter";
      readonly name: ChapterName;
      readonly title: string;
      readonly number: number;
      readonly of: number;
    }
  /** Training of the model that people call `what`. */
  | { readonly type: "training"; readonly what: string; readonly event: TrainEvent }
  /** Bytes of a model that comes over the network. */
  | {
      readonly type: "download";
      readonly model: string;
      readonly received: number;
      readonly total: number;
    }
  /** Other work, such as "writing jokes"; `done` is its share, 0 to 1, where that is known. */
  | { readonly type: "work"; readonly what: string; readonly done?: number }
  | {
      readonly type: "jokes";
      readonly what: string;
      readonly temperature: number;
      readonly samples: readonly AuditedText[];
    }
  /** The same beginnings gone on with by a model as it was before its training on the jokes, and after. */
  | {
      readonly type: "pairs";
      readonly what: string;
      readonly pairs: NonNullable<GptData["before_after"]>;
    }
  /** A chapter stands on the page; `finding` is what it found, in a sentence or two. */
  | { readonly type: "told"; readonly name: ChapterName; readonly finding: string; readonly report: string };

/** What a chapter is given. */
export interface Telling {
  /** The jokes, in characters. */
  readonly data: PreparedData;
  /** How they were cleaned, for the same texts in other vocabularies. */
  readonly cleaning: CleaningOptions;
  /** Seconds that reading and preparing them took. */
  readonly dataSeconds: number;
  readonly sources: readonly string[];
  readonly plan: StoryPlan;
  readonly seed: number;
  /** Models that were named, to take the place of those that the story would choose. */
  readonly pretrained: NamedModels;
  /** The trained models, each trained when it is first asked for. */
  readonly runs: StoryRuns;
  /** Judges texts against the training jokes. */
  readonly audit: (texts: readonly string[]) => readonly AuditedText[];
  readonly emit: (event: StoryEvent) => void;
  readonly signal: AbortSignal | undefined;
}

/** A chapter of the story: one entry of the list in `chapters/index.ts`. */
export interface StoryChapter<Name extends ChapterName = ChapterName> extends ChapterRecord {
  readonly name: Name;
  /** For the terminal. */
  readonly title: string;
  /** Expected seconds on two cores, for the time left. */
  seconds(plan: StoryPlan): number;
  /** @throws where the signal was given; what was trained stays, and telling again goes on from there */
  tell(telling: Telling): Promise<NonNullable<ReportChapters[Name]>>;
}
