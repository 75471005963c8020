/** The calls of the studio's worker, by name. */
import type { AttentionMap, ClozeModel, ClozeTimes, EngineCalls, RightChange, RunFile } from "punchline/web";
import type { InsideCalls } from "./inside/types.ts";

/** One of the two built-in models, and what it says of a text. */
export interface ClozeAnswer extends Pick<ClozeModel, "name" | "kind" | "text" | "facts" | "notes"> {
  readonly predictions: Awaited<ReturnType<ClozeModel["predict"]>>;
  /** Of every head; or why there is none. */
  readonly attention: AttentionMap | string;
}

export interface StudioCalls extends EngineCalls, InsideCalls {
  /** The built-in jokes. */
  jokes: { request: undefined; event: never; result: readonly string[] };

  /** Asks the built-in GPT-2 and BERT about a text with one gap, or one text each. */
  cloze: { request: { readonly text: readonly string[] }; event: string; result: readonly ClozeAnswer[] };
  /** What becomes of their answers when other words come after the gap of the text that they were asked last. */
  clozeRight: { request: { readonly right: string }; event: never; result: readonly RightChange[] };
  /** Times them on the text that they were asked last. */
  clozeTimes: { request: { readonly runs: number }; event: number; result: ClozeTimes };
  /** The files of a run in a .zip, for a download. */
  zip: { request: { readonly run: string; readonly files: readonly RunFile[] }; event: never; result: Blob };
  /** The run folder in a .zip. */
  unzip: {
    request: { readonly zip: File };
    event: never;
    result: { readonly name: string; readonly files: readonly RunFile[] };
  };
}
