/** Scores streams of tokens under one model: what validation needs while training, and evaluation after it. */
import { InputError, UsageError } from "../core/errors.ts";
import { invalidOption, option } from "../core/options.ts";
import type { TokenBatch } from "../data/batches/batch.ts";
import type { Weights } from "../generate/language-model.ts";
import { carriesState, type Model } from "../models/model.ts";
import type { Backend } from "../runtime/backend.ts";
import { BatchScorer, type ScoreHooks, type StreamLoss } from "./batch-scorer.ts";
import { endings, windows } from "./passes.ts";
import { scoreInLanes } from "./stream-lanes.ts";

export interface LikelihoodOptions {
  /**
   * Windows read side by side. Default 16; 128 of models that predict only after a window; fewer where the
   * vocabulary is large and windows are independent.
   */
  readonly batch?: number | undefined;
  /** Tokens of a window. Default: the context, at most 256; 128 for recurrent models. */
  readonly length?: number | undefined;
  /** Tokens that each window scores, for models with a bounded context; a window at most. Default: half a window. */
  readonly stride?: number | undefined;
  /** Called with the share of tokens scored, 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Most logits of one pass, unless a batch is given: an eighth of a gigabyte, and rows enough to keep a machine busy. */
const MOST_LOGITS = 2 ** 25;

/** Tokens that a model with a carried state reads at a time: of one stream, and of separate texts. */
const STREAM_LENGTH = 128;
export const TEXT_LENGTH = 64;

/** Windows side by side. */
function batchFor(model: Model, length: number): number {
  if (model.predicts === "last") return 128;
  if (carriesState(model)) return 16;
  return Math.max(1, Math.min(16, Math.floor(MOST_LOGITS / (length * model.config.vocab_size))));
}

/**
 * The window of a model with a bounded context, by default; one that predicts after its window is
 * always given the whole of it.
 */
export const windowOf = ({ contextLength, predicts }: Model): number =>
  predicts === "last" ? contextLength : Math.min(contextLength, 256);

/** @throws UsageError where windows of these sizes would not have every token once, or the model cannot read them */
export function checkSizes(
  model: Model,
  { batch = 1, length, stride }: LikelihoodOptions,
  alone: boolean,
): void {
  const { contextLength, predicts } = model;
  const { model_type } = model.config;
  for (const [name, size] of Object.entries({ batch, length: length ?? 1, stride: stride ?? 1 })) {
    if (!(Number.isSafeInteger(size) && size >= 1))
      throw invalidOption(name, size, "a whole number of 1 or more");
  }
  if (length !== undefined && length > contextLength)
    throw new UsageError(
      `${option("length", length)} is beyond the ${contextLength} tokens that ${model_type} sees at once.`,
      { option: "length", value: length, expected: `at most ${contextLength}` },
    );
  if (stride === undefined) return;
  const useless = carriesState(model)
    ? `a ${model_type}, which carries its state from window to window`
    : predicts === "masked"
      ? `a ${model_type}, of which every token is scored with those around it`
      : predicts === "last"
        ? `a ${model_type}, which reads a window of its own for every token`
        : alone
          ? "texts that are read alone, each from its own beginning"
          : undefined;
  if (useless)
    throw new UsageError(`${option("stride")} is of no use to ${useless}; leave it out.`, {
      option: "stride",
      value: stride,
    });
  const window = length ?? windowOf(model);
  if (stride > window)
    throw new UsageError(
      `${option("stride", stride)} is longer than the window of ${window} tokens, so that tokens between two windows would not be scored; give ${window} at most, or a longer ${option("length")}.`,
      { option: "stride", value: stride, expected: `at most ${window}`, length: window },
    );
}

/** Scores streams of tokens under one model; the graph is compiled once. */
export class StreamScorer {
  readonly #model: Model;
  readonly #scorer: BatchScorer;
  readonly #options: LikelihoodOptions;
  readonly batch: number;
  /** Tokens of a window. */
  readonly length: number;

  /** @throws UsageError where the model cannot honour an option, or the windows would leave tokens out */
  constructor(model: Model, backend: Backend, options: LikelihoodOptions = {}) {
    checkSizes(model, options, false);
    this.#model = model;
    this.#options = options;
    this.length = options.length ?? (carriesState(model) ? STREAM_LENGTH : windowOf(model));
    this.batch = options.batch ?? batchFor(model, this.length);
    this.#scorer = new BatchScorer(model, backend);
  }

  /**
   * The loss of a stream. Its first token is context for the second; every token after it is scored once.
   * @throws InputError `too-short` where there is nothing to score
   */
  async score(
    parameters: Weights,
    stream: ArrayLike<number>,
    onLosses?: ScoreHooks["onLosses"],
  ): Promise<StreamLoss> {
    const { onProgress, signal } = this.#options;
    if (stream.length < 2)
      throw new InputError("too-short", "There is nothing to score: the text has no token after its first.");
    const hooks = { onTokens: (done: number) => onProgress?.(done / (stream.length - 1)), onLosses, signal };
    const sizes = { batch: this.batch, length: this.length };
    return carriesState(this.#model)
      ? scoreInLanes(this.#scorer, parameters, stream, sizes, hooks)
      : this.#scorer.score(parameters, this.#pass(stream), hooks);
  }

  release(): Promise<void> {
    return this.#scorer.release();
  }

  #pass(stream: ArrayLike<number>): Generator<TokenBatch> {
    const sizes = { batch: this.batch, length: this.length };
    if (this.#model.predicts === "last") return endings(stream, sizes);
    return windows(stream, sizes, this.#options.stride ?? Math.ceil(this.length / 2));
  }
}
