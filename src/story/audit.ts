/** New or remembered? Everything that the audit of one model or one file of samples is made of. */

import { InputError } from "../core/errors.ts";
import type { PreparedData } from "../data/prepare.ts";
import { sourceKinds } from "../data/prepare-sources.ts";
import { openSource, type SourceOptions } from "../data/sources/source.ts";
import { evenly } from "../evaluate/evenly.ts";
import { measureExtraction } from "../evaluate/extraction.ts";
import { localModel } from "../evaluate/local-model.ts";
import { measureMembership } from "../evaluate/membership.ts";
import { type AuditOptions, auditSamples } from "../evaluate/novelty/audit.ts";
import { Auditor, type AuditorOptions } from "../evaluate/novelty/auditor.ts";
import { openIndex } from "../evaluate/novelty/index-file.ts";
import type { ModelAudit } from "../evaluate/novelty/model-audit.ts";
import { buildIndex, type TrainingIndex } from "../evaluate/novelty/training-index.ts";
import { piecesOfText } from "../evaluate/pieces.ts";
import type { LanguageModel } from "../generate/language-model.ts";

export interface ModelAuditOptions extends Omit<AuditOptions, "heldOut" | "train"> {
  /** What the samples are looked up in; what is held out is the baseline. */
  readonly data: Pick<PreparedData, "kind" | "splits">;
  /** The model that wrote the samples, to be asked for training texts and their likelihood. */
  readonly lm?: LanguageModel;
  /** Training and held-out texts that the model is asked about, of each. Default 100. */
  readonly asked?: number;
  /** Tokens of a text that the model is given. Default 10. */
  readonly prefix?: number;
  /** Where the index of the training texts is kept for the next time. Default: nowhere. */
  readonly indexFile?: string;
}

/** The auditor of some training texts, whose index is kept in a file where one is given. */
export async function noveltyAuditor(
  training: readonly string[],
  { indexFile, ...options }: AuditorOptions & { readonly indexFile?: string } = {},
): Promise<Auditor> {
  return new Auditor(await noveltyIndex(training, indexFile), options);
}

async function noveltyIndex(training: readonly string[], file: string | undefined): Promise<TrainingIndex> {
  return file === undefined ? buildIndex(training) : (await openIndex(file, training)).index;
}

/** Characters of the pieces in which one continuous text is judged: about those of a few jokes. */
const PIECE = 240;

/** The single texts of both sides; of one continuous text, pieces of it. */
export function textsOf({ kind, splits }: Pick<PreparedData, "kind" | "splits">): {
  training: readonly string[];
  heldOut: readonly string[];
} {
  const { train, validation, test } = splits;
  const single = (texts: readonly string[]) =>
    kind === "text" ? texts.flatMap((text) => piecesOfText(text, PIECE)) : texts;
  return { training: single(train), heldOut: single([...validation, ...test]) };
}

/** Audits samples against the training texts, and, where there is a model, asks the model itself. */
export async function auditModel(
  samples: readonly string[],
  options: ModelAuditOptions,
): Promise<ModelAudit> {
  const { data, lm, asked = 100, prefix = 10, indexFile, ...audit } = options;
  const index = await noveltyIndex(data.splits.train, indexFile);
  const { training, heldOut } = textsOf(data);
  const judged = await auditSamples(samples, index, {
    ...audit,
    heldOut,
    train: training,
    baselineSize: 500,
  });
  if (lm?.model.predicts !== "each") return judged;
  const model = localModel(lm, audit.signal);
  try {
    const texts = askable(lm, { training, heldOut }, asked);
    // One graph for many texts.
    const together = { batch: 256, ...(audit.signal ? { signal: audit.signal } : {}) };
    const extraction = await measureExtraction(model, texts, { prefix, ...together });
    const { signals, leftOut } = await measureMembership(model, texts, together);
    return { ...judged, extraction, membership: signals, membership_left_out: leftOut };
  } finally {
    await model.release();
  }
}

/** Texts that the model can be asked about, which its vocabulary must spell and its context hold: at most `asked` of each, evenly spaced. */
export function askable(
  { tokenizer, model }: LanguageModel,
  { training, heldOut }: { readonly training: readonly string[]; readonly heldOut: readonly string[] },
  asked: number,
): { training: readonly string[]; heldout: readonly string[] } {
  const fits = (text: string) => {
    try {
      return tokenizer.encode(text).length + 2 < model.contextLength;
    } catch (error) {
      if (error instanceof InputError) return false;
      throw error;
    }
  };
  return { training: evenly(training.filter(fits), asked), heldout: evenly(heldOut.filter(fits), asked) };
}

/** All texts of files or other sources as they stand: no cleaning, nothing dropped. */
export async function readTexts(sources: readonly string[], options: SourceOptions = {}): Promise<string[]> {
  const texts: string[] = [];
  for (const name of sources) {
    const source = await openSource(name, options, sourceKinds);
    for await (const batch of source.batches()) texts.push(...batch.texts);
  }
  return texts;
}
