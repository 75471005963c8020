/**
 * `punchline/web`: what runs the engine in a browser, on ONNX Runtime Web, and the language models that run there.
 * Nothing here needs Node.
 *
 * @example
 * import { compile } from "punchline/engine";
 * import { webBackend } from "punchline/web";
 * const step = compile(fn, { backend: webBackend({ device: "webgpu" }) });
 */

// Backend

export type { Device } from "./runtime/backend.ts";
export { webBackend } from "./runtime/web.ts";

// Loaders

export { bufferTensors, type TensorSource } from "./hub/tensor-source.ts";
export { architectureOf, architectures, buildModel } from "./models/registry.ts";
export { tokenizerFromFiles } from "./text/files.ts";

// Training

export { shuffledWindows } from "./data/batches/shuffled.ts";
export { streamWindows } from "./data/batches/stream.ts";
export { type PreparedData, prepareText, prepareTexts } from "./data/prepare.ts";
export { encodeSplit } from "./data/tokens.ts";
export { resolveTrainOptions, type TrainOptions } from "./train/options.ts";
export { TrainingStep } from "./train/step.ts";
export { runTraining, type TrainSink } from "./train/trainer.ts";

// Writing

export { embed, embedTexts } from "./generate/embed.ts";
export { createFiller, fillMasks } from "./generate/fill.ts";
export type { LanguageModel } from "./generate/language-model.ts";
export { logProbabilities, type ScoredText } from "./generate/log-probabilities.ts";
export { type Sample, type SampleOptions, sample } from "./generate/sample.ts";
export { type StreamOptions, stream } from "./generate/stream.ts";
export { createSuggester, suggest } from "./generate/suggest.ts";

// Errors

export { InputError, PunchlineError, ShapeError, UsageError } from "./core/errors.ts";
export { version } from "./core/version.ts";
