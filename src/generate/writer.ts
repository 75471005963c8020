/** The methods that local and hosted models share. */
import type { Abortable } from "../core/options.ts";
import type { ScoredText } from "./log-probabilities.ts";
import type { Sample, SampleOptions } from "./sample.ts";
import type { StreamOptions } from "./stream.ts";

/** A model that writes texts. */
export interface Writer {
  /** As the user calls it. */
  readonly name: string;
  /** Writes texts. @throws UsageError for an option that the model does not support. */
  sample(options?: SampleOptions): Promise<Sample[]>;
  /** Writes one text, piece by piece; leaving the loop ends it. Errors: {@link sample}. */
  stream(options?: StreamOptions): AsyncGenerator<string, void, undefined>;
  /**
   * The tokens of a text, each with its log-probability given those before it.
   * @throws UsageError where the model does not predict token by token, or the text is beyond its context
   * @throws InputError `hosted-no-score` where a service does not give log-probabilities
   */
  score(text: string, options?: Abortable): Promise<ScoredText>;
  /** Frees what it holds. */
  release(): Promise<void>;
}
