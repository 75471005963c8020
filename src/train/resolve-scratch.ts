/** What a request for a training of a new model comes to: its model, its data, and every option. Runs in a browser. */
import type { PreparedData } from "../data/prepare.ts";
import { dataForNew, type TrainingData } from "../data/vocabularies.ts";
import { resolveOptions } from "../models/define.ts";
import type { Architecture, Model, OptionValues } from "../models/model.ts";
import { architectureOf, resettingAt } from "../models/registry.ts";
import { resolveTrainOptions, type TrainOptions } from "./options.ts";
import { resolveAdaptation } from "./setup.ts";
import { refuseShortData, suitedPacking } from "./streams.ts";

export interface FromScratch {
  /** An architecture, or the name of one of Punchline's, such as `char-lstm`. */
  readonly model: string | Architecture;
  /** Its sizes, by the names of its options. */
  readonly modelOptions?: OptionValues | undefined;
  readonly base?: undefined;
}

export interface TextsAndOptions {
  /**
   * Texts, one long text, or prepared data. Texts, and data that no vocabulary was asked for, are spelled as suits the
   * model.
   */
  readonly data: TrainingData;
  readonly options?: Partial<TrainOptions> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedRequest {
  readonly model: Model;
  readonly data: PreparedData;
  readonly options: TrainOptions;
}

/**
 * The same with every option that depends on the model and the data.
 * @param asked the options that were given
 * @param tuned whether the model has weights already
 */
export function suited(
  { model: given, data, options: resolved }: ResolvedRequest,
  asked: Partial<TrainOptions> = {},
  tuned = false,
): ResolvedRequest {
  const model = resettingAt(given, textStart(data, resolved));
  if (!tuned) refuseShortData(model, data);
  // By default a window is never longer than what the model sees.
  const seqLen = asked.seqLen ?? Math.min(resolved.seqLen, model.contextLength);
  const { windows, stride } = asked;
  const suitedTo = () =>
    windows === undefined && stride === undefined ? suitedPacking(model, data, tuned) : "stream";
  const packing = resolved.packing ?? suitedTo();
  const options = resolveAdaptation({ ...resolved, seqLen, packing }, model.architecture, tuned);
  return { model, data, options };
}

/** The token before each of many texts, where a state starts over; none in one continuous text. */
export const textStart = (
  { kind, tokenizer }: PreparedData,
  { resetState }: TrainOptions,
): number | undefined => (resetState && kind === "items" ? tokenizer.endOfText : undefined);

/** @throws UsageError for an option that cannot be honoured; bad options are refused before texts are read */
export async function resolveScratch({
  model: named,
  modelOptions = {},
  options = {},
  data: given,
  signal,
}: TextsAndOptions & FromScratch): Promise<ResolvedRequest> {
  const architecture = typeof named === "string" ? architectureOf(named) : named;
  resolveOptions(architecture, modelOptions);
  const resolved = resolveTrainOptions(options, architecture);
  const data = await dataForNew(architecture.tokens, given, signal);
  return suited({ options: resolved, data, model: scratchModel(architecture, modelOptions, data) }, options);
}

export const scratchModel = (
  architecture: Architecture,
  options: OptionValues,
  { tokenizer }: PreparedData,
): Model => architecture.build(architecture.configure(options, tokenizer.size));
