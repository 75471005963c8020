/**
 * What an architecture is to the rest of Punchline: the trainer, the sampler, the evaluator and the
 * checkpoints use models through this contract alone.
 */
import { allocate, type HostArray, hostArray, sizeOf } from "../core/array.ts";
import { ShapeError, UsageError } from "../core/errors.ts";
import { shown } from "../core/options.ts";
import type { Dim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import { mergeDims } from "../nn/flatten-rows.ts";
import type { Mode } from "../nn/mode.ts";
import type { ParameterSpec, Parameters } from "../nn/parameters.ts";
import { reshape, sum } from "../ops/broadcast.ts";
import { multiply } from "../ops/elementwise.ts";
import { slice } from "../ops/movement.ts";
import { crossEntropy } from "../ops/normalisation.ts";

/** The contents of `config.json`, in the style of Hugging Face. */
export interface ModelConfig {
  readonly model_type: string;
  readonly vocab_size: number;
  readonly [key: string]: unknown;
}

export type State = Readonly<Record<string, Tensor>>;

export interface ModelInput {
  /** Token ids [batch, length], int32. */
  readonly ids: Tensor;
  /** The state after earlier calls, as {@link Model.state} describes it. Absent where the model carries none. */
  readonly state?: State | undefined;
  /**
   * 1 for real tokens, 0 for padding: [batch, length], int32. Absent: all real. Rows that start a state
   * are padded at the right; later ones not at all.
   */
  readonly attentionMask?: Tensor | undefined;
  /**
   * With a state: 1 for the real tokens of its cache and for the new ones that are real, [batch, capacity + length],
   * int32, in place of the state's `length`; `positions` are then given too. So exported decoders are called.
   */
  readonly seen?: Tensor | undefined;
  /** Position of each token [batch, length], int32. Absent: counted on from the state, or from 0. */
  readonly positions?: Tensor | undefined;
  /**
   * Which document of its row each token belongs to, int32 [batch, length]; documents do not see each other. For
   * models with {@link Model.separatesDocuments}, which take it in place of `attentionMask` and with `positions`.
   */
  readonly documents?: Tensor | undefined;
  /** Segment of each token [batch, length], int32, for models that distinguish sentences. Absent: all 0. */
  readonly tokenTypes?: Tensor | undefined;
}

export interface ForwardOptions {
  /** `last`: only the logits after the last token, as decoding needs. Default `all`. */
  readonly logits?: "all" | "last" | undefined;
  /** Compute logits only of these tokens: int32 [n], counted through the batch row by row. Not of recurrent models. */
  readonly at?: Tensor | undefined;
  /**
   * Give the probabilities of every layer's attention, of transformers that read a text at once (no `state`).
   * Attention is then computed in plain operations, slower than with the runtime's fused one. Default false.
   */
  readonly attention?: boolean | undefined;
  /**
   * With a state that grows: give it whole, with the new tokens in place, instead of what the call adds. Of models that
   * {@link Model.growsInPlace}, for rows that are not padded; several tokens at once only to empty states or to one row.
   * Default false.
   */
  readonly inPlace?: boolean | undefined;
}

export interface ModelOutput {
  /** [batch · length, vocabulary], batch-major; [batch, vocabulary] for `last`, or where the model predicts only after the window. */
  readonly logits: Tensor;
  /** The state for the next call. */
  readonly state: State;
  /**
   * The tokens' hidden states, [batch · length, width]: of transformers the stream before the first block and after
   * each one, of other models the output of the last layer. Absent where a model has none for each token.
   */
  readonly hidden?: readonly Tensor[] | undefined;
  /** Where asked for: the attention weights of each layer, [batch, heads, length, length]; each row sums to 1. */
  readonly attention?: readonly Tensor[] | undefined;
}

export interface TrainingInput extends ModelInput {
  /** The token that should follow each input token: [batch, length], int32; or the tokens hidden at `at`, [n]. */
  readonly targets: Tensor;
  /** Weight of each target, 0 or 1. Absent: all count. */
  readonly weights?: Tensor | undefined;
  /** Which tokens to predict, as {@link ForwardOptions.at}. Absent: what follows each token. */
  readonly at?: Tensor | undefined;
  /** Training progress 0 to 1, a scalar, for losses with a schedule. Given only where `needsProgress`. */
  readonly progress?: Tensor | undefined;
}

/** What training minimises. */
export interface Objective {
  /** Sum over all weighted targets, in nats, auxiliary losses included. */
  readonly loss: Tensor;
  /** The predictions' part of it, which logs and reports show. Default: `loss`. */
  readonly reported?: Tensor | undefined;
  /** The state for the next batch. */
  readonly state: State;
}

export interface Model {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly parameters: readonly ParameterSpec[];
  /** The most tokens that one prediction can depend on; Infinity for recurrent models. */
  readonly contextLength: number;
  /** `each`: a prediction after every token; `last`: only after the window; `masked`: of hidden tokens. */
  readonly predicts: "each" | "last" | "masked";
  /** Name of the parameter that is added to the logits, [vocabulary]; absent where the model has none. */
  readonly outputBias?: string | undefined;
  /** Whether {@link forward} heeds `documents`. Default false. */
  readonly separatesDocuments?: boolean | undefined;
  /** Whether {@link forward} heeds `inPlace`. Default false. */
  readonly growsInPlace?: boolean | undefined;
  /** Whether layers forget tokens that are out of their window: the state cannot go back. Default false. */
  readonly slides?: boolean | undefined;
  /** Whether {@link loss} reads `progress`. */
  readonly needsProgress?: boolean | undefined;
  /**
   * Parameters in the order in which a text passes them: those of the embeddings, then those of each block, after
   * which the model calls {@link Mode.checkpoint}. Absent: the model cannot freeze its first layers, nor recompute.
   */
  readonly blocks?: readonly (readonly ParameterSpec[])[] | undefined;
  /** The linear maps that have LoRA adapters among the parameters (models/lora.ts). Absent: none. */
  readonly adapters?: readonly LinearAdapter[] | undefined;
  /**
   * The state's tensors for a batch, which is the first axis of each; it starts as zeros. The caller chooses a size
   * named `capacity`: the tokens that the state has room for, of which `length` are in use. Of such a tensor a call
   * returns only what it adds, with its own number of tokens in place of the capacity; the caller appends that to the
   * tokens in use.
   * An empty record: every call needs the whole context again. A model with a bounded context also runs without a
   * state, from position 0.
   */
  state(batch: Dim): Readonly<Record<string, Spec>>;
  forward(parameters: Parameters, input: ModelInput, mode: Mode, options?: ForwardOptions): ModelOutput;
  /**
   * The training objective where it is more than the cross-entropy of the predictions: the sum over
   * targets, in nats, and the state to carry.
   */
  readonly loss?: ((parameters: Parameters, input: TrainingInput, mode: Mode) => Objective) | undefined;
}

/** W + scale · B · A takes the place of a linear map's weight W. */
export interface LinearAdapter {
  /** The map's name, of which `.weight`, `.lora_A.weight` and `.lora_B.weight` are parameters. */
  readonly name: string;
  readonly scale: number;
  /** Whether W is [inputs, outputs]. A is [rank, inputs] and B [outputs, rank]. */
  readonly inputsFirst: boolean;
}

/** One option of an architecture, as the command line and the studio offer it. */
export interface ModelOption<V extends number | boolean | string = number | boolean | string> {
  readonly type: "integer" | "number" | "boolean" | "choice";
  readonly default: V;
  readonly doc: string;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly choices?: readonly string[] | undefined;
}

export type OptionValues = Readonly<Record<string, number | boolean | string>>;

/** How the tensors of a checkpoint from elsewhere map to the model's parameters. */
export interface CheckpointMapping {
  /** Prefixes that names may have or lack, such as `transformer.`. */
  readonly prefixes?: readonly string[] | undefined;
  /** Tensors that the model does not need, by their name without prefix. */
  readonly ignore?: readonly RegExp[] | undefined;
  /** Old spellings and their new ones. */
  readonly rename?: readonly (readonly [RegExp, string])[] | undefined;
  /** Other names that a tensor may have. */
  readonly aliases?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Tensors of the head that scores tokens, by their name without prefix: other models of the family lack them. */
  readonly head?: RegExp | undefined;
}

export interface Architecture {
  readonly type: string;
  /** One line for people. */
  readonly summary: string;
  /** The kind of vocabulary it is trained on. */
  readonly tokens: "character" | "word" | "bpe" | "masked-bpe" | "wordpiece";
  /** Sizes by the names of the command line's options, such as `layers` and `width`. */
  readonly options: Readonly<Record<string, ModelOption>>;
  /** Other names of the same architecture in config.json, such as Hugging Face's. */
  readonly aliases?: readonly string[] | undefined;
  /** Training defaults that suit it, where they differ from the trainer's. */
  readonly training?: Readonly<Record<string, number | string>> | undefined;
  /** Whether its matrices may be given in 4 or 8 bits (models/quantize.ts). Default false. */
  readonly quantizable?: boolean | undefined;
  /** Whether its state starts over from zeros at each `reset_token_id` that its configuration names. Default false. */
  readonly resets?: boolean | undefined;
  /** The linear maps that LoRA adapts by default, as in PEFT (models/lora.ts). Absent: it has no adapters. */
  readonly loraTargets?: readonly string[] | undefined;
  /** How checkpoints from elsewhere name its tensors. */
  readonly checkpointMapping?: CheckpointMapping | undefined;
  /** `config.json` for these options. */
  configure(options: OptionValues, vocabularySize: number): ModelConfig;
  /** @throws InputError `config` where the configuration is not one of this architecture. */
  build(config: ModelConfig): Model;
}

/** Whether a model reads a text of any length with a state of fixed size. */
export const carriesState = ({ contextLength }: Pick<Model, "contextLength">): boolean =>
  !Number.isFinite(contextLength);

/** Zeros for every tensor of a state, with room for `capacity` tokens where its size is the caller's to choose. */
export function zeroState(specs: Readonly<Record<string, Spec>>, capacity = 0): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => {
      const sizes = shape.map((d) => (typeof d === "string" ? capacity : d));
      return [name, hostArray(dtype, sizes, allocate(dtype, sizeOf(sizes)))];
    }),
  );
}

/** Whether a model's state grows with the text, as a transformer's cache of keys and values does, up to its windows. */
export const hasGrowingState = (model: Pick<Model, "state" | "slides">): boolean =>
  Boolean(model.slides) ||
  Object.values(model.state(1)).some(({ shape }) => shape.some((size) => typeof size === "string"));

/** @throws ShapeError for more tokens than a model sees at once: ids [batch, length] */
export function checkLength(name: string, { shape }: Tensor, context: number): void {
  const length = shape[1]!;
  if (typeof length === "number" && length > context)
    throw new ShapeError(name, `the text is longer than the context of ${context} tokens`, [shape]);
}

/** Number of parameters. */
export function countParameters({
  parameters,
}: {
  readonly parameters: readonly Pick<ParameterSpec, "shape">[];
}): number {
  return parameters.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
}

/**
 * The sum over all weighted targets of -log p(target), in nats, and the state to carry on.
 * A sum, not a mean: the trainer divides by the true number of targets, also across accumulated batches.
 */
export function objective(model: Model, parameters: Parameters, input: TrainingInput, mode: Mode): Objective {
  if (mode.training && model.loss) return model.loss(parameters, input, mode);
  const output: Partial<ModelOutput> | undefined = model.forward(parameters, input, mode, { at: input.at });
  const { logits, state } = output ?? {};
  const { type } = model.architecture;
  if (!Array.isArray(logits?.shape) || typeof state !== "object")
    throw new UsageError(
      `The \`forward\` of ${type} must give { logits, state }, tensors of the graph, not ${shown(output)}.`,
    );
  const [width] = logits.shape.slice(-1);
  if (typeof width === "number" && width < model.config.vocab_size)
    throw new ShapeError(type, `the logits need a column for each of ${model.config.vocab_size} tokens`, [
      logits.shape,
    ]);
  return { loss: sum(targetLosses(model, logits, input)), state };
}

/** -log p of each target, weighted: [batch · length], [n] of those at chosen places, or [batch] for a model that predicts after the window. */
export function targetLosses(model: Model, logits: Tensor, { targets, weights, at }: TrainingInput): Tensor {
  const pick = (x: Tensor) => {
    if (at) return x;
    const length = x.shape[1] as number;
    return reshape(model.predicts === "last" ? slice(x, 1, length - 1, 1) : x, [
      model.predicts === "last" ? x.shape[0]! : mergeDims(x.shape),
    ]);
  };
  const losses = crossEntropy(logits, pick(targets));
  return weights ? multiply(losses, pick(weights)) : losses;
}
