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
export { hasPromiseIntegration, webBackend, webgpuBackend } from "./runtime/web.ts";

// A worker, and the page that calls it

export type {
  EngineCalls,
  FileReading,
  FinetuneRequest,
  GivenFile,
  Guesses,
  LocatedText,
  Novelty,
  NoveltyProgress,
  NoveltyRequest,
  Preparation,
  PreparedView,
  RunFile,
  RunHistory,
  StoredRun,
  Texts,
  TextsView,
  TrainingEvent,
  TrainingRequest,
} from "./browser/worker/calls.ts";
export { type CallOptions, type Connection, connectWorker } from "./browser/worker/connect.ts";
export {
  connectHttp,
  type HttpConnection,
  type HttpEngine,
  type Ongoing,
} from "./browser/worker/connect-http.ts";
export { type EngineOptions, engineHandlers } from "./browser/worker/engine.ts";
export type { Call, Calls } from "./browser/worker/messages.ts";
export { type CallContext, type Handler, type Handlers, serveCalls } from "./browser/worker/serve.ts";
export { serveEngine } from "./browser/worker/serve-engine.ts";
export { viewOfTexts } from "./browser/worker/texts-view.ts";

// Runs in the browser's storage

export { fetchedFiles } from "./browser/fetched-files.ts";
export type { FindBase } from "./browser/model-tensors.ts";
export { openRun } from "./browser/open-run.ts";
export { opfsStore } from "./browser/opfs.ts";
export { type ModelFiles, memoryStore, type RunFiles, type RunStore } from "./browser/run-store.ts";
export { type BranchPoint, browserWork, type RunWork } from "./browser/run-work.ts";
export { resumeRun, trainRun } from "./browser/train-run.ts";
export { webgpuWhereFaster } from "./browser/webgpu-where-faster.ts";
export { yieldingBackend } from "./browser/yielding-backend.ts";

// Loaders

export { bufferTensors, type TensorSource } from "./hub/tensor-source.ts";
export { architectureOf, architectures, buildModel } from "./models/registry.ts";
export { tokenizerFromFiles } from "./text/files.ts";

// Training

export { shuffledWindows } from "./data/batches/shuffled.ts";
export { streamWindows } from "./data/batches/stream.ts";
export type { TrainingWindow } from "./data/batches/window.ts";
export { type PreparedData, prepareText, prepareTexts } from "./data/prepare.ts";
export { cityTexts } from "./data/sources/city-texts.ts";
export { jokeTexts } from "./data/sources/joke-texts.ts";
export { encodeSplit } from "./data/tokens.ts";
export { type MeasuredDevice, measuredInWords } from "./runtime/measured-in-words.ts";
export type { LogRow, SampleRow, TrainEvent } from "./train/events.ts";
export type { OtherBackend } from "./train/fastest.ts";
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
export { type WatchedToken, type WatchOptions, watch } from "./generate/watch.ts";

// GPT or BERT: models asked about the same gap

export type { AttentionHeads, AttentionMap } from "./compare/attention.ts";
export { defaultText } from "./compare/cloze.ts";
export { type ClozeModel, type ClozeTimes, clozeModel, timeClozeModels } from "./compare/cloze-model.ts";
export { continuations, type RightChange } from "./compare/predictions.ts";

// New or remembered, and typing

export { type MarkedPart, markedParts, type Span } from "./core/marked-parts.ts";
export type { CopiesAlong, CopiesAt } from "./evaluate/novelty/along.ts";
export {
  CLOSE,
  COPY,
  cueInWords,
  cueSentences,
  findingOf,
  type Likeness,
  likenessInWords,
  likenessOf,
  placeInWords,
  tellingNearest,
} from "./evaluate/novelty/finding.ts";
export type { TypingQuality } from "./evaluate/typing.ts";
export type { Suggestion } from "./generate/suggest.ts";
export { edited, keysSaved, nothingTyped, type Typed, taken } from "./generate/typed-keys.ts";

// Errors

export { InputError, PunchlineError, ShapeError, UsageError } from "./core/errors.ts";
export { optionInFlags } from "./core/flags.ts";
export { renderOptions } from "./core/options.ts";
export { version } from "./core/version.ts";
