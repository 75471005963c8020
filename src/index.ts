/**
 * The public face of Punchline: `import { ... } from "punchline"`.
 *
 * The list is explicit: what is not named here is private.
 *
 * @example
 * const data = prepareText(text);
 * const { lm } = await train({ model: "char-lstm", data, options: { maxMinutes: 1 } });
 * for (const { text } of await sample(lm, { n: 3, temperature: 0.8 })) console.log(text);
 */
export type { Answer } from "./compare/answers.ts";
export {
  type ArchitecturesEvent,
  type ArchitecturesOptions,
  type ArchitecturesResult,
  compareArchitectures,
  comparedArchitectures,
  type TrainedArchitecture,
} from "./compare/architectures.ts";
export { type Cloze, defaultText, readCloze } from "./compare/cloze.ts";
export { compareModels } from "./compare/compare.ts";
export { type DefaultPair, defaultPair } from "./compare/default-pair.ts";
export type { Engine, Question } from "./compare/engine.ts";
export type { ModelFacts, ModelKind } from "./compare/facts.ts";
export type { CompareOptions } from "./compare/options.ts";
export { predictCloze, rightContextEffect, totalVariation } from "./compare/predictions.ts";
export { punchlineEngine } from "./compare/punchline-engine.ts";
export {
  type ComparedModel,
  type Comparison,
  type EngineName,
  engineNames,
  type Precision,
  precisions,
  type SweepPoint,
} from "./compare/results.ts";
export { type SpeedCase, type Timing, type TimingOptions, timeCases } from "./compare/speed.ts";
export {
  didYouMean,
  type ErrorDetails,
  InputError,
  nearestName,
  PunchlineError,
  type PunchlineErrorOptions,
  ShapeError,
  UsageError,
} from "./core/errors.ts";
export { version } from "./core/version.ts";
export {
  encodeSplit,
  type PreparedData,
  type PrepareOptions,
  type PrepareProgress,
  prepareText,
  prepareTexts,
  type VocabularyName,
} from "./data/prepare.ts";
export {
  type PrepareDataOptions,
  prepareData,
  prepareRawText,
  readRawText,
  readTexts,
} from "./data/prepare-sources.ts";
export { prepareOptionsOf } from "./data/recorded-options.ts";
export { fileFormatNames } from "./data/sources/file.ts";
export type { DataSummary } from "./data/summary.ts";
export { withSubwords, withSubwordsInTurns, withWordPieces } from "./data/vocabularies.ts";
export { unknownWarning } from "./data/warnings.ts";
export { textFileWriter } from "./data/write-texts.ts";
export { chapterNames } from "./demo/chapters/index.ts";
export type { DemoEvent } from "./demo/context.ts";
export { type DemoOptions, type DemoResult, runDemo } from "./demo/demo.ts";
export { type DemoPlan, usualMinutes } from "./demo/plan.ts";
export type { Evaluation } from "./evaluate/evaluation.ts";
export { evaluateModel } from "./evaluate/hosted-likelihood.ts";
export { type LastWords, scoreLastWords } from "./evaluate/last-word.ts";
export { type Lead, leadOf, lowestLoss, tooNear } from "./evaluate/lead.ts";
export { evaluateTexts, isolatesDocuments } from "./evaluate/likelihood.ts";
export {
  auditModel,
  type ModelAudit,
  type ModelAuditOptions,
  type SnapshotAudit,
} from "./evaluate/novelty/audit-model.ts";
export type { CopyRule } from "./evaluate/novelty/copies.ts";
export { type Finding, leftOutByReason } from "./evaluate/novelty/finding.ts";
export { auditLeaks, type Leak, type LeakAudit } from "./evaluate/novelty/leaks.ts";
export {
  type NovelOptions,
  type NovelSample,
  type NovelSamples,
  writeNovel,
} from "./evaluate/novelty/novel-samples.ts";
export {
  auditSnapshots,
  type SnapshotOptions,
  type SnapshotsAudit,
} from "./evaluate/novelty/snapshots.ts";
export { elsewhereOf, noveltyAuditor } from "./evaluate/novelty/source-auditor.ts";
export { buildIndex, type TrainingIndex } from "./evaluate/novelty/training-index.ts";
export type { RunQuality } from "./evaluate/quality/measure-run.ts";
export {
  type QualityReport,
  type QualityReportOptions,
  type QualityResult,
  reportQuality,
} from "./evaluate/quality/quality-report.ts";
export {
  evaluateTyping,
  type TypingExample,
  type TypingOptions,
  type TypingQuality,
} from "./evaluate/typing.ts";
export {
  type Exported,
  type ExportFormat,
  type ExportOptions,
  type ExportType,
  exportFormats,
  exportModel,
  exportTypes,
} from "./export/export.ts";
export { readTextFile } from "./files/regular-file.ts";
export {
  type Candidate,
  createFiller,
  type Filled,
  type FillOptions,
  fillMasks,
  type MaskFiller,
} from "./generate/fill.ts";
export { type HostedOptions, openHosted } from "./generate/hosted/hosted-model.ts";
export { costOf, type HostedUsage, type Prices } from "./generate/hosted/usage.ts";
export { CANDIDATES, rankByKeystrokesSaved, spaceComesFirst } from "./generate/keystrokes-saved.ts";
export type { LanguageModel } from "./generate/language-model.ts";
export { type ListedModel, listModels } from "./generate/list-models.ts";
export { loadModel, lowLatency } from "./generate/load.ts";
export { logProbabilities, type ScoredText, tokenPieces } from "./generate/log-probabilities.ts";
export { isHosted, type OpenOptions, openLocal, openModel } from "./generate/open.ts";
export { promptText, type ReadPrompt, readPrompt } from "./generate/prompt.ts";
export { promptNote, type Sample, type SampleOptions, sample } from "./generate/sample.ts";
export {
  createSuggester,
  type Suggester,
  type Suggestion,
  type SuggestionKind,
  type Suggestions,
  type SuggestOptions,
  suggest,
} from "./generate/suggest.ts";
export type { HostedModel, LocalModel, TextModel } from "./generate/text-model.ts";
export { type BuiltInName, builtInFolder, builtInModels, isBuiltIn } from "./hub/built-in.ts";
export { openModelFolder } from "./hub/folder.ts";
export { pullModel, resolveModel } from "./hub/pull.ts";
export { pullDataset } from "./hub/pull-dataset.ts";
export type { Pulled, PullOptions, PullProgress } from "./hub/snapshot.ts";
export { loadTokenizer } from "./hub/tokenizer-files.ts";
export { type ArchitectureDefinition, defineArchitecture, type ModelDefinition } from "./models/define.ts";
export { type LoraOptions, resolveLora } from "./models/lora.ts";
export type { Architecture, Model, ModelConfig, ModelOption, OptionValues } from "./models/model.ts";
export { architectureOf, architectures } from "./models/registry.ts";
export { legendOf, measureGroups, rowsOf } from "./report/index.ts";
export { architecturesPage } from "./report/pages/architectures.ts";
export { comparePage } from "./report/pages/compare.ts";
export { noveltyPage } from "./report/pages/novelty.ts";
export { refuseOverOther } from "./report/pages/page-file.ts";
export { qualityPage, qualityProtocol, qualityRows, splitOf } from "./report/pages/quality.ts";
export type { BackendOptions, Device } from "./runtime/backend.ts";
export type { CleaningOptions, CleaningStep, TextCleaning } from "./text/clean.ts";
export { optionsOfCleaning, type RecordedOptions } from "./text/cleaning-record.ts";
export type { Tokenizer } from "./text/tokenizer.ts";
export { unknownToken, unknownWords } from "./text/unknown-words.ts";
export { finetuneOptions, readModel } from "./train/base.ts";
export type { LogRow, SampleRow, StopReason, TrainEvent } from "./train/events.ts";
export { readLog } from "./train/history.ts";
export {
  finetuneTraining,
  MUON_MOMENTUM,
  type Packing,
  resolveTrainOptions,
  type TrainOptions,
  trainDefaults,
} from "./train/options.ts";
export { joinsLines, optionsLike, prepareLike, recordedOptions, withoutColumns } from "./train/run-data.ts";
export { findRun, type RunRecord, readRun, refuseTakenFolder } from "./train/run-folder.ts";
export type { TrainResult, TrainSummary } from "./train/session.ts";
export { tokenUnit } from "./train/streams.ts";
export { resume, type TrainRequest, train } from "./train/train.ts";
