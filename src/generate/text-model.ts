/** A model that writes texts, on this machine or behind a service. */
import type { Abortable } from "../core/options.ts";
import type { NextToken } from "./hosted/next-token.ts";
import type { HostedUsage } from "./hosted/usage.ts";
import type { LocalModel } from "./local-model.ts";
import type { Writer } from "./writer.ts";

/** A model behind an OpenAI-style API. */
export interface HostedModel extends Writer {
  readonly kind: "hosted";
  /** What all calls so far have used. */
  readonly usage: HostedUsage;
  /**
   * The tokens that the service finds likeliest after a text, likeliest first; fewer than `topK` where it gives fewer.
   * @throws InputError `hosted-no-score` where it gives no log-probabilities.
   */
  predict(text: string, options: { readonly topK: number } & Abortable): Promise<readonly NextToken[]>;
}

/** `kind` tells them apart. */
export type TextModel = LocalModel | HostedModel;
