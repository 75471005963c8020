/** What can be chosen of a comparison. */
import type { BackendOptions } from "../runtime/backend.ts";
import type { EngineName, Precision } from "./results.ts";

export interface CompareOptions extends BackendOptions {
  /**
   * With one blank, `[MASK]` or `___`, or with the blank supposed at its end; or two texts, one with a blank, for
   * masked models, and one without. Default: a hungry fox that jumps, each kind of model in its own form.
   */
  readonly text?: string | readonly string[];
  /** What to call each model in the results. Default: as it was named. */
  readonly labels?: readonly string[];
  /** Predictions of each model. Default 10. */
  readonly topK?: number;
  /** Timed runs of each case; 0 for no timing. Default 20. */
  readonly runs?: number;
  /** Time texts of 16 to 512 tokens, and 1 to 16 texts at once, as well. Default false. */
  readonly sweep?: boolean;
  /** How the matrices of models on this machine are kept, each a contender of its own. Default: `fp32`. */
  readonly precisions?: readonly Precision[];
  /** Which programs run the models on this machine, each a contender of its own. Default: `punchline`. */
  readonly engines?: readonly EngineName[];
  /** The folder whose packages have `@huggingface/transformers`. Default: the working directory. */
  readonly packages?: string;
  /** Layer whose attention is drawn, counted from 1. Default 1. */
  readonly layer?: number;
  /** Head of that layer, counted from 1. Default 1. */
  readonly head?: number;
  readonly onProgress?: (stage: string, done: number) => void;
  /** Ends the comparison early: what is known by then is the result. */
  readonly signal?: AbortSignal | undefined;
}

/** The texts that were given; none for the default. */
export const textsOf = ({ text }: CompareOptions): readonly string[] =>
  text === undefined ? [] : typeof text === "string" ? [text] : text;

/** Where models run, of all that can be chosen. */
export const deviceOf = ({ device, threads }: CompareOptions): BackendOptions => ({
  ...(device === undefined ? {} : { device }),
  ...(threads === undefined ? {} : { threads }),
});
