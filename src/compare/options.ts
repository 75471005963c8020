/** The options of a comparison, and what each of its models is asked. */
import { optionNames } from "../core/options.ts";
import type { BackendChoice, BackendOptions } from "../runtime/backend.ts";
import type { DeviceChoice } from "../runtime/measured-in-words.ts";
import type { Cloze } from "./cloze.ts";
import type { EngineName, Precision } from "./results.ts";

/**
 * With the device `auto` the first model that opens is measured on the CPU and on WebGPU; all models run on the faster one,
 * as times on two devices would not compare.
 */
export interface CompareOptions extends Omit<BackendChoice, "profile"> {
  /**
   * With one gap, `[MASK]` or `___`, else with the gap at its end; or two texts, one with a gap, for masked models, and
   * one without. Default: a hungry fox that jumps, for each kind of model in its own form.
   */
  readonly text?: string | readonly string[] | undefined;
  /** What the results call each model. Default: its name. */
  readonly labels?: readonly string[] | undefined;
  /** Predictions of each model. Default 10. */
  readonly topK?: number | undefined;
  /** Timed runs of each case; 0 for no timing. Default 20. */
  readonly runs?: number | undefined;
  /** Time texts of 16 to 512 tokens, and 1 to 16 texts at once, as well. Default false. */
  readonly sweep?: boolean | undefined;
  /** How the matrices of models on this machine are stored, each a model of its own in the results. Default: `fp32`. */
  readonly precisions?: readonly Precision[] | undefined;
  /** Which programs run the models on this machine, each a model of its own in the results. Default: `punchline`. */
  readonly engines?: readonly EngineName[] | undefined;
  /** The folder of a project that has `@huggingface/transformers`. Default: the working directory. */
  readonly packages?: string | undefined;
  /** Layer of the attention that is drawn, counted from 1. Default 1. */
  readonly layer?: number | undefined;
  /** Head of that layer, counted from 1. Default 1. */
  readonly head?: number | undefined;
  /** Keep the attention of every head of every layer too, as a page shows it. Default false. */
  readonly heads?: boolean | undefined;
  /** Called with what the device was chosen by, where that is to be the faster one. */
  readonly onDevice?: ((choice: DeviceChoice) => void) | undefined;
  readonly onProgress?: ((stage: string, done: number) => void) | undefined;
  /** Ends the comparison early: the result is what is known by then. */
  readonly signal?: AbortSignal | undefined;
}

export const compareOptionNames = optionNames<keyof CompareOptions>()(
  "device threads text labels topK runs sweep precisions engines packages layer head heads onDevice onProgress signal",
);

/** With the device on which all models run. */
export type ChosenOptions = Omit<CompareOptions, "device" | "onDevice"> & Pick<BackendOptions, "device">;

/** Which model is run, and what it is asked. */
export interface ModelRequest {
  /** A folder, a Hub name or `openai:NAME`. */
  readonly name: string;
  /** What the results call it. */
  readonly label: string;
  readonly precision: Precision;
  readonly cloze: Cloze;
  readonly options: ChosenOptions;
}

/** The texts that were given; none for the default. */
export const textsOf = ({ text }: CompareOptions): readonly string[] =>
  text === undefined ? [] : typeof text === "string" ? [text] : text;

export const deviceOf = ({ device, threads }: ChosenOptions): BackendOptions => ({ device, threads });
