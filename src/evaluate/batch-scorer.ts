/** The loss of batches under a model, and a batch as a model's input. */
import { float32, type HostArray, int32 } from "../core/array.ts";
import type { TokenBatch } from "../data/batches/batch.ts";
import type { Weights } from "../generate/language-model.ts";
import { zeroState } from "../generate/state.ts";
import { carriesState, type Model, type TrainingInput } from "../models/model.ts";
import { objective } from "../models/objective.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { Backend } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";

/** What a model takes of a batch, besides its state. */
export function tensorsOf({ x, y, weights, at, positions, documents, batch, length }: TokenBatch) {
  const shape = [batch, length];
  const predicted = at ? [at.length] : shape;
  return {
    ids: int32(shape, x),
    targets: int32(predicted, y),
    ...(weights ? { weights: float32(predicted, weights) } : {}),
    ...(at ? { at: int32(predicted, at) } : {}),
    ...(positions ? { positions: int32(shape, positions) } : {}),
    ...(documents ? { documents: int32(shape, documents) } : {}),
  };
}

/** Sum over all scored tokens, in nats, and how many they are. */
export interface StreamLoss {
  readonly nats: number;
  readonly tokens: number;
}

export interface ScoreHooks {
  /** Called with the tokens scored so far. */
  readonly onTokens?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Scores batches under one model; the graph is compiled once for each shape. */
export class BatchScorer {
  readonly #model: Model;
  readonly #step;

  constructor(model: Model, backend: Backend) {
    this.#model = model;
    this.#step = compile(
      (parameters: Parameters, input: TrainingInput) => objective(model, parameters, input, evaluation),
      { backend },
    );
  }

  /** The loss of the targets that count, with the state carried from each batch to the next that is not fresh. */
  async score(
    parameters: Weights,
    batches: Iterable<TokenBatch>,
    { onTokens, signal }: ScoreHooks = {},
  ): Promise<StreamLoss> {
    let state: Readonly<Record<string, HostArray>> = {};
    let nats = 0;
    let tokens = 0;
    for (const batch of batches) {
      signal?.throwIfAborted();
      if (batch.fresh) state = carriesState(this.#model) ? zeroState(this.#model.state(batch.batch)) : {};
      const result = await this.#step(parameters, { ...tensorsOf(batch), state });
      state = result.state as Record<string, HostArray>;
      nats += (result.loss as HostArray<"float32">).data[0]!;
      tokens += batch.targets;
      onTokens?.(tokens);
    }
    return { nats, tokens };
  }

  release(): Promise<void> {
    return this.#step.release();
  }
}
