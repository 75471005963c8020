/** The loss on the validation split along a training. */
import { StreamScorer } from "../evaluate/likelihood.ts";
import type { Model } from "../models/model.ts";
import type { Arena } from "../runtime/arena.ts";
import type { Backend } from "../runtime/backend.ts";
import { carriesState } from "./step.ts";

export interface Validation {
  /** Nats per token with the weights as they are; null where there is nothing to score. */
  score(arena: Arena): Promise<number | null | "interrupted">;
  release(): Promise<void>;
}

export interface ValidationParts {
  readonly model: Model;
  readonly backend: Backend;
  /** Tokens of the split, an end of text first. */
  readonly tokens: ArrayLike<number>;
  /** Tokens of a window, for a model that carries its state from window to window. */
  readonly length: number;
  readonly signal?: AbortSignal;
}

export function createValidation({ model, backend, tokens, length, signal }: ValidationParts): Validation {
  // The first token is context alone.
  if (tokens.length < 2) return { score: async () => null, release: async () => {} };
  const scorer = new StreamScorer(model, backend, {
    ...(carriesState(model) ? { length } : {}),
    ...(signal ? { signal } : {}),
  });
  return {
    async score({ parameters }) {
      try {
        const { nats, tokens: scored } = await scorer.score(parameters, tokens);
        return nats / scored;
      } catch (error) {
        if (signal?.aborted) return "interrupted";
        throw error;
      }
    },
    release: () => scorer.release(),
  };
}
