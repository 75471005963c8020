/** A model of this machine with what it can do; it goes wherever a {@link LanguageModel} goes. */
import type { Abortable } from "../core/options.ts";
import { createDecoder } from "./decoders/create.ts";
import type { Decoder } from "./decoders/decoder.ts";
import type { LanguageModel } from "./language-model.ts";
import { logProbabilities, type ScoredText } from "./log-probabilities.ts";
import { checkSample, type Sample, type SampleOptions, sampleWith } from "./sample.ts";
import { saveModel } from "./save.ts";
import { piecesOf, type StreamOptions } from "./stream.ts";
import type { Writer } from "./writer.ts";

/** A decoder, and what it was made for. */
interface KeptDecoder {
  readonly key: string;
  readonly decoder: Decoder;
}

/** What `train`, `openModel` and `loadModel` return. What it compiled for one text is kept for the next. */
export class LocalModel implements LanguageModel, Writer {
  readonly kind = "local";
  readonly name: string;
  readonly model: LanguageModel["model"];
  readonly weights: LanguageModel["weights"];
  readonly tokenizer: LanguageModel["tokenizer"];
  readonly backend: LanguageModel["backend"];
  readonly stopAtEos: boolean;
  readonly ends: LanguageModel["ends"];
  readonly isolateDocuments: boolean;
  readonly cleaning: LanguageModel["cleaning"];
  readonly choice: LanguageModel["choice"];
  readonly remarks: readonly string[];
  /** Where its files are; undefined for a model that was trained in memory. */
  readonly folder: string | undefined;
  /** The last decoder that is not in use, since its graph takes long to prepare. */
  #kept: KeptDecoder | undefined;

  constructor(lm: LanguageModel, folder?: string) {
    this.name = lm.name;
    this.model = lm.model;
    this.weights = lm.weights;
    this.tokenizer = lm.tokenizer;
    this.backend = lm.backend;
    this.stopAtEos = lm.stopAtEos;
    this.ends = lm.ends;
    this.isolateDocuments = lm.isolateDocuments ?? false;
    this.cleaning = lm.cleaning;
    this.choice = lm.choice;
    this.remarks = lm.remarks ?? [];
    this.folder = folder;
  }

  /** @param before texts that other processes write: the first here is the one after them. Default 0 */
  async sample(options: SampleOptions = {}, before = 0): Promise<Sample[]> {
    const { batch, overflow } = checkSample(this, options);
    const key = `${batch} ${overflow}`;
    if (this.#kept?.key !== key) await this.release();
    const own = this.#kept ?? { key, decoder: createDecoder(this, { batch, overflow }) };
    // A text that is written meanwhile, as in the loop over a stream, gets a decoder of its own.
    this.#kept = undefined;
    try {
      return await sampleWith(this, own.decoder, options, before);
    } finally {
      own.decoder.reset();
      await this.release();
      this.#kept = own;
    }
  }

  stream(options: StreamOptions = {}): AsyncGenerator<string, void, undefined> {
    return piecesOf(options, (all) => this.sample(all));
  }

  score(text: string, options?: Abortable): Promise<ScoredText> {
    return logProbabilities(this, text, options);
  }

  /** Writes the model to a folder that `openModel` opens. Errors: {@link saveModel}. */
  save(folder: string): Promise<void> {
    return saveModel(this, folder);
  }

  /** Frees the graph that it keeps. */
  async release(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    await kept?.decoder.release();
  }
}
