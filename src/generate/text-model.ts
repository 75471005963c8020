/** What writes texts: a model of this machine, or one behind a service. */
import type { NextToken } from "./hosted/next-token.ts";
import type { HostedUsage } from "./hosted/usage.ts";
import type { LanguageModel } from "./language-model.ts";
import type { ScoredText } from "./log-probabilities.ts";
import type { Sample, SampleOptions } from "./sample.ts";

/** What both kinds can do; `kind` tells them apart. */
interface Writer {
  /** As the user calls it. */
  readonly name: string;
  /** Writes texts. @throws UsageError for an option that the model cannot honour. */
  sample(options?: SampleOptions): Promise<Sample[]>;
  /** Frees what it holds; it cannot be used any more. */
  release(): Promise<void>;
}

/** A model whose weights are on this machine. What it compiled for one call is kept for the next. */
export interface LocalModel extends Writer {
  readonly kind: "local";
  readonly lm: LanguageModel;
  /** Where its files are. */
  readonly folder: string;
}

/** A model behind an OpenAI-style API. */
export interface HostedModel extends Writer {
  readonly kind: "hosted";
  /** What all calls so far have used. */
  readonly usage: HostedUsage;
  /**
   * The service's log-probabilities of a text's tokens, each given those before it.
   * @throws InputError `hosted-no-score` where the service does not give them.
   */
  score(text: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<ScoredText>;
  /**
   * The tokens that the service finds likeliest behind a text, likeliest first; fewer than `topK` where it gives fewer.
   * @throws InputError `hosted-no-score` where it gives no log-probabilities.
   */
  predict(
    text: string,
    options: { readonly topK: number; readonly signal?: AbortSignal },
  ): Promise<readonly NextToken[]>;
}

export type TextModel = LocalModel | HostedModel;
