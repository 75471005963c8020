/** What a training learns from: texts as people have them, or the texts of a run, in the vocabulary of the model. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import {
  type PreparedData,
  type PrepareOptions,
  prepareTextInTurns,
  prepareTexts,
  speltBy,
} from "../data/prepare.ts";
import { type PrepareDataOptions, prepareData, prepareRawText } from "../data/prepare-sources.ts";
import { prepareOptionsOf } from "../data/recorded-options.ts";
import { inSuitedVocabulary, suitedVocabulary } from "../data/vocabularies.ts";
import { fingerprintTokenizer } from "../hub/fingerprint.ts";
import { pullDataset } from "../hub/pull-dataset.ts";
import { loadTokenizer } from "../hub/tokenizer-files.ts";
import type { Architecture } from "../models/model.ts";
import type { RecordedOptions } from "../text/cleaning-record.ts";
import { readKeptData } from "./kept-data.ts";
import { joinsLines, optionsLike, recordedOptions, withoutColumns } from "./run-data.ts";
import { files, type RunRecord, readRun } from "./run-folder.ts";

/**
 * What a model can be trained on: texts, one long text, or data that is prepared already. Texts are cleaned,
 * deduplicated and split by the defaults of `prepareTexts`, a long text by those of `prepareText`.
 */
export type TrainingData = PreparedData | readonly string[] | string;

/** Reads sources by the options of a run's record; what the record leaves open is in `open`. */
export type ReadSources = (
  sources: readonly string[],
  recorded: RecordedOptions,
  open: PrepareDataOptions,
) => Promise<PreparedData>;

/**
 * Files, data sets of the Hub (`hf:owner/name`) and `one-liners`, read by the options of a run's record.
 * @param fetch the files of a data set of the Hub
 */
export async function readSources(
  sources: readonly string[],
  recorded: RecordedOptions,
  open: PrepareDataOptions = {},
  fetch: (source: string) => Promise<readonly string[]> = pullDataset,
): Promise<PreparedData> {
  const { raw, ...own } = prepareOptionsOf(recorded);
  const names: string[] = [];
  for (const source of sources) names.push(...(source.startsWith("hf:") ? await fetch(source) : [source]));
  const options = { ...open, ...own };
  return raw ? prepareRawText(names, options) : prepareData(names, options);
}

/** Data for a new model: prepared in the vocabulary that suits it, unless the data comes in one that was chosen. */
export async function dataForNew(
  { tokens }: Pick<Architecture, "tokens">,
  data: TrainingData,
  signal: AbortSignal | undefined,
): Promise<PreparedData> {
  if (isPrepared(data)) return isChosen(data) ? data : inSuitedVocabulary(data, tokens, { signal });
  const raw = typeof data === "string";
  return prepared(data, { vocabulary: suitedVocabulary(tokens, { raw }), signal });
}

/**
 * Data for the model in `folder`: in its vocabulary, and prepared as its own texts were where it is a run.
 * @throws UsageError where the data comes in another vocabulary that was chosen
 */
export async function dataForFolder(
  folder: string,
  data: TrainingData,
  signal: AbortSignal | undefined,
): Promise<PreparedData> {
  const vocabulary = await loadTokenizer(folder);
  if (isPrepared(data) && isChosen(data)) {
    if (fingerprintTokenizer(data.tokenizer) === fingerprintTokenizer(vocabulary)) return data;
    throw new UsageError(
      `${option("data")} is in another vocabulary than the model in ${folder}, whose ids mean other tokens; prepare it in the model's own.`,
      { option: "data", folder },
    );
  }
  if (isPrepared(data)) return speltBy(data, vocabulary, vocabulary.kind);
  const own = existsSync(join(folder, files.run))
    ? withoutColumns(optionsLike(await readRun(folder), []))
    : {};
  const { raw: _, ...options } = prepareOptionsOf(own);
  return prepared(data, { ...options, vocabulary, signal });
}

/** What a run is resumed with, as far as its data goes. */
export interface RunDataRequest {
  /** The texts that the run was trained on. Default: what its record says, read again, or the texts that it keeps. */
  readonly data?: TrainingData | undefined;
  /** Where the sources of the record are now. Default: where they were. */
  readonly sources?: readonly string[] | undefined;
  /** Reads sources. Default {@link readSources}. */
  readonly read?: ReadSources | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The data of the run in `folder`: what is given, or what its record says that it was made from.
 * @param from the folder of the vocabulary: the run's, or its base's before the first checkpoint; undefined before that
 * of a new model
 * @throws UsageError where nothing is given, and the record names no sources and the run keeps no texts
 */
export async function dataOfRun(
  folder: string,
  record: RunRecord,
  request: RunDataRequest,
  { from, architecture }: { readonly from: string | undefined; readonly architecture: Architecture },
): Promise<PreparedData> {
  const { data, sources = record.sources, read = readSources } = request;
  const tuned = record.base !== undefined;
  if (data !== undefined) {
    if (tuned) return dataForFolder(from!, data, request.signal);
    const made = await dataForNew(architecture, data, request.signal);
    return from === undefined || (made === data && isChosen(made))
      ? made
      : { ...made, tokenizer: await loadTokenizer(from) };
  }
  if (sources.length === 0) {
    const kept = await readKeptData(folder);
    if (kept) return kept;
    throw new UsageError(
      `${folder} does not say which texts it was trained on; pass them as ${option("data")}.`,
      { option: "data", folder },
    );
  }
  const recorded = recordedOptions(record);
  const vocabulary = from === undefined ? undefined : await loadTokenizer(from);
  if (tuned) return read(sources, recorded, { vocabulary: vocabulary!, allowLoss: true });
  const joined = joinsLines(record);
  const suited = joined ? "character" : suitedVocabulary(architecture.tokens, recorded);
  const made = await read(sources, recorded, { vocabulary: suited, allowLoss: true });
  if (vocabulary) return { ...made, tokenizer: vocabulary };
  return joined ? inSuitedVocabulary(made, architecture.tokens) : made;
}

const isPrepared = (data: TrainingData): data is PreparedData => typeof data === "object" && "splits" in data;

/** Whether its vocabulary was asked for. */
const isChosen = ({ tokenizer, defaultTokenizer }: PreparedData): boolean => tokenizer !== defaultTokenizer;

const prepared = (data: string | readonly string[], options: PrepareOptions): Promise<PreparedData> =>
  typeof data === "string"
    ? prepareTextInTurns(data, options, "The text")
    : prepareTexts([{ texts: data }], options, "The texts");
