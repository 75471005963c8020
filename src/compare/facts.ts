/** What a model is, in numbers read from its configuration and its parameters. */
import { sizeOf } from "../core/array.ts";

import { countParameters, type Model } from "../models/model.ts";
import { kindOf, type ModelKind } from "./kind.ts";

export interface ModelFacts {
  readonly architecture: string;
  readonly objective: string;
  readonly layers?: number;
  readonly heads?: number;
  readonly width?: number;
  readonly vocabulary: number;
  /** Most tokens seen at once; absent where there is no bound. */
  readonly context?: number;
  readonly parameters: number;
  /** Without the tables of tokens, positions and segments. */
  readonly parameters_without_embeddings: number;
  /** Floating-point operations to read one token of a text as long as `tokens`, the head left out. */
  readonly flops_per_token: number;
}

const objectives: Readonly<Record<ModelKind, string>> = {
  causal: "next token, from the left",
  recurrent: "next token, from the left, one at a time",
  masked: "hidden token, from both sides",
  window: "next token, from a window",
};

/** Tables by which tokens, places and segments become vectors, and a head that is as large as they. */
const TABLE =
  /(^|\.)(wte|wpe|lm_head|embedding|(word|position|token_type)_embeddings|vocab_projector)\.weight$/;

/** @param tokens length of the text that attention is counted for */
export function factsOf(model: Model, tokens: number): ModelFacts {
  const { config } = model;
  const kind = kindOf(model);
  const sized = (...keys: string[]) => keys.map((key) => config[key]).find((v) => typeof v === "number");
  const layers = sized("n_layer", "num_hidden_layers", "n_layers", "num_layers");
  const heads = sized("n_head", "num_attention_heads", "n_heads");
  const width = sized("n_embd", "hidden_size", "dim");
  const parameters = countParameters(model);
  const tables = model.parameters
    .filter(({ name }) => TABLE.test(name))
    .reduce((n, { shape }) => n + sizeOf(shape), 0);
  const inner = parameters - tables;
  return {
    architecture: config.model_type,
    objective: objectives[kind],
    ...(layers === undefined ? {} : { layers }),
    ...(heads === undefined ? {} : { heads }),
    ...(width === undefined ? {} : { width }),
    vocabulary: config.vocab_size,
    ...(Number.isFinite(model.contextLength) ? { context: model.contextLength } : {}),
    parameters,
    parameters_without_embeddings: inner,
    flops_per_token: 2 * inner + (heads && layers && width ? attentionFlops(kind, layers, width, tokens) : 0),
  };
}

/**
 * Scores and weighted sums: two products of 2 · width operations with every token seen, in each layer (after
 * Kaplan et al. 2020, arXiv 2001.08361, section 2.1). A causal token sees half of the text on average.
 */
function attentionFlops(kind: ModelKind, layers: number, width: number, tokens: number): number {
  const seen = kind === "masked" ? tokens : (tokens + 1) / 2;
  return 4 * layers * width * seen;
}
