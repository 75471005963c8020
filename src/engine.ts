/**
 * `punchline/engine`: symbolic tensors, operations, gradients, layers, optimisers, and compilation to ONNX graphs. It
 * knows no platform: `nodeBackend` of `punchline/node` or `webBackend` of `punchline/web` runs the graphs.
 *
 * @example
 * import { compile, float32, matmul, sum, valueAndGrad } from "punchline/engine";
 * import { nodeBackend } from "punchline/node";
 * const step = compile((w, x) => valueAndGrad((v) => sum(matmul(x, v)))(w), { backend: nodeBackend() });
 * const [loss, gradient] = await step(float32([3, 1], [1, 2, 3]), float32([1, 3], [1, 1, 1]));
 */

// Tensors

export { allocate, type DType, float32, type HostArray, hostArray, int32, sizeOf } from "./core/array.ts";
export { Random } from "./core/random.ts";
export type { Dim, Shape } from "./core/shape.ts";
export { dump } from "./graph/dump.ts";
export { constant, dropoutMask, input } from "./graph/leaves.ts";
export { type Aval, type GraphNode, Tensor, topologicalOrder } from "./graph/tensor.ts";
export type { Spec } from "./graph/tree.ts";

// Gradients

export { grad, gradients, valueAndGrad } from "./autodiff/grad.ts";

// Operations

export { erf, gelu, geluTanh, relu, silu } from "./ops/activation.ts";
export { broadcastTo, reshape, sum } from "./ops/broadcast.ts";
export {
  add,
  addN,
  divide,
  exp,
  log,
  multiply,
  negate,
  sigmoid,
  sqrt,
  subtract,
  tanh,
} from "./ops/elementwise.ts";
export type { Emitter, Operand } from "./ops/emitter.ts";
export { gru } from "./ops/gru.ts";
export { argmax, gather, scatterAdd } from "./ops/indexing.ts";
export { lstm } from "./ops/lstm.ts";
export { gemm, matmul } from "./ops/matmul.ts";
export { concatenate, pad, slice, split, transpose } from "./ops/movement.ts";
export {
  causalMask,
  crossEntropy,
  layerNorm,
  logSoftmax,
  mean,
  rmsNorm,
  softmax,
} from "./ops/normalisation.ts";
export { rnn } from "./ops/rnn.ts";
export { rotary } from "./ops/rotary.ts";
export { cast, equal, greater, less, where } from "./ops/select.ts";

// Operations of your own

export { type CheckOptions, checkOp } from "./conformance/check-op.ts";
export {
  booleans,
  defineOp,
  indices,
  none,
  type OpDefinition,
  positive,
  type ReferenceArray,
  real,
  type SampleInput,
  typed,
} from "./ops/define.ts";

// Models of your own

export { type CheckArchitectureOptions, checkArchitecture } from "./conformance/check-architecture.ts";
export {
  readChoice,
  readFlag,
  readHeads,
  readNumber,
  readProbability,
  readSize,
  readTokenId,
} from "./models/config.ts";
export { DecodingState, decodingSpecs, lastRows } from "./models/decoding-state.ts";
export {
  type ArchitectureDefinition,
  choice,
  defineArchitecture,
  fraction,
  integer,
  type ModelDefinition,
  onOff,
} from "./models/define.ts";
export type {
  Architecture,
  Model,
  ModelConfig,
  ModelInput,
  ModelOption,
  ModelOutput,
  State,
} from "./models/model.ts";
export * as nn from "./nn/index.ts";
export { evaluation, type Mode, training } from "./nn/mode.ts";
export type { ParameterSpec, Parameters } from "./nn/parameters.ts";

// Optimisers

export { adamw } from "./optim/adamw.ts";
export { muon } from "./optim/muon.ts";
export { clipGlobalNorm } from "./optim/optimizer.ts";
export { schedule } from "./optim/schedule.ts";
export { sgd } from "./optim/sgd.ts";
export { Arena } from "./runtime/arena.ts";

// Running

export { lower } from "./onnx/lower.ts";
export { encodeModel } from "./onnx/proto.ts";
export { interpret } from "./ops/interpret.ts";
export type { Backend, Session } from "./runtime/backend.ts";
export { compile } from "./runtime/compile.ts";

// Errors

export { InputError, PunchlineError, ShapeError, UsageError } from "./core/errors.ts";
