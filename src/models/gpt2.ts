/**
 * GPT-2 (Radford et al. 2019, "Language models are unsupervised multitask learners"), with the names,
 * layouts and config.json of Hugging Face.
 */
import { InputError, ShapeError, UsageError } from "../core/errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import { documentMask } from "../nn/attention.ts";
import { embedding, embeddingParameters, flattenRows, project } from "../nn/linear.ts";
import type { Mode } from "../nn/mode.ts";
import { norm, normParameters } from "../nn/norm.ts";
import { type Parameters, parameter } from "../nn/parameters.ts";
import { activations, type BlockConfig, blockParameters, decoderBlock } from "../nn/transformer.ts";
import { add } from "../ops/elementwise.ts";
import { gather, indexAlong } from "../ops/indexing.ts";
import { slice } from "../ops/movement.ts";
import { rotary } from "../ops/rotary.ts";
import { DecodingState, decodingSpecs, lastRows } from "./decoding-state.ts";
import { defineArchitecture, type ModelDefinition } from "./define.ts";
import type { ForwardOptions, ModelConfig, ModelInput, ModelOutput } from "./model.ts";
import { choice, fraction, integer, named, number, rate, size, switched } from "./options.ts";

interface Gpt2 extends BlockConfig {
  readonly vocabulary: number;
  readonly layers: number;
  readonly context: number;
  readonly embeddingDropout: number;
  /** Whether positions turn queries and keys, instead of being added to the stream. */
  readonly rotary: boolean;
  /** Whether the head is the token embedding. */
  readonly tied: boolean;
  readonly deviation: number;
}

type Positions = "absolute" | "rotary";
const positionKinds: Readonly<Record<Positions, true>> = { absolute: true, rotary: true };

const sizes: Readonly<Record<string, { layers: number; width: number; heads: number; context: number }>> = {
  tiny: { layers: 2, width: 128, heads: 4, context: 128 },
  mini: { layers: 4, width: 256, heads: 4, context: 256 },
  small: { layers: 6, width: 384, heads: 6, context: 256 },
  gpt2: { layers: 12, width: 768, heads: 12, context: 1024 },
};
const DEFAULT_SIZE = "mini";

const options = {
  config: choice(DEFAULT_SIZE, Object.keys(sizes), "a usual size; the options below change it"),
  layers: integer(sizes[DEFAULT_SIZE]!.layers, "decoder blocks, one above the other"),
  width: integer(sizes[DEFAULT_SIZE]!.width, "numbers that stand for one token"),
  heads: integer(sizes[DEFAULT_SIZE]!.heads, "attention heads; they divide the width"),
  context: integer(sizes[DEFAULT_SIZE]!.context, "tokens that it sees at once"),
  dropout: fraction(0.1, "probability of dropping a unit or an attention weight"),
};

export const gpt2 = defineArchitecture({
  type: "gpt2",
  summary: "transformer decoder: the lesson's pre-trained model, or a small one from scratch",
  tokens: "bpe",
  options,
  training: { optimizer: "muon", learningRate: 1e-3, batchSize: 16, seqLen: 128, weightDecay: 0.1 },
  quantizable: true,
  loraTargets: ["c_attn"],
  checkpointMapping: {
    prefixes: ["transformer."],
    ignore: [/^h\.\d+\.attn\.(masked_)?bias$/, /^lm_head\.weight$/],
  },
  configure({ config, dropout }, vocabularySize, given) {
    const { layers, width, heads, context } = { ...sizes[config]!, ...given };
    if (width % heads !== 0) {
      throw new UsageError(`--width ${width} must be a multiple of --heads ${heads}.`, { width, heads });
    }
    return {
      architectures: ["GPT2LMHeadModel"],
      vocab_size: vocabularySize,
      n_positions: context,
      n_ctx: context,
      n_embd: width,
      n_layer: layers,
      n_head: heads,
      n_inner: null,
      activation_function: "gelu_new",
      resid_pdrop: dropout,
      embd_pdrop: dropout,
      attn_pdrop: dropout,
      layer_norm_epsilon: 1e-5,
      initializer_range: 0.02,
      tie_word_embeddings: true,
    };
  },
  build: (config) => build(read(config)),
});

function read(config: ModelConfig): Gpt2 {
  const width = size(config, "n_embd");
  const heads = size(config, "n_head");
  if (width % heads !== 0) {
    throw new InputError(
      "config",
      `config.json of gpt2: n_embd ${width} is not a multiple of n_head ${heads}.`,
      { width, heads },
    );
  }
  refuse(config, "scale_attn_weights", false);
  refuse(config, "scale_attn_by_inverse_layer_idx", true);
  refuse(config, "add_cross_attention", true);
  return {
    vocabulary: size(config, "vocab_size"),
    layers: size(config, "n_layer"),
    width,
    heads,
    context: size(config, config.n_positions === undefined ? "n_ctx" : "n_positions"),
    inner: config.n_inner == null ? 4 * width : size(config, "n_inner"),
    activation: named(config, "activation_function", activations, "gelu_new"),
    epsilon: number(config, "layer_norm_epsilon", 1e-5),
    attentionDropout: rate(config, "attn_pdrop", 0.1),
    residualDropout: rate(config, "resid_pdrop", 0.1),
    embeddingDropout: rate(config, "embd_pdrop", 0.1),
    rotary: readPositions(config, width / heads),
    tied: switched(config, "tie_word_embeddings", true),
    deviation: number(config, "initializer_range", 0.02),
  };
}

/** Whether positions are rotary: `position_embedding_type` of config.json, which GPT-2's own files lack. */
function readPositions(config: ModelConfig, headSize: number): boolean {
  const rotary = named<Positions>(config, "position_embedding_type", positionKinds, "absolute") === "rotary";
  if (rotary && headSize % 2 !== 0) {
    throw new InputError(
      "config",
      `config.json of ${config.model_type}: rotary positions need heads of an even size, not of ${headSize}.`,
      { headSize },
    );
  }
  if (rotary && Number(config.n_positions ?? config.n_ctx) > MOST_POSITIONS)
    throw new InputError(
      "config",
      `config.json of ${config.model_type}: rotary positions are at most ${MOST_POSITIONS}, not ${config.n_positions ?? config.n_ctx}.`,
    );
  return rotary;
}

/** No tensor bounds them, and each has a row in a table. */
const MOST_POSITIONS = 2 ** 20;

function refuse(config: ModelConfig, key: string, value: boolean): void {
  if (config[key] !== value) return;
  throw new InputError(
    "config",
    `config.json of gpt2 has "${key}": ${value}, a variant that Punchline does not compute.`,
    { key },
  );
}

function build(g: Gpt2): ModelDefinition {
  const { vocabulary, layers, width, heads, context, deviation } = g;
  return {
    parameters: [
      ...embeddingParameters("transformer.wte", vocabulary, width, deviation, g.tied),
      ...(g.rotary ? [] : embeddingParameters("transformer.wpe", context, width, deviation)),
      ...Array.from({ length: layers }, (_, k) =>
        blockParameters(`transformer.h.${k}`, g, { deviation, layers }),
      ).flat(),
      ...normParameters("transformer.ln_f", width),
      ...(g.tied ? [] : embeddingParameters("lm_head", vocabulary, width, deviation, true)),
    ],
    contextLength: context,
    predicts: "each",
    separatesDocuments: true,
    stages: [
      ["transformer.wte.", "transformer.wpe."],
      ...Array.from({ length: layers }, (_, k) => [`transformer.h.${k}.`]),
    ],
    state: (batch) => decodingSpecs(batch, { layers, heads, width }),
    forward: (parameters, input, mode, given) => forward(g, parameters, input, mode, given),
  };
}

function forward(
  g: Gpt2,
  parameters: Parameters,
  input: ModelInput,
  mode: Mode,
  wanted: ForwardOptions = {},
): ModelOutput {
  const { ids } = input;
  const past = DecodingState.of(input);
  const mask = input.documents ? documentMask(input.documents) : input.attentionMask;
  const tokens = embedding(parameters, "transformer.wte", ids);
  const { places, turn } = positions(g, parameters, input, past);
  let x = mode.keep(flattenRows(mode.dropout(places ? add(tokens, places) : tokens, g.embeddingDropout)));
  const hidden = [x];
  const weights: Tensor[] = [];
  for (let k = 0; k < g.layers; k++) {
    const block = decoderBlock(
      parameters,
      `transformer.h.${k}`,
      g,
      past
        ? { x, ids, turn, past: { cache: past.cache(k), mask: past.mask } }
        : { x, ids, turn, mask, open: wanted.attention },
      mode,
    );
    if (block.weights) weights.push(block.weights);
    if (past) past.add(k, block.added!);
    x = mode.keep(block.x);
    hidden.push(x);
  }
  const wantedRows = wanted.logits === "last" ? lastRows(x, input) : wanted.at ? gather(x, wanted.at) : x;
  const final = norm(parameters, "transformer.ln_f", wantedRows, g.epsilon);
  const logits = project(parameters, g.tied ? "transformer.wte" : "lm_head", final);
  return {
    logits,
    state: past?.next ?? {},
    hidden,
    ...(wanted.attention ? { attention: weights } : {}),
  };
}

/** Where each token stands: embedded, to be added to [batch, length, width], or as turns of queries and keys [batch, length, width]. */
function positions(
  g: Gpt2,
  parameters: Parameters,
  { ids, positions: given }: ModelInput,
  past: DecodingState | undefined,
): { places?: Tensor; turn?: (x: Tensor) => Tensor } {
  const length = ids.shape[1]!;
  if (typeof length === "number" && length > g.context) {
    throw new ShapeError("gpt2", `the text is longer than the context of ${g.context} tokens`, [ids.shape]);
  }
  const at = given ?? past?.positions;
  if (g.rotary) {
    const sizes = { context: g.context, headSize: g.width / g.heads };
    return { turn: (x) => rotary(x, sizes, at) };
  }
  const table = parameter(parameters, "transformer.wpe.weight");
  if (at || typeof length === "string") return { places: gather(table, at ?? indexAlong(ids, 1)) };
  return { places: slice(table, 0, 0, length) };
}
