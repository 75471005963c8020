/** The loss of batches under a model, and a batch as a model's input. */
import { float32, type HostArray, int32 } from "../core/array.ts";
import type { TargetSpan, TokenBatch } from "../data/batches/batch.ts";
import { requireFinite } from "../generate/finite.ts";
import type { Weights } from "../generate/language-model.ts";
import { zeroState } from "../generate/state.ts";
import { carriesState, type Model, type TrainingInput } from "../models/model.ts";
import { targetLosses } from "../models/objective.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { Backend } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";

/** The tensors that a model reads of a batch, without its state. */
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
  readonly onTokens?: ((done: number) => void) | undefined;
  /** Called with losses, and where in the text those that count are; later ones of the same place replace the earlier. */
  readonly onLosses?: ((losses: Float32Array, spans: readonly TargetSpan[]) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Arrays = Readonly<Record<string, HostArray>>;

/** Scores batches under one model; the graph is compiled once for each shape. */
export class BatchScorer {
  readonly #model: Model;
  readonly #step;

  constructor(model: Model, backend: Backend) {
    this.#model = model;
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
  async score(
    parameters: Weights,
    batches: Iterable<TokenBatch>,
    { onTokens, onLosses, signal }: ScoreHooks = {},
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

  release(): Promise<void> {
    return this.#step.release();
  }
}
