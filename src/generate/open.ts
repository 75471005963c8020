/**
 * The one door to models: a run folder, a Hugging Face folder, a Hub name, or `openai:NAME`.
 *
 * @example
 * const model = await openModel("gpt2");
 * for (const { text } of await model.sample({ prompt: "Why did", n: 3 })) console.log(text);
 * await model.release();
 */

import { resolveModel } from "../hub/pull.ts";
import type { PullOptions } from "../hub/snapshot.ts";
import type { Architecture } from "../models/model.ts";
import type { Quantization } from "../models/quantize.ts";
import type { BackendOptions } from "../runtime/backend.ts";
import { createDecoder } from "./decoders/create.ts";
import type { Decoder } from "./decoders/decoder.ts";
import { HOSTED_PREFIX, type HostedOptions, openHosted } from "./hosted/hosted-model.ts";
import type { LanguageModel } from "./language-model.ts";
import { loadModel } from "./load.ts";
import { checkSample, type Sample, type SampleOptions, sampleWith } from "./sample.ts";
import type { LocalModel, TextModel } from "./text-model.ts";

export interface OpenOptions {
  /** Where a model of this machine runs. */
  readonly backend?: BackendOptions;
  /** Round its matrices to 8 or 4 bits; as of `loadModel`. */
  readonly quantize?: Quantization;
  /** Architectures besides Punchline's own, for a model of one of them. */
  readonly architectures?: readonly Architecture[];
  /** How a model is fetched that is not there yet. */
  readonly pull?: PullOptions;
  /** How a service is reached. */
  readonly hosted?: HostedOptions;
}

/** Opens a model by its name. Errors: `resolveModel`, `loadModel`, `openHosted`. */
export async function openModel(name: string, options: OpenOptions = {}): Promise<TextModel> {
  if (isHosted(name)) return openHosted(name, options.hosted);
  return openLocal(name, options);
}

/** Opens a model of this machine, or of the Hub. */
export async function openLocal(name: string, options: OpenOptions = {}): Promise<LocalModel> {
  const folder = await resolveModel(name, options.pull);
  const { backend, quantize, architectures } = options;
  const lm = await loadModel(folder, {
    ...backend,
    ...(quantize ? { quantize } : {}),
    ...(architectures ? { architectures } : {}),
  });
  // Messages call it as the reader did, not by its folder in the package or in the cache.
  return new Local(name, folder, { ...lm, name });
}

/** Whether a name means a model behind a service. */
export const isHosted = (name: string): boolean => name.startsWith(HOSTED_PREFIX);

class Local implements LocalModel {
  readonly kind = "local";
  readonly name: string;
  readonly folder: string;
  readonly lm: LanguageModel;
  /** The last one, kept since its graph takes long to prepare. */
  #decoder: { readonly key: string; readonly decoder: Decoder } | undefined;

  constructor(name: string, folder: string, lm: LanguageModel) {
    this.name = name;
    this.folder = folder;
    this.lm = lm;
  }

  async sample(options: SampleOptions = {}): Promise<Sample[]> {
    const { batch, overflow } = checkSample(this.lm, options);
    const key = `${batch} ${overflow}`;
    if (this.#decoder?.key !== key) {
      await this.release();
      this.#decoder = { key, decoder: createDecoder(this.lm, { batch, overflow }) };
    }
    const { decoder } = this.#decoder!;
    try {
      return await sampleWith(this.lm, decoder, options);
    } finally {
      decoder.reset();
    }
  }

  async release(): Promise<void> {
    const { decoder } = this.#decoder ?? {};
    this.#decoder = undefined;
    await decoder?.release();
  }
}
