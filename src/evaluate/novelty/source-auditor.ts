/** Auditors of prepared data, whose index may be kept in a file. */
import { located } from "./audit.ts";
import { Auditor, type AuditorOptions, type Judge } from "./auditor.ts";
import { openIndex } from "./index-file.ts";
import { type AuditedSource, elsewhereOf, placesOf } from "./source-texts.ts";
import { buildIndex, type TrainingIndex } from "./training-index.ts";

export interface IndexedAuditorOptions extends AuditorOptions {
  /** Where to keep the index of the training texts for the next time. Default: nowhere. */
  readonly indexFile?: string | undefined;
}

/** The auditor of some training texts. */
export const noveltyAuditor = async (
  training: readonly string[],
  { indexFile, ...options }: IndexedAuditorOptions = {},
): Promise<Auditor> => new Auditor(await noveltyIndex(training, indexFile), options);

/**
 * The auditor of all of a source: copies are those of its training part. A text found in another part, or among the
 * dropped texts, gets that `part` and is not new either.
 */
export async function sourceAuditor(
  data: AuditedSource,
  options: IndexedAuditorOptions = {},
): Promise<Judge> {
  const auditor = await noveltyAuditor(data.splits.train, { ...options, placeOf: placesOf(data) });
  const elsewhere = elsewhereOf(data, options);
  const judge: Judge["judge"] = (text, prompt) =>
    located(auditor.judge(text, prompt), { elsewhere, placeOf: (source) => auditor.placeOf(source) });
  return { judge, audit: (text, prompt) => judge(text, prompt).audited };
}

/** The index of some training texts, kept in a file where one is given. */
export const noveltyIndex = async (
  training: readonly string[],
  file: string | undefined,
): Promise<TrainingIndex> =>
  file === undefined ? buildIndex(training) : (await openIndex(file, training)).index;
