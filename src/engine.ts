/**
 * `punchline/engine`: symbolic tensors, operations, gradients, and compilation to ONNX graphs that
 * ONNX Runtime runs in Node.
 *
 * @example
 * import { compile, float32, matmul, sum, valueAndGrad } from "punchline/engine";
 * const step = compile((p, x) => {
 *   const [loss, gradients] = valueAndGrad((w) => sum(matmul(x, w)))(p);
 *   return { loss, gradients };
 * });
 * const { loss } = await step(float32([3, 1], [1, 2, 3]), float32([1, 3], [1, 1, 1]));
 */
export { grad, gradients, valueAndGrad } from "./autodiff/grad.ts";
export { type CheckOptions, checkOp } from "./conformance/check-op.ts";
export { allocate, type DType, float32, type HostArray, hostArray, int32, sizeOf } from "./core/array.ts";
export { InputError, PunchlineError, ShapeError, UsageError } from "./core/errors.ts";
export { Random } from "./core/random.ts";
export type { Dim, Shape } from "./core/shape.ts";
export { dump } from "./graph/dump.ts";
export { constant, dropoutMask, input } from "./graph/leaves.ts";
export { type Aval, Tensor } from "./graph/tensor.ts";
export type { Spec } from "./graph/tree.ts";
export { lower } from "./onnx/lower.ts";
export { encodeModel } from "./onnx/proto.ts";
export { erf, gelu, geluTanh, relu } from "./ops/activation.ts";
export { broadcastTo, reshape, sum } from "./ops/broadcast.ts";
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
export { causalMask, crossEntropy, layerNorm, logSoftmax, mean, softmax } from "./ops/normalisation.ts";
export { rnn } from "./ops/rnn.ts";
export { cast, equal, greater, less, where } from "./ops/select.ts";
export type { Backend, BackendOptions, Device, Session } from "./runtime/backend.ts";
export { nodeBackend } from "./runtime/node.ts";
export { compile } from "./runtime/node-compile.ts";
