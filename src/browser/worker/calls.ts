/** The calls of `punchline/worker`. */
import type { TrainingWindow } from "../../data/batches/window.ts";
import type { PrepareOptions, PrepareProgress } from "../../data/prepare.ts";
import type { TextPlace } from "../../data/rows.ts";
import type { SourceOptions } from "../../data/sources/source.ts";
import type { DataSummary } from "../../data/summary.ts";
import type { CopiesAlong } from "../../evaluate/novelty/along.ts";
import type { SourceAudit } from "../../evaluate/novelty/audit-source.ts";
import type { AuditedText } from "../../evaluate/novelty/auditor.ts";
import type { TypingQuality } from "../../evaluate/typing.ts";
import type { SampleOptions } from "../../generate/sample.ts";
import type { Suggestion } from "../../generate/suggest.ts";
import type { WatchedToken, WatchOptions } from "../../generate/watch.ts";
import type { OptionValues } from "../../models/model.ts";
import type { LogRow, SampleRow, TrainEvent } from "../../train/events.ts";
import type { ResumeOptions, TrainOptions } from "../../train/options.ts";
import type { RunRecord } from "../../train/run-record.ts";
import type { TrainSummary } from "../../train/session.ts";
import type { TrainState } from "../../train/state.ts";
import type { BranchPoint } from "../run-work.ts";

/**
 * Texts, one an item; one long text; or a file, which is read as the command line reads it: .csv .tsv .json .jsonl .parquet
 * .txt, also as .gz or .zip.
 */
export type Texts = readonly string[] | string | File;

/** How a file is read, where that is not found out: options of `prepareData`. */
export interface FileReading
  extends Pick<
    SourceOptions,
    "column" | "promptColumn" | "fileFormat" | "encoding" | "delimiter" | "header" | "maxLine"
  > {
  /** As one long text. Default false. */
  readonly whole?: boolean | undefined;
}

/** What texts are, before anything is done with them. */
export interface TextsView {
  readonly unit: "items" | "text";
  readonly texts: number;
  /** UTF-16 code units of all of them. */
  readonly characters: number;
  /** The beginnings of the first of them, to look at. */
  readonly first: readonly string[];
  /** Texts with letters or emoji that ASCII does not have. */
  readonly beyondAscii: number;
  /** Of a file, such as `csv` or `jsonl.gz`. */
  readonly format?: string | undefined;
  /** The column of a file that the texts come from, and that of their prompts. */
  readonly column?: string | undefined;
  readonly promptColumn?: string | undefined;
  /** All columns; none where the format has no columns. */
  readonly columns: readonly string[];
  /** Sentences about what was guessed or is unusual. */
  readonly notes: readonly string[];
}

export type PreparationOptions = Omit<PrepareOptions, "signal" | "onProgress" | "vocabulary">;

export interface Preparation {
  readonly texts: Texts;
  /** What people call the texts, in the places of their entries. Default: the file's name, or `the list`. */
  readonly name?: string | undefined;
  readonly reading?: FileReading | undefined;
  readonly options?: PreparationOptions | undefined;
}

/** Prepared data, as a page shows it: of a long text its first thousands of characters. */
export interface PreparedView {
  readonly summary: DataSummary;
  /** Kept texts of the training split, the first thousand. */
  readonly kept: readonly string[];
  /** Dropped texts with the reason, the first thousand. */
  readonly dropped: readonly { readonly text: string; readonly reason: string }[];
}

/** A model to train on texts. */
export interface TrainingRequest extends Preparation {
  /** The name of an architecture, such as `char-lstm`. */
  readonly model: string;
  readonly modelOptions?: OptionValues | undefined;
  readonly train?: Partial<TrainOptions> | undefined;
}

/** Losses, in nats per token of the validation split, of guessing without reading. */
export interface Guesses {
  /** Every token equally likely. */
  readonly uniform: number;
  /** Every token as likely as it is frequent. */
  readonly unigram: number;
}

export type TrainingEvent =
  | TrainEvent
  | ({ readonly type: "guesses" } & Guesses)
  | ({ readonly type: "preparing" } & PrepareProgress);

export interface StoredRun {
  readonly name: string;
  /** Undefined for a folder of a model that was not trained here. */
  readonly record: RunRecord | undefined;
  readonly state: TrainState | undefined;
  /** The `model_type` of its configuration; undefined where that cannot be read. */
  readonly architecture?: string | undefined;
  readonly bytes: number;
  /** What is wrong with files that cannot be read. */
  readonly problem?: string | undefined;
}

export interface RunHistory {
  readonly record: RunRecord;
  readonly state: TrainState | undefined;
  readonly log: readonly LogRow[];
  readonly samples: readonly SampleRow[];
  readonly guesses: Guesses | undefined;
  /** Steps at which the run kept its weights. */
  readonly snapshots: readonly number[];
}

export interface Written {
  readonly prompt: string;
  readonly text: string;
}

/** Texts to look up among those that a run was trained on: given ones, or `n` that its model writes. */
export interface NoveltyRequest
  extends Pick<SampleOptions, "n" | "prompt" | "temperature" | "maxLength" | "seed"> {
  readonly run: string;
  readonly texts?: readonly string[] | undefined;
}

/** Texts written or looked up so far, of so many. */
export interface NoveltyProgress {
  readonly phase: "writing" | "auditing";
  readonly done: number;
  readonly total: number;
}

/** A text that was looked up, with the place of what it shares. */
export interface LocatedText extends Omit<AuditedText, "spans"> {
  readonly spans: readonly (AuditedText["spans"][number] & { readonly place: TextPlace | null })[];
}

export interface Novelty extends Omit<SourceAudit, "samples"> {
  readonly samples: readonly LocatedText[];
  /** Texts without a word, which are left out. */
  readonly empty: number;
}

export interface RunFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A file of a model that a page gives: its bytes, or a `File`, which is read in the worker. */
export interface GivenFile {
  /** Its path in the folder. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer> | Blob;
}

/** A model to train further, in its own vocabulary. */
export interface FinetuneRequest extends Preparation {
  /** The name of the new run. */
  readonly run: string;
  /** A model in this browser, or another that the worker knows. */
  readonly base: string;
  readonly train?: Partial<TrainOptions> | undefined;
}

/** By name. */
export interface EngineCalls {
  /** Says what texts there are, and of a table which columns. */
  inspect: { request: Pick<Preparation, "texts" | "reading">; event: never; result: TextsView };
  /** Cleans, deduplicates and splits texts. */
  prepare: { request: Preparation; event: PrepareProgress; result: PreparedView };
  /** The first windows that a training would read. */
  windows: {
    request: TrainingRequest & { readonly most?: number | undefined };
    event: never;
    result: readonly TrainingWindow[];
  };
  /** Trains a new run. */
  train: {
    request: TrainingRequest & { readonly run: string };
    event: TrainingEvent;
    result: TrainSummary;
  };
  /** Trains a copy of a model further, all of its weights or adapters (`train.lora`), into a new run. */
  finetune: { request: FinetuneRequest; event: TrainingEvent; result: TrainSummary };
  /** Goes on with a run. */
  resume: {
    request: { readonly run: string; readonly train?: ResumeOptions | undefined };
    event: TrainingEvent;
    result: TrainSummary;
  };
  /** Trains a new run from the weights of another, which stays as it is, or from those that it kept at a step. */
  branch: {
    request: {
      readonly run: string;
      readonly from: BranchPoint;
      /** Options in place of those of the run. */
      readonly train?: Partial<TrainOptions> | undefined;
    };
    event: TrainingEvent;
    result: TrainSummary;
  };
  /** The runs, the newest first. */
  runs: { request: undefined; event: never; result: readonly StoredRun[] };
  history: { request: { readonly run: string }; event: never; result: RunHistory };
  remove: { request: { readonly run: string }; event: never; result: undefined };
  /** All files of a run, for a download. */
  exportRun: { request: { readonly run: string }; event: never; result: readonly RunFile[] };
  /**
   * Takes over a run folder, or that of a published model, once its model could be read; its paths lead nowhere else.
   * `architectures` are those that are wanted; default: any.
   */
  importRun: {
    request: {
      readonly run: string;
      readonly files: readonly GivenFile[];
      readonly architectures?: readonly string[] | undefined;
    };
    event: never;
    result: StoredRun;
  };
  /** Writes texts, with a run or another model that the worker knows. */
  sample: {
    request: { readonly run: string } & Omit<SampleOptions, "onText" | "signal">;
    event: never;
    result: readonly Written[];
  };
  /** Writes one text, token by token with what else could have come. */
  watch: {
    request: { readonly run: string } & Omit<WatchOptions, "signal">;
    event: WatchedToken;
    result: undefined;
  };
  /** Looks texts up among those that the run was trained on. */
  novelty: { request: NoveltyRequest; event: NoveltyProgress; result: Novelty };
  /** Copies among `n` texts of the weights at each step at which the run kept them. */
  copiesAlong: {
    request: Omit<NoveltyRequest, "texts">;
    event: CopiesAlong & { readonly total: number };
    result: CopiesAlong;
  };
  /** Words that are likely to come next, the one that saves most keys first. */
  suggest: {
    request: { readonly run: string; readonly text: string; readonly n?: number | undefined };
    event: never;
    result: readonly Suggestion[];
  };
  /** Types texts that the run has not seen, evenly chosen, with its suggestions. */
  typing: {
    request: { readonly run: string; readonly texts?: number | undefined };
    event: { readonly done: number; readonly total: number };
    result: TypingQuality;
  };
}
