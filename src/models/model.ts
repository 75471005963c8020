/**
 * What an architecture is to the rest of Punchline. The trainer, the sampler, the evaluator and the
 * checkpoints know models by this contract alone; a new one is a file and a line in the registry.
 */
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import type { Mode } from "../nn/mode.ts";
import type { ParameterSpec, Parameters } from "../nn/parameters.ts";

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
  /** What earlier calls left: as {@link Model.state} says. Absent where the model carries nothing. */
  readonly state?: State;
  /**
   * 1 for real tokens, 0 for padding: [batch, length], int32. Absent: all real. Rows that start a state
   * are padded at the right; later ones not at all.
   */
  readonly attentionMask?: Tensor;
  /** Position of each token [batch, length], int32. Absent: counted on from the state, or from 0. */
  readonly positions?: Tensor;
  /** Segment of each token [batch, length], int32, for models that tell sentences apart. Absent: all 0. */
  readonly tokenTypes?: Tensor;
}

export interface ForwardOptions {
  /** `last`: only the logits after the last token, as decoding needs. Default `all`. */
  readonly logits?: "all" | "last";
  /** Compute logits only of these tokens: int32 [n], counted through the batch row by row. Not of recurrent models. */
  readonly at?: Tensor;
}

export interface ModelOutput {
  /** [batch · length, vocabulary], batch-major; [batch, vocabulary] for `last`, or where the model predicts only after the window. */
  readonly logits: Tensor;
  /** What to carry into the next call. */
  readonly state: State;
  /**
   * What the tokens are to the model, [batch · length, width]: of transformers the stream before the first
   * layer and after each one, of other models what the last layer gives. Absent where it has no such thing.
   */
  readonly hidden?: readonly Tensor[];
}

export interface TrainingInput extends ModelInput {
  /** The token that should follow each input token: [batch, length], int32. */
  readonly targets: Tensor;
  /** Weight of each target, 0 or 1: [batch, length]. Absent: all count. */
  readonly weights?: Tensor;
  /** Training progress 0 to 1, a scalar, for losses with a schedule. Given only where `needsProgress`. */
  readonly progress?: Tensor;
}

/** What training minimises. */
export interface Objective {
  /** Sum over all weighted targets, in nats, auxiliary losses included. */
  readonly loss: Tensor;
  /** The predictions' part of it, which people are told. Default: `loss`. */
  readonly reported?: Tensor;
  /** What to carry into the next batch. */
  readonly state: State;
}

export interface Model {
  readonly config: ModelConfig;
  readonly parameters: readonly ParameterSpec[];
  /** The most tokens that one prediction can depend on; Infinity for recurrent models. */
  readonly contextLength: number;
  /** `each`: a prediction after every token; `last`: only after the window; `masked`: of hidden tokens. */
  readonly predicts: "each" | "last" | "masked";
  /** Whether {@link loss} reads `progress`. */
  readonly needsProgress?: boolean;
  /**
   * The state's tensors for a batch, which is the first axis of each; it starts as zeros. A size named
   * `capacity` is the caller's to choose: how many tokens the state has room for. Such a tensor may be fed and fetched as one memory.
   * An empty record: every call needs the whole context again. A model with a bounded context also runs
   * without its state, then from position 0.
   */
  state(batch: number): Readonly<Record<string, Spec>>;
  forward(parameters: Parameters, input: ModelInput, mode: Mode, options?: ForwardOptions): ModelOutput;
  /**
   * The training objective where it is more than the cross-entropy of the predictions: the sum over
   * targets, in nats, and the state to carry.
   */
  loss?(parameters: Parameters, input: TrainingInput, mode: Mode): Objective;
}

/** One option of an architecture, as the command line and the studio offer it. */
export interface ModelOption {
  readonly type: "integer" | "number" | "boolean" | "choice";
  readonly default: number | boolean | string;
  readonly doc: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
}

export type OptionValues = Readonly<Record<string, number | boolean | string>>;

/** What checkpoints do besides naming tensors as the model does. */
export interface CheckpointHabits {
  /** Beginnings that names may have or lack, such as `transformer.`. */
  readonly prefixes?: readonly string[];
  /** Tensors that nobody needs, by their name without prefix. */
  readonly ignore?: readonly RegExp[];
  /** Old spellings and their new ones. */
  readonly rename?: readonly (readonly [RegExp, string])[];
  /** Other names under which a tensor may stand. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
}

export interface Architecture {
  readonly type: string;
  /** One line for people. */
  readonly summary: string;
  /** The kind of vocabulary it is trained on. */
  readonly tokens: "character" | "word" | "bpe" | "wordpiece";
  /** Sizes by the names of the command line's options, such as `layers` and `width`. */
  readonly options: Readonly<Record<string, ModelOption>>;
  /** Other names of the same architecture in config.json, such as Hugging Face's. */
  readonly aliases?: readonly string[];
  /** Training defaults that suit it, where they differ from the trainer's. */
  readonly training?: Readonly<Record<string, number | string>>;
  /** Whether its matrices may be given in 4 or 8 bits (models/quantize.ts). Default false. */
  readonly quantizable?: boolean;
  /** How checkpoints of others spell and accompany its tensors. */
  readonly checkpoint?: CheckpointHabits;
  /** `config.json` for these options. */
  configure(options: OptionValues, vocabularySize: number): ModelConfig;
  /** @throws InputError `config` where the configuration is not one of this architecture. */
  build(config: ModelConfig): Model;
}

/** Number of parameters. */
export function countParameters(model: Model): number {
  return model.parameters.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
}
