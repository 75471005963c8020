/**
 * Opens any model: a run folder, a Hugging Face folder, a Hub name, or `openai:NAME`.
 *
 * @example
 * const model = await openModel("gpt2");
 * for (const { text } of await model.sample({ prompt: "Why did", n: 3 })) console.log(text);
 * await model.release();
 */

import { UsageError } from "../core/errors.ts";
import { checkList, checkOptions, checkText, option, optionNames } from "../core/options.ts";
import { resolveModel } from "../hub/pull.ts";
import { type PullOptions, pullOptionNames } from "../hub/snapshot.ts";
import type { Architecture } from "../models/model.ts";
import type { Quantization } from "../models/quantize.ts";
import { type BackendChoice, backendOptionNames } from "../runtime/backend.ts";
import { HOSTED_PREFIX, type HostedOptions, hostedOptionNames, openHosted } from "./hosted/hosted-model.ts";
import { loadModel } from "./load.ts";
import type { LocalModel } from "./local-model.ts";
import type { TextModel } from "./text-model.ts";

export interface OpenOptions {
  /** Where a model of this machine runs. */
  readonly backend?: BackendChoice | undefined;
  /** Round its matrices to 8 or 4 bits; as of `loadModel`. */
  readonly quantize?: Quantization | undefined;
  /** A LoRA adapter to merge into the weights: a folder as PEFT writes it, or a name on the Hub. Default: none. */
  readonly adapter?: string | undefined;
  /** Architectures besides Punchline's own, for a model of one of them. */
  readonly architectures?: readonly Architecture[] | undefined;
  /** How a model is fetched that is not there yet. */
  readonly pull?: PullOptions | undefined;
  /** How a service is reached. */
  readonly hosted?: HostedOptions | undefined;
}

const openOptionNames = optionNames<keyof OpenOptions>()(
  "adapter backend quantize architectures pull hosted",
  {
    backend: backendOptionNames,
    pull: pullOptionNames,
    hosted: hostedOptionNames,
  },
);

/** Opens a model by its name. Errors: `resolveModel`, `loadModel`, `openHosted`. */
export async function openModel(name: string, options: OpenOptions = {}): Promise<TextModel> {
  checkOptions(options, openOptionNames);
  checkText(name, "name");
  if (isHosted(name)) {
    if (options.adapter !== undefined)
      throw new UsageError(`${name} runs elsewhere, so ${option("adapter")} is not for it; leave it out.`, {
        option: "adapter",
        value: options.adapter,
      });
    return openHosted(name, options.hosted);
  }
  return openLocal(name, options);
}

/** Opens a model of this machine, or of the Hub. */
export async function openLocal(name: string, options: OpenOptions = {}): Promise<LocalModel> {
  const { backend, quantize, architectures, pull, ...given } = checkOptions(options, openOptionNames);
  checkText(name, "name");
  checkList(architectures, "architectures");
  const adapter = given.adapter === undefined ? undefined : await resolveModel(given.adapter, pull);
  // Messages call it as the user does, not by its folder in the package or in the cache.
  return loadModel(await resolveModel(name, pull), { ...backend, quantize, architectures, name, adapter });
}

/** Whether a name means a model behind a service. */
export const isHosted = (name: string): boolean => name.startsWith(HOSTED_PREFIX);
