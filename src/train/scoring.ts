/**
 * The loss of tokens under one model: of batches, of streams of tokens, and of the validation split. Validation needs it
 * while a model is trained, and evaluation after that.
 */
import type { HostArray } from "../core/array.ts";
import { InputError, UsageError } from "../core/errors.ts";
import { requireFinite } from "../core/finite.ts";
import { invalidOption, option } from "../core/options.ts";
import { type TokenBatch, tensorsOf } from "../data/batches/batch.ts";
import type { Weights } from "../generate/language-model.ts";
import { carriesState, type Model, type TrainingInput, targetLosses, zeroState } from "../models/model.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { agreed, alone, attempt, type Outcome, type Ranks } from "../ranks/ranks.ts";
import type { Backend } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";
import { discardArrays, Transfer } from "../runtime/transfer.ts";
import { endings, type ScoreHooks, type StreamLoss, scoreInLanes, windows } from "./passes.ts";

export type { StreamLoss } from "./passes.ts";

type Arrays = Readonly<Record<string, HostArray>>;

/** Scores batches under one model; the graph is compiled once for each shape. */
export class BatchScorer {
  readonly #model: Model;
  /** Where weights can stay on the device for all batches of a pass. */
  readonly #transfer: Transfer | undefined;
  readonly #step;

  constructor(model: Model, backend: Backend) {
    this.#model = model;
    this.#transfer = backend.keepsResults ? new Transfer(backend) : undefined;
    this.#step = compile(
      (parameters: Parameters, input: TrainingInput) => {
        const { logits, state } = model.forward(
          parameters,
          input,
          evaluation,
          input.at ? { at: input.at } : {},
        );
        return { losses: targetLosses(model, logits, input), state };
      },
      { backend },
    );
  }

  /**
   * The loss of the targets that count, with the state carried from each batch to the next that is not fresh.
   * @throws PunchlineError `not-finite` where the model gives something else than numbers
   */
  score(parameters: Weights, batches: Iterable<TokenBatch>, hooks: ScoreHooks = {}): Promise<StreamLoss> {
    return this.resident(parameters, (weights) => this.#scoreAll(weights, batches, hooks));
  }

  /** Calls `work` with the weights in memory on the device, where the backend has one; in files they are constants there. */
  async resident<T>(parameters: Weights, work: (weights: Weights) => Promise<T>): Promise<T> {
    const inMemory = Object.entries(parameters).filter(
      (entry): entry is [string, HostArray] => "data" in entry[1],
    );
    if (!this.#transfer || inMemory.length === 0) return work(parameters);
    const { weights } = await this.#transfer.upload({ weights: Object.fromEntries(inMemory) });
    try {
      return await work({ ...parameters, ...weights } as unknown as Weights);
    } finally {
      discardArrays({ weights });
    }
  }

  async #scoreAll(
    parameters: Weights,
    batches: Iterable<TokenBatch>,
    { onTokens, onLosses, signal }: ScoreHooks,
  ): Promise<StreamLoss> {
    let state = this.zeros(0);
    let nats = 0;
    let tokens = 0;
    for (const batch of batches) {
      signal?.throwIfAborted();
      if (batch.fresh) state = this.zeros(batch.batch);
      const result = await this.read(parameters, batch, state);
      state = result.state;
      for (const loss of result.losses) nats += loss;
      // A model that predicts after its window has one loss a row.
      const perRow = this.#model.predicts === "last" ? batch.length : 1;
      onLosses?.(
        result.losses,
        (batch.spans ?? []).map((span) => ({ ...span, at: Math.floor(span.at / perRow) })),
      );
      tokens += batch.targets;
      onTokens?.(tokens);
    }
    return { nats, tokens };
  }

  /** The state before any text, of a model that carries one. */
  zeros(batch: number): Arrays {
    return carriesState(this.#model) ? zeroState(this.#model.state(batch)) : {};
  }

  /** The loss of every target of one batch, 0 for those that do not count, and the state after it. */
  async read(
    parameters: Weights,
    batch: TokenBatch,
    state: Arrays,
  ): Promise<{ readonly losses: Float32Array; readonly state: Arrays }> {
    const result = await this.#step(parameters, { ...tensorsOf(batch), state });
    const losses = result.losses.data as Float32Array;
    requireFinite(losses, this.#model.config.model_type);
    return { losses, state: result.state as Arrays };
  }

  async release(): Promise<void> {
    await this.#step.release();
    await this.#transfer?.release();
  }
}

export interface LikelihoodOptions {
  /**
   * Windows read side by side. Default 16; 128 of models that predict only after a window; fewer where the
   * vocabulary is large and windows are independent.
   */
  readonly batch?: number | undefined;
  /**
   * Tokens of a window. Default: the context, at most 256; 128 for recurrent models, which read any text in pieces of 1,024
   * at most, each with the state of the one before.
   */
  readonly length?: number | undefined;
  /** Tokens that each window scores, for models with a bounded context; a window at most. Default: half a window. */
  readonly stride?: number | undefined;
  /** Called with the share of tokens scored, 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Ranks that score some of the batches each, of models without a carried state. Default: one that scores all. */
interface Divided {
  readonly ranks?: Ranks | undefined;
}

/** Most logits of one pass, unless a batch is given: an eighth of a gigabyte, and rows enough to keep a machine busy. */
const MOST_LOGITS = 2 ** 25;

/** Tokens that a model with a carried state reads at a time: of one stream, and of separate texts. */
const STREAM_LENGTH = 128;
export const TEXT_LENGTH = 64;

/**
 * Most tokens that such a model reads at a time, whatever is asked for: its graph has a node for every token, and a
 * text in pieces has the same score.
 */
const LONGEST_PIECE = 1024;

/** The tokens that a model with a carried state reads at a time. @param longest what suits it where nothing is asked for */
export const pieceOf = (asked: number | undefined, longest: number): number =>
  Math.min(asked ?? longest, LONGEST_PIECE);

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
  readonly #options: LikelihoodOptions & Divided;
  readonly batch: number;
  /** Tokens of a window. */
  readonly length: number;

  /** @throws UsageError where the model cannot honour an option, or the windows would leave tokens out */
  constructor(model: Model, backend: Backend, options: LikelihoodOptions & Divided = {}) {
    checkSizes(model, options, false);
    this.#model = model;
    this.#options = options;
    this.length = carriesState(model)
      ? pieceOf(options.length, STREAM_LENGTH)
      : (options.length ?? windowOf(model));
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
      ? this.#scorer.resident(parameters, (weights) =>
          scoreInLanes(this.#scorer, weights, stream, sizes, hooks),
        )
      : this.#scorer.score(parameters, this.#pass(stream), hooks);
  }

  release(): Promise<void> {
    return this.#scorer.release();
  }

  #pass(stream: ArrayLike<number>): Generator<TokenBatch> {
    const sizes = { batch: this.batch, length: this.length };
    const { stride = Math.ceil(this.length / 2), ranks = alone } = this.#options;
    const all = this.#model.predicts === "last" ? endings(stream, sizes) : windows(stream, sizes, stride);
    return everyNth(all, ranks);
  }
}

/** What a validation scores: a stream of tokens, an end of text first, or one pass of batches. */
export type ValidationSplit = ArrayLike<number> | (() => Iterable<TokenBatch>);

/** Of a pass, every batch that is this rank's turn. */
function* everyNth(batches: Iterable<TokenBatch>, { rank, size }: Ranks): Generator<TokenBatch> {
  let k = 0;
  for (const batch of batches) if (k++ % size === rank) yield batch;
}

/** The loss on the validation split along a training. */
export class Validation {
  readonly #score: ((weights: Weights) => Promise<StreamLoss>) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #ranks: Ranks;
  /** Whether every rank scores a part. A stream that is read with a carried state is scored by rank 0 alone. */
  readonly isDivided: boolean;
  readonly release: () => Promise<void>;

  /**
   * @param length tokens of a window, for a model that carries its state from window to window
   * @param ranks which divide the batches of the pass
   */
  constructor(
    model: Model,
    backend: Backend,
    split: ValidationSplit,
    {
      length,
      signal,
      ranks = alone,
    }: {
      readonly length: number;
      readonly signal?: AbortSignal | undefined;
      readonly ranks?: Ranks | undefined;
    },
  ) {
    this.#signal = signal;
    this.#ranks = ranks;
    this.isDivided = ranks.size > 1 && (typeof split === "function" || !carriesState(model));
    if (typeof split === "function") {
      const scorer = new BatchScorer(model, backend);
      this.#score = (weights) => scorer.score(weights, everyNth(split(), ranks), { signal });
      this.release = () => scorer.release();
      return;
    }
    const scorer = new StreamScorer(model, backend, {
      length: carriesState(model) ? length : undefined,
      signal,
      ranks,
    });
    // The first token is context alone.
    if (split.length > 1) this.#score = (weights) => scorer.score(weights, split);
    this.release = () => scorer.release();
  }

  /** Nats per token with the weights as they are; null where there is nothing to score. */
  async score(weights: Weights): Promise<number | null | "interrupted"> {
    const outcome = await attempt(async () => (await this.#score?.(weights)) ?? { nats: 0, tokens: 0 });
    const interrupted = "error" in outcome && this.#signal?.aborted === true;
    const { nats, tokens } = this.isDivided
      ? await this.#all(outcome, interrupted)
      : ownOf(outcome, interrupted);
    if (Number.isNaN(tokens)) return "interrupted";
    return tokens > 0 ? nats / tokens : null;
  }

  /** The sums of all ranks; NaN where rank 0 was interrupted. */
  async #all(outcome: Outcome<StreamLoss>, interrupted: boolean): Promise<StreamLoss> {
    const { nats, tokens } = "value" in outcome ? outcome.value : none;
    const sums = Float64Array.of(
      nats,
      tokens,
      Number(interrupted),
      Number("error" in outcome && !interrupted),
    );
    await this.#ranks.sum(sums);
    if (sums[3]! > 0) await agreed(this.#ranks, interrupted ? { value: none } : outcome);
    return sums[2]! > 0 ? { nats: Number.NaN, tokens: Number.NaN } : { nats: sums[0]!, tokens: sums[1]! };
  }
}

const none: StreamLoss = { nats: 0, tokens: 0 };

function ownOf(outcome: Outcome<StreamLoss>, interrupted: boolean): StreamLoss {
  if ("value" in outcome) return outcome.value;
  if (interrupted) return { nats: Number.NaN, tokens: Number.NaN };
  throw outcome.error;
}
