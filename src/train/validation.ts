/** The loss on the validation split along a training. */
import type { TokenBatch } from "../data/batches/index.ts";
import type { Weights } from "../generate/language-model.ts";
import { carriesState, type Model } from "../models/model.ts";
import type { Arena } from "../runtime/arena.ts";
import type { Backend } from "../runtime/backend.ts";
import { BatchScorer, type StreamLoss } from "./batch-scorer.ts";
import { StreamScorer } from "./stream-scorer.ts";

export interface Validation {
  /** Nats per token with the weights as they are; null where there is nothing to score. */
  score(arena: Arena): Promise<number | null | "interrupted">;
  release(): Promise<void>;
}

export interface ValidationParts {
  readonly model: Model;
  readonly backend: Backend;
  /** The split: its tokens, an end of text first, or one pass over it in batches. */
  readonly split: ValidationSplit;
  /** Tokens of a window, for a model that carries its state from window to window. */
  readonly length: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a validation scores: a stream of tokens, an end of text first, or one pass of batches. */
export type ValidationSplit = ArrayLike<number> | (() => Iterable<TokenBatch>);

export function createValidation({ model, backend, split, length, signal }: ValidationParts): Validation {
  if (typeof split === "function") {
    const scorer = new BatchScorer(model, backend);
    return validationBy((weights) => scorer.score(weights, split(), { signal }), scorer, signal);
  }
  // The first token is context alone.
  if (split.length < 2) return { score: async () => null, release: async () => {} };
  const scorer = new StreamScorer(model, backend, {
    length: carriesState(model) ? length : undefined,
    signal,
  });
  return validationBy((weights) => scorer.score(weights, split), scorer, signal);
}

function validationBy(
  score: (weights: Weights) => Promise<StreamLoss>,
  scorer: { release(): Promise<void> },
  signal: AbortSignal | undefined,
): Validation {
  return {
    async score({ parameters }) {
      try {
        const { nats, tokens } = await score(parameters);
        return tokens > 0 ? nats / tokens : null;
      } catch (error) {
        if (signal?.aborted) return "interrupted";
        throw error;
      }
    },
    release: () => scorer.release(),
  };
}
