/**
 * How well a model predicts a text: the negative log-likelihood of every token, once.
 *
 * A recurrent model reads the stream in parallel lanes with its state carried from window to window.
 * A model with a bounded context reads windows that overlap: each token is scored with at least
 * `context - stride` tokens before it, where the text has them.
 */
import { float32, type HostArray, int32 } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import type { TokenBatch } from "../data/batches/batch.ts";
import type { LanguageModel, Weights } from "../generate/language-model.ts";
import { beginsAfterEnd } from "../generate/language-model.ts";
import { zeroState } from "../generate/state.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Model, State } from "../models/model.ts";
import { objective } from "../models/objective.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { Backend } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";
import { endings, lanes, windows } from "./passes.ts";
import { spellUnknown } from "./spelling.ts";

export interface LikelihoodOptions {
  /** Windows read side by side. Default 16; 128 of models that predict only after a window. */
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

/** Scores streams of tokens under one model; the graph is compiled once. */
export class StreamScorer {
  readonly #model: Model;
  readonly #step;
  readonly #options: LikelihoodOptions;
  readonly batch: number;
  /** Tokens of a window. */
  readonly length: number;

  constructor(model: Model, backend: Backend, options: LikelihoodOptions = {}) {
    this.#model = model;
    this.#options = options;
    this.batch = options.batch ?? (model.predicts === "last" ? 128 : 16);
    this.length = options.length ?? (carries(model) ? 128 : Math.min(model.contextLength, 256));
    this.#step = compile(
      (parameters: Parameters, input: { ids: Tensor; targets: Tensor; weights: Tensor; state: State }) =>
        objective(model, parameters, input, evaluation),
      { backend },
    );
  }

  /**
   * The loss of a stream. Its first token is context for the second; every token after it is scored once.
   * @throws InputError `too-short` where there is nothing to score
   */
  async score(parameters: Weights, stream: ArrayLike<number>): Promise<StreamLoss> {
    const { onProgress, signal } = this.#options;
    const fresh = zeroState(carries(this.#model) ? this.#model.state(this.batch) : {});
    let state: Record<string, HostArray> = fresh;
    let nats = 0;
    let tokens = 0;
    if (stream.length < 2)
      throw new InputError("too-short", "There is nothing to score: the text has no token after its first.");
    for (const batch of this.#pass(stream)) {
      signal?.throwIfAborted();
      const shape = [batch.batch, batch.length];
      const input = {
        ids: int32(shape, batch.x),
        targets: int32(shape, batch.y),
        weights: float32(shape, batch.weights!),
      };
      const result = await this.#step(parameters, { ...input, state: batch.fresh ? fresh : state });
      state = result.state as Record<string, HostArray>;
      nats += (result.loss as HostArray<"float32">).data[0]!;
      tokens += batch.targets;
      onProgress?.(tokens / (stream.length - 1));
    }
    return { nats, tokens };
  }

  release(): Promise<void> {
    return this.#step.release();
  }

  #pass(stream: ArrayLike<number>): Generator<TokenBatch> {
    const sizes = { batch: this.batch, length: this.length };
    if (this.#model.predicts === "last") return endings(stream, sizes);
    if (carries(this.#model)) return lanes(stream, sizes);
    return windows(stream, sizes, this.#options.stride ?? Math.ceil(this.length / 2));
  }
}

/** Whether a model reads a text of any length with a state of fixed size. */
const carries = (model: Model): boolean => !Number.isFinite(model.contextLength);

export interface Evaluation {
  /** Nats per token. */
  readonly loss: number;
  readonly perplexity: number;
  readonly bits_per_character: number;
  readonly bits_per_byte: number;
  readonly tokens: number;
  /** Words that the vocabulary lacks. They count as one token in the loss, and with their spelling in the bits. */
  readonly unknown: number;
  readonly characters: number;
  readonly bytes: number;
  /** Tokens of a window. */
  readonly context: number;
}

/**
 * Loss, perplexity and bits of texts under a model; words that its vocabulary lacks are spelt for the bits, as
 * spelling.ts has it. For items the end of each is predicted as well, and
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
    const spelling = spellUnknown(tokenizer, texts);
    const bits = (nats + spelling.nats) / Math.LN2;
    return {
      loss: nats / tokens,
      perplexity: Math.exp(nats / tokens),
      bits_per_character: bits / characters,
      bits_per_byte: bits / bytes,
      tokens,
      unknown: spelling.words,
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
