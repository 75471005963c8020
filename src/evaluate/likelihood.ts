/**
 * How well a model predicts a text: the negative log-likelihood of every token, once.
 *
 * A recurrent model reads the stream in parallel lanes with its state carried from window to window.
 * A model with a bounded context reads windows that overlap: each token is scored with at least
 * `context - stride` tokens before it, where the text has them.
 */
import { InputError, UsageError } from "../core/errors.ts";
import type { TokenBatch } from "../data/batches/batch.ts";
import { itemPass } from "../data/batches/index.ts";
import { encodeItems, type TokenStream } from "../data/tokens.ts";
import type { LanguageModel, Weights } from "../generate/language-model.ts";
import { beginsAfterEnd } from "../generate/language-model.ts";
import { carriesState, type Model } from "../models/model.ts";
import type { Backend } from "../runtime/backend.ts";
import { BatchScorer, type StreamLoss } from "./batch-scorer.ts";
import { countText, type Evaluation, evaluationOf, type LikelihoodOptions } from "./evaluation.ts";
import { endings, lanes, windows } from "./passes.ts";

import { PIECE, pseudoLikelihood } from "./pseudo-likelihood.ts";

import { spellUnknown } from "./spelling.ts";

/** Most logits of one pass, unless a batch is given: an eighth of a gigabyte, and rows enough to keep a machine busy. */
const MOST_LOGITS = 2 ** 25;

/** Windows side by side. Lanes of a carried state stay as many, as they decide what each token sees. */
function batchFor(model: Model, length: number): number {
  if (carriesState(model)) return 16;
  if (model.predicts === "last") return 128;
  return Math.max(1, Math.min(16, Math.floor(MOST_LOGITS / (length * model.config.vocab_size))));
}

/** Scores streams of tokens under one model; the graph is compiled once. */
export class StreamScorer {
  readonly #model: Model;
  readonly #scorer: BatchScorer;
  readonly #options: LikelihoodOptions;
  readonly batch: number;
  /** Tokens of a window. */
  readonly length: number;

  constructor(model: Model, backend: Backend, options: LikelihoodOptions = {}) {
    this.#model = model;
    this.#options = options;
    this.length = options.length ?? (carriesState(model) ? 128 : windowOf(model));
    this.batch = options.batch ?? batchFor(model, this.length);
    this.#scorer = new BatchScorer(model, backend);
  }

  /**
   * The loss of a stream. Its first token is context for the second; every token after it is scored once.
   * @throws InputError `too-short` where there is nothing to score
   */
  async score(parameters: Weights, stream: ArrayLike<number>): Promise<StreamLoss> {
    const { onProgress, signal } = this.#options;
    if (stream.length < 2)
      throw new InputError("too-short", "There is nothing to score: the text has no token after its first.");
    return this.#scorer.score(parameters, this.#pass(stream), {
      onTokens: (done) => onProgress?.(done / (stream.length - 1)),
      signal,
    });
  }

  release(): Promise<void> {
    return this.#scorer.release();
  }

  #pass(stream: ArrayLike<number>): Generator<TokenBatch> {
    const sizes = { batch: this.batch, length: this.length };
    if (this.#model.predicts === "last") return endings(stream, sizes);
    if (carriesState(this.#model)) return lanes(stream, sizes);
    return windows(stream, sizes, this.#options.stride ?? Math.ceil(this.length / 2));
  }
}

/** Most tokens that a recurrent model reads in one go of a text that stands alone. */
const LONGEST = 1024;

/** The window of a model with a bounded context, where nobody says how long. */
const windowOf = ({ contextLength }: Model): number => Math.min(contextLength, 256);

export interface EvaluationOptions extends LikelihoodOptions {
  /** `items`: the end of each text is predicted as well, and counts as one character. Default `items`. */
  readonly kind?: "items" | "text";
  /**
   * Whether each text is read by itself, as after an end of text, instead of all as one stream. One longer than a
   * window goes on in another. Default: as the model was trained.
   */
  readonly alone?: boolean;
  /** Of texts read alone, how many of each one's first characters are a prompt, which is read but not scored. */
  readonly prompts?: readonly number[];
}

/**
 * Loss, perplexity and bits of texts under a model; words that its vocabulary lacks are spelt for the bits, as
 * spelling.ts has it. The whole is one stream that begins after an end of text, unless each text is to be read alone.
 */
export async function evaluateTexts(
  lm: LanguageModel,
  texts: readonly string[],
  options: EvaluationOptions = {},
): Promise<Evaluation> {
  const { model } = lm;
  const items = options.kind !== "text";
  const masked = model.predicts === "masked";
  const alone = items && !masked && (options.alone ?? lm.readsTextsAlone === true);
  const score = masked ? pseudoLikelihood : alone ? scoreAlone : scoreStream;
  const loss = await score(lm, texts, options);
  const scored = alone ? texts.map((text, i) => text.slice(options.prompts?.[i] ?? 0)) : texts;
  const spelling = spellUnknown(lm.tokenizer, scored);
  // A masked model does not predict that a text ends.
  const joined = scored.join("\n") + (items && !masked ? "\n" : "");
  return evaluationOf(
    { ...loss, unknown: spelling.words, spelling: spelling.nats },
    countText(joined),
    masked ? pseudoFrame(model, options) : frameOf(model, loss, { ...options, alone }),
  );
}

type Frame = Pick<Evaluation, "context" | "stride" | "likelihood">;

const pseudoFrame = ({ contextLength }: Model, { length = PIECE }: EvaluationOptions): Frame => ({
  context: Math.min(length, contextLength),
  likelihood: "pseudo",
});

function frameOf(model: Model, { tokens }: StreamLoss, { length, stride, alone }: EvaluationOptions): Frame {
  if (carriesState(model)) return { context: tokens };
  const context = length ?? windowOf(model);
  if (alone || model.predicts === "last") return { context };
  return { context, stride: stride ?? Math.ceil(context / 2) };
}

async function scoreStream(
  { tokenizer, model, backend, weights }: LanguageModel,
  texts: readonly string[],
  options: EvaluationOptions,
): Promise<StreamLoss> {
  const items = options.kind !== "text";
  const stream: number[] = items || beginsAfterEnd(tokenizer) ? [tokenizer.endOfText] : [];
  for (const text of texts) {
    for (const id of tokenizer.encode(text)) stream.push(id);
    if (items) stream.push(tokenizer.endOfText);
  }
  const scorer = new StreamScorer(model, backend, options);
  try {
    return await scorer.score(weights, stream);
  } finally {
    await scorer.release();
  }
}

const longestOf = ({ offsets }: TokenStream): number =>
  offsets.reduce((most, end, i) => Math.max(most, i === 0 ? 0 : end - offsets[i - 1]!), 1);

async function scoreAlone(
  { tokenizer, model, backend, weights, name }: LanguageModel,
  texts: readonly string[],
  { batch = 16, length, prompts, onProgress, signal }: EvaluationOptions,
): Promise<StreamLoss> {
  if (model.predicts !== "each")
    throw new UsageError(
      `${name} (${model.config.model_type}) does not predict every token of a text, so texts cannot be scored alone.`,
    );
  const stream = encodeItems(tokenizer, texts, { prompts });
  const scorer = new BatchScorer(model, backend);
  const rows = {
    batch,
    length: length ?? (carriesState(model) ? Math.min(longestOf(stream), LONGEST) : windowOf(model)),
    packed: model.separatesDocuments === true,
  };
  try {
    return await scorer.score(weights, itemPass(stream, rows), {
      onTokens: (done) => onProgress?.(done / stream.tokens.length),
      signal,
    });
  } finally {
    await scorer.release();
  }
}
