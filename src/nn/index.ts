/** Layers as values: each is a function of the model's parameters, with the list of those that it uses. */
export {
  type AttentionOptions,
  attend,
  attendWithWeights,
  type Cache,
  documentMask,
  type SelfAttention,
  type SelfAttentionConfig,
  type SelfAttentionInput,
  type SelfAttentionOutput,
  selfAttention,
} from "./attention.ts";
export { bidirectional } from "./bidirectional.ts";
export { type CausalConvolution, type ConvolutionConfig, causalConvolution } from "./convolution.ts";
export {
  type Embedding,
  type EmbeddingOptions,
  embedding,
  positionEmbedding,
  tiedHead,
} from "./embedding.ts";
export { flattenRows, mergeDims } from "./flatten-rows.ts";
export { type Layer, layer, parametersOf } from "./layer.ts";
export { type LinearMap, type LinearOptions, linear } from "./linear.ts";
export { type LayerNormOptions, layerNorm, type NormOptions, rmsNorm } from "./norm.ts";
export {
  filled,
  type Initialiser,
  matrix,
  normal,
  parameter,
  uniform,
  vector,
} from "./parameters.ts";
export { type Cell, type Recurrent, type RecurrentConfig, recurrent } from "./recurrent.ts";
export {
  type Activation,
  activations,
  type Block,
  type BlockConfig,
  blockStack,
  feedForward,
  gatedFeedForward,
  parallelBlock,
  postNormBlock,
  preNormBlock,
} from "./transformer.ts";
