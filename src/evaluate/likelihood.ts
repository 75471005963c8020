/**
 * How well a model predicts a text: the negative log-likelihood of every token, once.
 *
 * A recurrent model reads the stream in parallel lanes with its state carried from window to window.
 * A model with a bounded context reads windows that overlap: each token is scored with at least
 * `context - stride` tokens before it, where the text has them.
 */
import { float32, type HostArray, int32 } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import { zeroState } from "../generate/decoder.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { beginsAfterEnd } from "../generate/language-model.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Model, State } from "../models/model.ts";
import { objective } from "../models/objective.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { Backend } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";

export interface LikelihoodOptions {
  /** Windows read side by side. Default 16. */
  readonly batch?: number;
  /** Tokens of a window. Default: the context, at most 256; 128 for recurrent models. */
  readonly length?: number;
  /** Tokens that each window scores anew, for models with a bounded context. Default: half a window. */
  readonly stride?: number;
  /** Called with the share of tokens scored, 0 to 1. */
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
}

export interface StreamLoss {
  /** Sum over all scored tokens, in nats. */
  readonly nats: number;
  /** Number of tokens scored. */
  readonly tokens: number;
}

interface Window {
  /** Position in the stream of the first input token. */
  readonly start: number;
  /** Targets start + 1 + k are scored for k in [from, to). */
  readonly from: number;
  readonly to: number;
}

/**
 * The loss of a stream of tokens. The first token is context for the second; everything after it is scored.
 * @throws InputError `too-short` where there is nothing to score
 */
export class StreamScorer {
  readonly #model: Model;
  readonly #step;
  readonly #batch: number;
  readonly #length: number;
  readonly #stride: number;
  readonly #options: LikelihoodOptions;

  constructor(model: Model, backend: Backend, options: LikelihoodOptions = {}) {
    this.#model = model;
    this.#options = options;
    this.#batch = options.batch ?? 16;
    const bounded = Number.isFinite(model.contextLength);
    this.#length = options.length ?? (bounded ? Math.min(model.contextLength, 256) : 128);
    this.#stride =
      model.predicts === "last"
        ? 1
        : bounded
          ? (options.stride ?? Math.ceil(this.#length / 2))
          : this.#length;
    this.#step = compile(
      (parameters: Parameters, input: { ids: Tensor; targets: Tensor; weights: Tensor; state: State }) =>
        objective(model, parameters, input, evaluation),
      { backend },
    );
  }

  async score(
    parameters: Readonly<Record<string, HostArray>>,
    stream: ArrayLike<number>,
  ): Promise<StreamLoss> {
    if (stream.length < 2)
      throw new InputError("too-short", "There is nothing to score: the text has no token after its first.");
    const lanes = Number.isFinite(this.#model.contextLength)
      ? this.#overlapping(stream.length)
      : this.#consecutive(stream.length);
    const steps = Math.max(...lanes.map((lane) => lane.length));
    let state: Record<string, HostArray> = zeroState(stateSpecs(this.#model, this.#batch));
    let nats = 0;
    let tokens = 0;
    for (let s = 0; s < steps; s++) {
      this.#options.signal?.throwIfAborted();
      const windows = lanes.map((lane) => lane[s]);
      const input = this.#gather(stream, windows);
      const result = await this.#step(parameters, { ...input, state });
      state = result.state as Record<string, HostArray>;
      nats += (result.loss as HostArray<"float32">).data[0]!;
      for (const w of windows) tokens += w ? w.to - w.from : 0;
      this.#options.onProgress?.(tokens / (stream.length - 1));
    }
    return { nats, tokens };
  }

  release(): Promise<void> {
    return this.#step.release();
  }

  /** The stream cut into one lane a row, each read on from window to window. */
  #consecutive(size: number): Window[][] {
    const targets = size - 1;
    const perLane = Math.ceil(targets / this.#batch);
    return Array.from({ length: this.#batch }, (_, lane) => {
      const end = Math.min(targets, (lane + 1) * perLane);
      const windows: Window[] = [];
      for (let start = lane * perLane; start < end; start += this.#length) {
        windows.push({ start, from: 0, to: Math.min(this.#length, end - start) });
      }
      return windows;
    });
  }

  /** Overlapping windows, dealt out to the rows in turn; each scores what no earlier one has. */
  #overlapping(size: number): Window[][] {
    const targets = size - 1;
    const last = this.#model.predicts === "last";
    const lanes: Window[][] = Array.from({ length: this.#batch }, () => []);
    let scored = 0;
    for (let k = 0; scored < targets; k++) {
      const end = Math.min(targets, last ? k + 1 : scored === 0 ? this.#length : scored + this.#stride);
      const start = last ? end - this.#length : Math.max(0, end - this.#length);
      lanes[k % this.#batch]!.push({ start, from: scored - start, to: end - start });
      scored = end;
    }
    return lanes;
  }

  #gather(stream: ArrayLike<number>, windows: readonly (Window | undefined)[]) {
    const shape = [this.#batch, this.#length];
    const ids = new Int32Array(this.#batch * this.#length);
    const targets = new Int32Array(ids.length);
    const weights = new Float32Array(ids.length);
    windows.forEach((w, row) => {
      if (!w) return;
      for (let k = 0; k < this.#length; k++) {
        const at = row * this.#length + k;
        // Before the stream begins stands its first token again: the end of the text before it.
        ids[at] = stream[Math.max(0, w.start + k)] ?? 0;
        targets[at] = stream[Math.max(0, w.start + k + 1)] ?? 0;
        weights[at] = k >= w.from && k < w.to ? 1 : 0;
      }
    });
    return { ids: int32(shape, ids), targets: int32(shape, targets), weights: float32(shape, weights) };
  }
}

/** The state that scoring carries: none where it grows with the text, as windows then stand alone. */
function stateSpecs(model: Model, batch: number) {
  return Number.isFinite(model.contextLength) ? {} : model.state(batch);
}

export interface Evaluation {
  /** Nats per token. */
  readonly loss: number;
  readonly perplexity: number;
  readonly bits_per_character: number;
  readonly bits_per_byte: number;
  readonly tokens: number;
  readonly characters: number;
  readonly bytes: number;
  /** Tokens of a window and how many of them are scored anew. */
  readonly context: number;
}

/**
 * Loss, perplexity and bits of texts under a model. For items the end of each is predicted as well, and
 * counts as one character; the whole is one stream that begins after an end of text.
 */
export async function evaluateTexts(
  lm: LanguageModel,
  texts: readonly string[],
  options: LikelihoodOptions & { readonly kind?: "items" | "text" } = {},
): Promise<Evaluation> {
  const { tokenizer, model, backend, weights } = lm;
  const items = options.kind !== "text";
  const stream: number[] = items || beginsAfterEnd(tokenizer) ? [tokenizer.endOfText] : [];
  for (const text of texts) {
    for (const id of tokenizer.encode(text)) stream.push(id);
    if (items) stream.push(tokenizer.endOfText);
  }
  const scorer = new StreamScorer(model, backend, options);
  try {
    const { nats, tokens } = await scorer.score(weights, stream);
    const joined = texts.join("\n") + (items ? "\n" : "");
    const characters = [...joined].length;
    const bytes = new TextEncoder().encode(joined).length;
    return {
      loss: nats / tokens,
      perplexity: Math.exp(nats / tokens),
      bits_per_character: nats / Math.LN2 / characters,
      bits_per_byte: nats / Math.LN2 / bytes,
      tokens,
      characters,
      bytes,
      context: Number.isFinite(model.contextLength)
        ? (options.length ?? Math.min(model.contextLength, 256))
        : tokens,
    };
  } finally {
    await scorer.release();
  }
}
