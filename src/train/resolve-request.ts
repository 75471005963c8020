/**
 * What a request for a new training comes to: its model, its data in the model's vocabulary, and every option. It
 * reads no weights and computes nothing, so what a training would read can be shown without one.
 */
import type { Architecture } from "../models/model.ts";
import { type BaseModel, readModel, vocabularyFolder } from "./base.ts";
import { furtherLora } from "./further-adapter.ts";
import {
  type FromScratch,
  type ResolvedRequest,
  resolveScratch,
  suited,
  type TextsAndOptions,
} from "./resolve-scratch.ts";
import { dataForFolder } from "./run-data.ts";
import { finetuneOptionsOf } from "./setup.ts";

/** A new model, or one that there is already. */
export type TrainedModel = FromScratch | FineTuning;

interface FineTuning {
  /** A model to train further; the data must be spelt in its vocabulary. */
  readonly base: BaseModel;
  /** Architectures that are not in Punchline, for a base of one of them. */
  readonly architectures?: readonly Architecture[] | undefined;
}

/** @throws UsageError for an option that cannot be honoured; bad options are refused before texts are read */
export const resolveRequest = async (request: TextsAndOptions & TrainedModel): Promise<ResolvedRequest> =>
  request.base ? suited(await further(request), request.options, true) : resolveScratch(request);

async function further({
  base,
  architectures,
  options = {},
  data,
  signal,
}: TextsAndOptions & FineTuning): Promise<ResolvedRequest> {
  const model = await readModel(base.folder, architectures);
  const { adapter } = base;
  const lora = adapter ? await furtherLora(model, { ...base, adapter }, options.lora) : options.lora;
  const resolved = finetuneOptionsOf(model, { ...options, lora });
  return { options: resolved, data: await dataForFolder(await vocabularyFolder(base), data, signal), model };
}
