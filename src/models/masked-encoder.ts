/** What BERT and DistilBERT share: embeddings, encoder blocks, and a head that names hidden tokens. */
import { ShapeError } from "../core/errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import { documentMask } from "../nn/attention.ts";
import {
  denseParameters,
  type EncoderConfig,
  type EncoderNames,
  encoderBlock,
  encoderParameters,
} from "../nn/encoder.ts";
import { embedding, embeddingParameters, flattenRows, linear, project } from "../nn/linear.ts";
import type { Mode } from "../nn/mode.ts";
import { norm, normParameters } from "../nn/norm.ts";
import { filled, type Parameters, parameter, vector } from "../nn/parameters.ts";
import { activations } from "../nn/transformer.ts";
import { add } from "../ops/elementwise.ts";
import { gather, indexAlong } from "../ops/indexing.ts";
import { slice } from "../ops/movement.ts";
import type { ModelDefinition } from "./define.ts";
import type { ForwardOptions, ModelInput, ModelOutput } from "./model.ts";

export interface MaskedEncoderConfig extends EncoderConfig {
  readonly vocabulary: number;
  readonly layers: number;
  readonly context: number;
  /** Kinds of segments; 0 where the model does not tell them apart. */
  readonly segments: number;
  /** Whether the head's matrix is the token embedding. */
  readonly tied: boolean;
}

/** What the parts are called. */
export interface MaskedEncoderNames {
  /** Of the embeddings, behind which stand `word_embeddings`, `position_embeddings`, `LayerNorm`. */
  readonly embeddings: string;
  /** Of block `k`. */
  readonly layer: (k: number) => string;
  readonly block: EncoderNames;
  readonly transform: string;
  readonly transformNorm: string;
  /** The head's matrix where it is not tied, without `.weight`. */
  readonly head: string;
  readonly headBias: string;
}

export function buildMaskedEncoder(e: MaskedEncoderConfig, names: MaskedEncoderNames): ModelDefinition {
  const { width, deviation, vocabulary } = e;
  const table = (part: string, size: number, tied = false) =>
    embeddingParameters(`${names.embeddings}.${part}`, size, width, deviation, tied);
  return {
    parameters: [
      ...table("word_embeddings", vocabulary, e.tied),
      ...table("position_embeddings", e.context),
      ...(e.segments > 0 ? table("token_type_embeddings", e.segments) : []),
      ...normParameters(`${names.embeddings}.LayerNorm`, width),
      ...Array.from({ length: e.layers }, (_, k) => encoderParameters(names.layer(k), names.block, e)).flat(),
      ...denseParameters(names.transform, width, width, deviation),
      ...normParameters(names.transformNorm, width),
      ...(e.tied ? [] : embeddingParameters(names.head, vocabulary, width, deviation, true)),
      vector(names.headBias, [vocabulary], filled(0)),
    ],
    contextLength: e.context,
    predicts: "masked",
    separatesDocuments: true,
    stages: [[`${names.embeddings}.`], ...Array.from({ length: e.layers }, (_, k) => [`${names.layer(k)}.`])],
    state: () => ({}),
    forward: (parameters, input, mode, wanted) => forward(e, names, parameters, input, mode, wanted),
  };
}

function forward(
  e: MaskedEncoderConfig,
  names: MaskedEncoderNames,
  parameters: Parameters,
  input: ModelInput,
  mode: Mode,
  { at, attention = false }: ForwardOptions = {},
): ModelOutput {
  const [batch, length] = input.ids.shape as [number, number];
  let x = mode.keep(flattenRows(mode.dropout(embed(e, names, parameters, input), e.hiddenDropout)));
  const hidden = [x];
  const mask = input.documents ? documentMask(input.documents) : input.attentionMask;
  const weights: Tensor[] = [];
  for (let k = 0; k < e.layers; k++) {
    const given = { x, batch, length, mask, open: attention };
    const block = encoderBlock(parameters, names.layer(k), names.block, e, given, mode);
    x = mode.keep(block.x);
    hidden.push(x);
    if (block.weights) weights.push(block.weights);
  }
  const rows = at ? gather(x, at) : x;
  const transformed = activations[e.activation](linear(parameters, names.transform, rows));
  const head = e.tied ? `${names.embeddings}.word_embeddings` : names.head;
  const normal = norm(parameters, names.transformNorm, transformed, e.epsilon);
  const logits = project(parameters, head, normal, { bias: parameter(parameters, names.headBias) });
  return { logits, state: {}, hidden, ...(attention ? { attention: weights } : {}) };
}

/** The sum of what a token, its place and its segment are, normalised: [batch, length, width]. */
function embed(
  e: MaskedEncoderConfig,
  names: MaskedEncoderNames,
  parameters: Parameters,
  { ids, positions, tokenTypes }: ModelInput,
): Tensor {
  const name = (part: string) => `${names.embeddings}.${part}`;
  const table = (part: string) => parameter(parameters, `${name(part)}.weight`);
  const length = ids.shape[1]!;
  if (typeof length === "number" && length > e.context) {
    const reason = `the text is longer than the context of ${e.context} tokens`;
    throw new ShapeError(String(names.embeddings), reason, [ids.shape]);
  }
  const places = positions
    ? gather(table("position_embeddings"), positions)
    : typeof length === "number"
      ? slice(table("position_embeddings"), 0, 0, length)
      : gather(table("position_embeddings"), indexAlong(ids, 1));
  let x = add(embedding(parameters, name("word_embeddings"), ids), places);
  if (e.segments > 0) {
    const segments = table("token_type_embeddings");
    x = add(x, tokenTypes ? gather(segments, tokenTypes) : slice(segments, 0, 0, 1));
  }
  return norm(parameters, name("LayerNorm"), x, e.epsilon);
}
