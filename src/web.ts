/**
 * `punchline/web`: what runs in a browser, on ONNX Runtime Web. Nothing here reaches a `node:` module.
 *
 * @example
 * import { compileWith, prepareText, webBackend } from "punchline/web";
 * const backend = webBackend({ device: "webgpu" });
 */
export { grad, gradients, valueAndGrad } from "./autodiff/grad.ts";
export { float32, type HostArray, hostArray, int32 } from "./core/array.ts";
export { InputError, PunchlineError, ShapeError, UsageError } from "./core/errors.ts";
export { Random } from "./core/random.ts";
export { version } from "./core/version.ts";
export { shuffledWindows, streamWindows } from "./data/batches/index.ts";
export { encodeSplit, type PreparedData, prepareText, prepareTexts } from "./data/prepare.ts";
export type { LanguageModel } from "./generate/language-model.ts";
export { type Sample, type SampleOptions, sample } from "./generate/sample.ts";
export type { Tensor } from "./graph/tensor.ts";
export { bufferTensors } from "./hub/tensor-source.ts";
export { architectureOf, architectures, buildModel } from "./models/registry.ts";
export { sum } from "./ops/broadcast.ts";
export { add, multiply } from "./ops/elementwise.ts";
export { matmul } from "./ops/matmul.ts";
export { adamw } from "./optim/adamw.ts";
export { clipGlobalNorm } from "./optim/clip.ts";
export { muon } from "./optim/muon.ts";
export { schedule } from "./optim/schedule.ts";
export { sgd } from "./optim/sgd.ts";
export { Arena } from "./runtime/arena.ts";
export type { Backend, Device } from "./runtime/backend.ts";
export { compile as compileWith } from "./runtime/compile.ts";
export { webBackend } from "./runtime/web.ts";
export { tokenizerFromFiles } from "./text/files.ts";
export { resolveTrainOptions, type TrainOptions } from "./train/options.ts";
export { TrainingStep } from "./train/step.ts";
export { runTraining } from "./train/trainer.ts";
