/** What a model is: how it reads a text, and its sizes, from its configuration and its parameters. */
import { sizeOf } from "../core/array.ts";
import { countParameters, hasGrowingState, type Model } from "../models/model.ts";

/**
 * How a model reads a text, which decides what it can be asked. `causal`: from left to right, all at once; `masked`: both
 * ways, to predict hidden tokens; `recurrent`: from left to right, one token after the other, with a state of fixed size
 * (also convolutions that keep their last inputs); `window`: the last tokens before the one that it predicts.
 */
export type ModelKind = "causal" | "masked" | "recurrent" | "window";

export function kindOf(model: Model): ModelKind {
  if (model.predicts === "masked") return "masked";
  if (model.predicts === "last") return "window";
  return hasGrowingState(model) ? "causal" : "recurrent";
}

export interface ModelFacts {
  readonly architecture: string;
  readonly objective: string;
  readonly layers?: number | undefined;
  readonly heads?: number | undefined;
  readonly width?: number | undefined;
  readonly vocabulary: number;
  /** Most tokens seen at once; absent where there is no bound. */
  readonly context?: number | undefined;
  readonly parameters: number;
  /** Without the embeddings of tokens, positions and segments. */
  readonly parameters_without_embeddings: number;
  /** Floating-point operations to read one token of a text as long as `tokens`, without the output layer. */
  readonly flops_per_token: number;
}

const objectives: Readonly<Record<ModelKind, string>> = {
  causal: "next token, from the left",
  recurrent: "next token, from the left, one at a time",
  masked: "hidden token, from both sides",
  window: "next token, from a window",
};

/** Embeddings of tokens, positions and segments, and output layers of the same size. */
const TABLE =
  /(^|\.)(wte|wpe|lm_head|embedding|(word|position|token_type)_embeddings|vocab_projector)\.weight$/;

/** @param tokens length of the text that attention is counted for */
export function factsOf(model: Model, tokens: number): ModelFacts {
  const { config } = model;
  const kind = kindOf(model);
  const firstNumber = (...keys: string[]) =>
    keys.map((key) => config[key]).find((v) => typeof v === "number");
  const layers = firstNumber("n_layer", "num_hidden_layers", "n_layers", "num_layers");
  const heads = firstNumber("n_head", "num_attention_heads", "n_heads");
  const width = firstNumber("n_embd", "hidden_size", "dim");
  const parameters = countParameters(model);
  const tables = model.parameters
    .filter(({ name }) => TABLE.test(name))
    .reduce((n, { shape }) => n + sizeOf(shape), 0);
  const inner = parameters - tables;
  return {
    architecture: config.model_type,
    objective: objectives[kind],
    layers,
    heads,
    width,
    vocabulary: config.vocab_size,
    context: Number.isFinite(model.contextLength) ? model.contextLength : undefined,
    parameters,
    parameters_without_embeddings: inner,
    flops_per_token: 2 * inner + (heads && layers && width ? attentionFlops(kind, layers, width, tokens) : 0),
  };
}

/**
 * Scores and weighted sums: two products of 2 · width operations with every visible token, in each layer (after
 * Kaplan et al. 2020, arXiv 2001.08361, section 2.1). A causal token sees half of the text on average.
 */
function attentionFlops(kind: ModelKind, layers: number, width: number, tokens: number): number {
  const visible = kind === "masked" ? tokens : (tokens + 1) / 2;
  return 4 * layers * width * visible;
}
