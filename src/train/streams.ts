/** The tokens of prepared data as a training reads them. */
import { InputError, UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import type { BatchSource, TokenBatch } from "../data/batches/batch.ts";
import { itemBatches, itemPass } from "../data/batches/items.ts";
import { type Masking, maskedBatches, maskedPass, maskingRules } from "../data/batches/masking.ts";
import { layRows } from "../data/batches/rows.ts";
import { shuffledWindows } from "../data/batches/shuffled.ts";
import { streamWindows } from "../data/batches/stream.ts";
import { drawnIds, drawnOrder } from "../data/drawn-ids.ts";
import { behind, type Ids } from "../data/ids.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { SplitName } from "../data/split.ts";
import { droppedRemark } from "../data/summary.ts";
import {
  allocateTokens,
  encodeSplit,
  firstIds,
  type ItemStream,
  itemsOf,
  type TokenArray,
} from "../data/tokens.ts";
import { beginOf } from "../generate/language-model.ts";
import { carriesState, type Model } from "../models/model.ts";
import { isHuggingFaceTokenizer } from "../text/huggingface.ts";
import type { Tokenizer, TokenizerKind } from "../text/tokenizer.ts";
import type { TokenUnit } from "./events.ts";
import type { Packing, TrainOptions } from "./options.ts";

const units: Readonly<Record<TokenizerKind, TokenUnit>> = {
  character: "characters",
  word: "words",
  bpe: "tokens",
  wordpiece: "tokens",
};

/** What the tokens of a vocabulary are called, in the plural. */
export const tokenUnit = ({ kind }: Pick<Tokenizer, "kind">): TokenUnit => units[kind];

/**
 * The tokens of a split in memory, an end of text first where the vocabulary has one, so that the first token of all is
 * predicted as well.
 * @param most tokens in all
 */
export function streamOf(
  data: PreparedData,
  split: SplitName,
  tokenizer: Tokenizer,
  most = Number.POSITIVE_INFINITY,
): TokenArray {
  const stored = storedOf(data, split);
  if (stored) return firstIds(stored, tokenizer.size, most);
  const { tokens } = encodeSplit(data, split, tokenizer);
  const begin = streamStart(data, tokenizer);
  if (begin === undefined) return tokens.subarray(0, Math.min(tokens.length, most));
  const out = allocateTokens(tokenizer.size, tokens.length + 1);
  out[0] = begin;
  out.set(tokens, 1);
  return out.subarray(0, Math.min(out.length, most));
}

const streamStart = ({ kind }: PreparedData, tokenizer: Tokenizer): number | undefined =>
  beginOf(tokenizer) ?? (kind === "items" ? tokenizer.endOfText : undefined);

/**
 * The same tokens where they are stored; undefined where the data has texts.
 * @param seed draws the order of the texts. Default: as they come
 */
function storedOf(data: PreparedData, split: SplitName, seed?: number) {
  const stored = data.encoded?.splits[split];
  if (!stored) return undefined;
  const tokens = seed === undefined || data.kind === "text" ? stored.tokens : drawnIds(stored, seed);
  const begin = streamStart(data, data.tokenizer);
  return begin === undefined ? tokens : behind(begin, tokens);
}

/** The tokens of {@link streamOf} from where they are. @param seed draws the order of the texts. Default: as they come */
export function idsOf(data: PreparedData, split: SplitName, seed?: number): Ids {
  const texts = () => (seed === undefined ? data : inDrawnOrder(data, seed));
  return storedOf(data, split, seed) ?? streamOf(texts(), split, data.tokenizer);
}

/**
 * The default layout of texts in batches: a model that is trained further, and one that reads
 * prompts, gets each text for itself, in packed rows where it can tell them apart.
 */
export function suitedPacking(model: Model, data: PreparedData, tuned: boolean): Packing {
  if (model.predicts === "masked") return "blocks";
  const ownRows = data.prompts !== undefined || (tuned && data.kind === "items");
  if (!ownRows || model.predicts === "last") return "stream";
  if (model.separatesDocuments) return "blocks";
  return data.prompts ? "none" : "stream";
}

/** Batches of the training split. @throws UsageError where the model cannot read such rows */
export function trainingBatches(model: Model, data: PreparedData, options: TrainOptions): BatchSource {
  const { seqLen: length, packing = "stream" } = options;
  const { model_type } = model.config;
  const { contextLength: context } = model;
  const exact = model.predicts === "last";
  if (exact ? length !== context : length > context)
    throw new UsageError(
      exact
        ? `${model_type} reads windows of ${context} tokens, not of ${option("seqLen", length)}.`
        : `${option("seqLen", length)} is beyond the ${context} tokens that ${model_type} sees at once.`,
      { option: "seqLen", value: length, expected: exact ? context : `at most ${context}` },
    );
  refuseUnfit(model, data, options);
  if (packing !== "stream") return rowBatches(model, data, options);
  try {
    return windowBatches(model, data, options);
  } catch (error) {
    throw error instanceof InputError && error.code === "too-short" && data.kind === "items"
      ? tooFewTokens(error, data)
      : error;
  }
}

/** The error of windows that do not fit, for texts: how many there are, and what became of the others. */
function tooFewTokens({ code, details }: InputError, { summary }: PreparedData): InputError {
  const { tokens, length, batch } = details as Readonly<Record<"tokens" | "length" | "batch", number>>;
  const [shorter, fewer] = [Math.floor((tokens - 1) / batch), Math.floor((tokens - 1) / length)];
  const choices = [
    ...(shorter >= 1 ? [`a ${option("seqLen")} of at most ${shorter}`] : []),
    ...(batch > 1 && fewer >= 1 ? [`a ${option("batchSize")} of at most ${fewer}`] : []),
    "more texts",
  ];
  const { train: texts } = summary.splits;
  return new InputError(
    code,
    `The training split has ${texts === 1 ? "1 text" : `${texts} texts`} with ${tokens} tokens in all, too few for one step, which reads ${batch * length}; give ${choices.join(", or ")}.${droppedRemark(summary)}`,
    { ...details, texts, dropped: summary.dropped },
  );
}

/** @throws UsageError for options that this model or this data cannot honour */
function refuseUnfit(model: Model, data: PreparedData, options: TrainOptions): void {
  const { packing = "stream", windows, stride, wholeWords, maskShare, longTexts } = options;
  const { model_type } = model.config;
  const masked = model.predicts === "masked";
  if (masked && data.prompts)
    throw new UsageError(
      `${model_type} fills masks, and this data has answers to prompts, as conversations are, which only a model that writes learns; take such a model, or name a column of plain texts with ${option("column")}.`,
      { option: "column" },
    );
  const stream = packing === "stream";
  const ofStream = `is an option of ${option("packing", "stream")}, and this training has ${option("packing", packing)}`;
  const refused: readonly (readonly [name: keyof TrainOptions, isUnfit: boolean, sentence: string])[] = [
    [
      "wholeWords",
      wholeWords && !masked,
      `${option("wholeWords")} is for models that fill masks; ${model_type} hides no words`,
    ],
    [
      "maskShare",
      maskShare !== undefined && !masked,
      `${option("maskShare")} is for models that fill masks; ${model_type} hides no tokens`,
    ],
    [
      "packing",
      stream && masked,
      `${model_type} reads texts in rows of their own; use ${option("packing", "blocks")} or none`,
    ],
    [
      "packing",
      stream && data.prompts !== undefined,
      `${option("packing", "stream")} learns every token, and this data has prompts, which are not to be learned; use ${option("packing", "blocks")} or none, or take one column with ${option("column")}`,
    ],
    [
      "longTexts",
      stream && longTexts !== undefined,
      `${option("longTexts")} is for ${option("packing", "blocks")} or none; a stream has no rows to be longer than`,
    ],
    ["windows", !stream && windows !== undefined, `${option("windows")} ${ofStream}`],
    ["stride", !stream && stride !== undefined, `${option("stride")} ${ofStream}`],
    [
      "packing",
      !stream && model.predicts === "last",
      `${model_type} predicts what follows a window; use ${option("packing", "stream")}`,
    ],
    [
      "packing",
      packing === "blocks" && !model.separatesDocuments,
      `${model_type} cannot keep the texts of a row from seeing each other; use ${option("packing", "none")} or stream`,
    ],
  ];
  const [name, , sentence] = refused.find(([, isUnfit]) => isUnfit) ?? [];
  if (name) throw unfit(name, name === "packing" ? packing : options[name], `${sentence}.`);
}

const unfit = (name: string, value: unknown, sentence: string): UsageError =>
  new UsageError(sentence, { option: name, value });

/** Lanes with a carried state, or independent windows; a model without a state has no choice. */
export const windowKind = (model: Model, { windows }: Pick<TrainOptions, "windows">): "stream" | "shuffled" =>
  windows ?? (carriesState(model) ? "stream" : "shuffled");

/** Windows of one stream, through which all texts follow each other. */
function windowBatches(model: Model, data: PreparedData, options: TrainOptions): BatchSource {
  const { batchSize: batch, seqLen: length, stride, seed, resetState, shuffleTexts } = options;
  const kind = windowKind(model, options);
  if (kind === "stream" && !carriesState(model))
    throw unfit(
      "windows",
      kind,
      `${model.config.model_type} carries no state from window to window; use ${option("windows", "shuffled")}.`,
    );
  if (kind === "stream" && stride !== undefined)
    throw unfit(
      "stride",
      stride,
      `${option("stride")} is an option of ${option("windows", "shuffled")}; lanes of a stream have no gaps.`,
    );
  if (kind === "stream") {
    const tokens = idsOf(data, "train", shuffleTexts ? seed : undefined);
    // Of many texts each starts over by itself: the model resets its state at their ends.
    const restart = resetState && data.kind === "text" ? { restart: data.tokenizer.endOfText } : {};
    return streamWindows(tokens, { batch, length, seed, ...restart });
  }
  const tokens = idsOf(data, "train");
  const windows = shuffledWindows(tokens, { batch, length, seed, stride });
  return model.predicts === "last" ? lastTargets(windows, length) : windows;
}

/** The same data with its training texts in an order that the seed draws; one text stays as it is. */
function inDrawnOrder(data: PreparedData, seed: number): PreparedData {
  const { train } = data.splits;
  const order = drawnOrder(seed, train.length);
  return { ...data, splits: { ...data.splits, train: Array.from(order, (i) => train[i]!) } };
}

/** Texts in rows of their own, of which a masked model has some tokens hidden. */
function rowBatches(model: Model, data: PreparedData, options: TrainOptions): BatchSource {
  const rows = { ...rowsOf(options), seed: options.seed };
  const stream = itemsOf(data, "train");
  if (model.predicts !== "masked") return itemBatches(stream, rows);
  return maskedBatches(stream, { ...rows, ...maskingOf(model, data, options), share: options.maskShare });
}

/** What is scored along the way. */
export interface ValidationPass {
  /** One pass over the validation split. */
  readonly validation: () => Iterable<TokenBatch>;
  /** Conversations of it that are longer than a row, and not scored. */
  readonly validationLeftOut: number;
}

/** The validation split in the layout of the training; undefined where that is one stream. */
export function validationPass(
  model: Model,
  data: PreparedData,
  options: TrainOptions,
): ValidationPass | undefined {
  if ((options.packing ?? "stream") === "stream") return undefined;
  // An item has one token at least.
  const most = options.validationTokens + 1;
  const stream = firstItems(itemsOf(data, "validation", data.tokenizer, most), options.validationTokens);
  if (stream.offsets.length < 2) return { validation: () => [], validationLeftOut: 0 };
  // Conversations that are all longer than a row are refused now, not at the first validation.
  const validationLeftOut = stream.learned ? layRows(stream, rowsOf(options)).leftOut : 0;
  if (model.predicts !== "masked")
    return { validation: () => itemPass(stream, rowsOf(options)), validationLeftOut };
  const masking = maskingOf(model, data, options);
  return { validation: () => maskedPass(stream, { ...rowsOf(options), ...masking }), validationLeftOut };
}

const rowsOf = ({ batchSize, seqLen, packing, longTexts }: TrainOptions) => ({
  batch: batchSize,
  length: seqLen,
  packed: packing === "blocks",
  long: longTexts,
});

/** @throws UsageError where the vocabulary has nothing to hide tokens with */
function maskingOf(
  model: Model,
  { tokenizer }: PreparedData,
  { wholeWords, samplePrompt }: TrainOptions,
): Masking {
  if (!isHuggingFaceTokenizer(tokenizer) || tokenizer.mask === undefined || tokenizer.cls === undefined)
    throw new UsageError(
      `${model.config.model_type} learns by filling masks, and its vocabulary has no [CLS] and [MASK]; start from a model that has them, such as bert-base-uncased.`,
    );
  if (samplePrompt !== "" && !tokenizer.encode(samplePrompt).includes(tokenizer.mask))
    throw new UsageError(
      `${option("samplePrompt")} needs a ${tokenizer.token(tokenizer.mask)} for ${model.config.model_type} to fill, and ${JSON.stringify(samplePrompt)} has none.`,
      { option: "samplePrompt", value: samplePrompt },
    );
  return maskingRules(tokenizer, wholeWords);
}

/** As many of the first items as have at most so many tokens, and one at least. */
function firstItems({ prompts, ...stream }: ItemStream, most: number): ItemStream {
  const { offsets } = stream;
  let items = 1;
  while (items + 1 < offsets.length && offsets[items + 1]! <= most) items++;
  return {
    ...stream,
    offsets: offsets.subarray(0, items + 1),
    prompts: prompts?.subarray(0, items),
  };
}

/** The same windows, of which the target after the last token alone counts. */
function lastTargets(windows: BatchSource, length: number): BatchSource {
  return {
    ...windows,
    targetsPerEpoch: windows.targetsPerEpoch / length,
    targetsPerBatch: windows.targetsPerBatch / length,
    next: () => {
      const batch = windows.next();
      return { ...batch, targets: batch.batch };
    },
  };
}

/** @throws UsageError where a model would look back further than there is text */
export function refuseShortData({ contextLength, config }: Model, data: PreparedData): void {
  const { summary, encoded } = data;
  if (!Number.isFinite(contextLength)) return;
  const unit = encoded ? "tokens" : "characters";
  const characters =
    encoded?.splits.train.tokens.length ?? data.splits.train.reduce((n, text) => n + text.length + 1, 0);
  if (contextLength <= characters) return;
  throw new UsageError(
    `${config.model_type} of these sizes looks back ${contextLength} tokens, and the training split has only ${characters} ${unit}; choose a smaller context, or give more text.${droppedRemark(summary)}`,
    { contextLength, characters },
  );
}
