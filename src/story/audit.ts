/** New or remembered? Everything that the audit of one model or one file of samples is made of. */

import { sourceKinds } from "../data/prepare-sources.ts";
import { openSource, type SourceOptions } from "../data/sources/source.ts";
import { evenly } from "../evaluate/evenly.ts";
import { type Extraction, measureExtraction } from "../evaluate/extraction.ts";
import { localModel } from "../evaluate/local-model.ts";
import { measureMembership, type SignalQuality } from "../evaluate/membership.ts";
import { type AuditOptions, auditSamples, type NoveltyAudit } from "../evaluate/novelty/audit.ts";
import { Auditor, type AuditorOptions } from "../evaluate/novelty/auditor.ts";
import { openIndex } from "../evaluate/novelty/index-file.ts";
import { buildIndex, type TrainingIndex } from "../evaluate/novelty/training-index.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import type { NoveltyAudit as NoveltyFigures } from "../report/index.ts";

export interface ModelAudit extends NoveltyAudit {
  /** Training texts got out of the model by their beginnings; absent for samples without a model. */
  readonly extraction?: Extraction;
  /** How well training texts can be told from unseen ones. */
  readonly membership?: readonly SignalQuality[];
}

export interface ModelAuditOptions extends Omit<AuditOptions, "heldOut" | "train"> {
  readonly training: readonly string[];
  readonly heldOut: readonly string[];
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
  const index = indexFile === undefined ? buildIndex(training) : (await openIndex(indexFile, training)).index;
  return new Auditor(index, options);
}

/** Audits samples against the training texts, and, where there is a model, asks the model itself. */
export async function auditModel(
  samples: readonly string[],
  options: ModelAuditOptions,
): Promise<ModelAudit> {
  const { training, heldOut, lm, asked = 100, prefix = 10, indexFile, ...audit } = options;
  const index: TrainingIndex =
    indexFile === undefined ? buildIndex(training) : (await openIndex(indexFile, training)).index;
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
    return {
      ...judged,
      extraction: await measureExtraction(model, texts, { prefix, ...together }),
      membership: await measureMembership(model, texts, together),
    };
  } finally {
    await model.release();
  }
}

/** Texts that the model can be asked about, which its context must hold: at most `asked` of each, evenly spaced. */
export function askable(
  { tokenizer, model }: LanguageModel,
  { training, heldOut }: { readonly training: readonly string[]; readonly heldOut: readonly string[] },
  asked: number,
): { training: readonly string[]; heldout: readonly string[] } {
  const fits = (text: string) => tokenizer.encode(text).length + 2 < model.contextLength;
  return { training: evenly(training.filter(fits), asked), heldout: evenly(heldOut.filter(fits), asked) };
}

/** The audit as the report draws it. */
export function noveltyFigures(model: string, command: string, audit: ModelAudit): NoveltyFigures {
  const { samples, copies, rate, baseline, training, n_novelty, heldout_nearest, extraction, membership } =
    audit;
  return {
    model,
    command,
    samples,
    copies,
    rate: rate ?? 0,
    baseline: { ...baseline, rate: baseline.rate ?? 0 },
    n_novelty,
    heldout_nearest,
    ...(training ? { training } : {}),
    ...(extraction ? { extraction } : {}),
    ...(membership ? { membership } : {}),
  };
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
