/**
 * `punchline`: trains, samples, evaluates, audits, compares, opens, saves and exports language models. It runs in Node.
 * Networks of your own are made with `punchline/engine`; `punchline/web` is for browsers.
 *
 * @example
 * const { lm } = await train({ model: "char-lstm", data: text, options: { maxMinutes: 1 } });
 * for (const { text } of await sample(lm, { n: 3, temperature: 0.8 })) console.log(text);
 * await lm.save("models/mine");
 */

// Data

export { openTokenFile } from "./data/corpus/open.ts";
export { prepareTokenFile } from "./data/corpus/prepare-file.ts";
export { type PreparedData, type PrepareOptions, prepareText, prepareTexts } from "./data/prepare.ts";
export { type PrepareDataOptions, prepareData } from "./data/prepare-sources.ts";
export { encodeSplit } from "./data/tokens.ts";
export { type TrainingData, withSubwords, withWordPieces } from "./data/vocabularies.ts";
export { pullDataset } from "./hub/pull-dataset.ts";
export { prepareLike } from "./train/run-data.ts";

// Training

export type { LogRow, TrainEvent } from "./train/events.ts";
export { type ListedRun, listRuns } from "./train/list-runs.ts";
export { type TrainOptions, trainDefaults } from "./train/options.ts";
export type { TrainSummary } from "./train/session.ts";
export { type ResumeRequest, resume, type TrainRequest, type TrainResult, train } from "./train/train.ts";
export { type TrainingWindow, type WindowsOptions, windows } from "./train/windows.ts";

// Models

export type { LanguageModel } from "./generate/language-model.ts";
export { type ListedModel, listModels } from "./generate/list-models.ts";
export { LocalModel } from "./generate/local-model.ts";
export { type OpenOptions, openLocal, openModel } from "./generate/open.ts";
export { saveModel } from "./generate/save.ts";
export type { HostedModel, TextModel } from "./generate/text-model.ts";
export { pullModel } from "./hub/pull.ts";
export { architectures } from "./models/registry.ts";
export {
  type ChatMessage,
  type ChatTemplate,
  type ChatTemplateOptions,
  chatTemplateNames,
  chatTemplateOf,
} from "./text/chat-template.ts";

// Writing

export { type Chat, type ChatOptions, createChat, type SayOptions } from "./generate/chat.ts";
export { createFiller, type Filled, type FillOptions, fillMasks, type MaskFiller } from "./generate/fill.ts";
export { CANDIDATES, rankByKeystrokesSaved } from "./generate/keystrokes-saved.ts";
export { lowLatency } from "./generate/load.ts";
export { type Sample, type SampleOptions, sample } from "./generate/sample.ts";
export { type StreamOptions, stream } from "./generate/stream.ts";
export {
  createSuggester,
  type Suggester,
  type Suggestions,
  type SuggestOptions,
  suggest,
} from "./generate/suggest.ts";

// Evaluating

export type { Evaluation } from "./evaluate/evaluation.ts";
export { evaluateModel } from "./evaluate/hosted-likelihood.ts";
export { type LastWords, scoreLastWords } from "./evaluate/last-word.ts";
export { perplexity } from "./evaluate/perplexity.ts";
export {
  type QualityReportOptions,
  type QualityResult,
  reportQuality,
} from "./evaluate/quality/quality-report.ts";
export { evaluateTyping, type TypingExample, type TypingQuality } from "./evaluate/typing.ts";
export { type EmbedOptions, embed, embedTexts } from "./generate/embed.ts";
export { logProbabilities, type ScoredText } from "./generate/log-probabilities.ts";

// Auditing

export { auditModel, type ModelAudit, type ModelAuditOptions } from "./evaluate/novelty/audit-model.ts";
export { auditLeaks, type LeakAudit } from "./evaluate/novelty/leaks.ts";
export { type NovelOptions, type NovelSamples, writeNovel } from "./evaluate/novelty/novel-samples.ts";
export { auditSnapshots, type SnapshotOptions, type SnapshotsAudit } from "./evaluate/novelty/snapshots.ts";
export { buildIndex, type TrainingIndex } from "./evaluate/novelty/training-index.ts";

// Comparing

export {
  type ArchitecturesOptions,
  type ArchitecturesResult,
  compareArchitectures,
} from "./compare/architectures.ts";
export { compareModels } from "./compare/compare.ts";
export type { CompareOptions } from "./compare/options.ts";
export type { Comparison } from "./compare/results.ts";

// Exporting

export { type Exported, type ExportOptions, exportModel } from "./export/export.ts";

// Errors

export { InputError, PunchlineError, ShapeError, UsageError } from "./core/errors.ts";
export { version } from "./core/version.ts";
