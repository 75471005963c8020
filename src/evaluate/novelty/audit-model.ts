/** The audit of a model, or of a file of samples: new or remembered? */

import { InputError } from "../../core/errors.ts";
import { checkOptions, checkTexts, optionNames } from "../../core/options.ts";
import { checkPrepared } from "../../data/tokens.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { evenly } from "../evenly.ts";
import type { Rate } from "../intervals.ts";
import { localModel } from "../local-model.ts";
import type { NoveltyAudit } from "./audit.ts";
import { auditSource, type SourceAuditOptions } from "./audit-source.ts";
import { type Extraction, type ExtractionRate, measureExtraction } from "./extraction.ts";
import { type Membership, measureMembership, type SignalQuality, withoutMembership } from "./membership.ts";
import { noveltyIndex } from "./source-auditor.ts";
import { textsOf } from "./source-texts.ts";

export interface ModelAuditOptions extends Omit<SourceAuditOptions, "index"> {
  /** The model that wrote the samples: it is asked to complete training texts, and for their likelihood. */
  readonly lm?: LanguageModel | undefined;
  /** Why no model can be asked, in a sentence. Default: none was to be asked. */
  readonly unasked?: string | undefined;
  /** The number of training texts, and of held-out texts, that the model is asked about. Default 100. */
  readonly asked?: number | undefined;
  /** Tokens of a text that the model is given. Default 10. */
  readonly prefix?: number | undefined;
  /** Where to keep the index of the training texts for the next time. Default: nowhere. */
  readonly indexFile?: string | undefined;
}

const modelAuditNames = optionNames<keyof ModelAuditOptions>()(
  "rule neighbours cueWords cueTexts placeOf prompt partOf elsewhere baselineIndex baselineSize noun onProgress signal judgeTexts data everywhere baseline lm unasked asked prefix indexFile",
);

export interface ModelAudit extends NoveltyAudit {
  /** Where the texts and the baseline were looked up, and what was found outside the training part, in sentences. */
  readonly notes?: readonly string[] | undefined;
  /** Training texts that the model completed from their beginnings; absent for samples without a model. */
  readonly extraction?: Extraction | undefined;
  /** How well training texts can be distinguished from unseen ones. */
  readonly membership?: readonly SignalQuality[] | undefined;
  /** Signals of membership that could not be computed, and why. */
  readonly membership_left_out?: Membership["leftOut"] | undefined;
  /** The same for snapshots of the training, where they were audited. */
  readonly checkpoints?: readonly SnapshotAudit[] | undefined;
}

/** One snapshot of a training: copies among its texts, and its losses at that step. */
export interface SnapshotAudit extends Rate {
  readonly step: number;
  /** Nats per token on held-out texts; null where there are none. */
  readonly val_loss: number | null;
  /** Nats per token on training texts. */
  readonly train_loss: number;
  /** Texts completed word for word from their beginnings; absent where the model was not asked. */
  readonly extraction?: { readonly training: ExtractionRate; readonly heldout: ExtractionRate } | undefined;
}

/** Audits samples against the training texts, and, where there is a model, asks the model itself. */
export async function auditModel(
  samples: readonly string[],
  options: ModelAuditOptions,
): Promise<ModelAudit> {
  const { data, lm, unasked, asked = 100, prefix = 10, ...others } = checkOptions(options, modelAuditNames);
  checkTexts(samples, "samples");
  checkPrepared(data);
  const { indexFile, ...audit } = others;
  const index = audit.everywhere ? undefined : await noveltyIndex(data.splits.train, indexFile);
  const judged = await auditSource(samples, { data, index, ...audit });
  const reason = lm === undefined ? unasked : unaskable(lm);
  if (reason !== undefined) {
    const { signals, leftOut } = withoutMembership(reason);
    const note = `${reason} So the model was not asked to complete training texts, nor how likely it finds them.`;
    return { ...judged, notes: [...judged.notes, note], membership: signals, membership_left_out: leftOut };
  }
  if (lm === undefined) return judged;
  const model = localModel(lm, audit.signal);
  try {
    const asking = askable(lm, textsOf(data), asked);
    // Large batches: one graph serves many texts.
    const together = { batch: 256, signal: audit.signal };
    const extraction = await measureExtraction(model, asking, { prefix, ...together });
    const { signals, leftOut } = await measureMembership(model, asking, together);
    const answers = { membership: signals, membership_left_out: leftOut };
    if (extraction.training.n + extraction.heldout.n > 0) return { ...judged, extraction, ...answers };
    const none = `No text could be asked for: the vocabulary spells none that is longer than ${prefix} tokens without a gap.`;
    return { ...judged, notes: [...judged.notes, none], ...answers };
  } finally {
    await model.release();
  }
}

/** Why a model cannot be asked how likely texts are, nor to complete them; undefined where it can. */
const unaskable = ({ model }: LanguageModel): string | undefined =>
  model.predicts === "each"
    ? undefined
    : `A ${model.config.model_type} does not predict each token of a text from those before it.`;

/** Texts that are searched for each one that the model is asked about. */
const LOOKED_THROUGH = 10;

/** The texts that the vocabulary spells and the context holds: at most `asked` of each kind, evenly spaced. */
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
  // Most texts fit, so it is enough to search a part of many.
  const some = (texts: readonly string[]) => {
    const found = evenly(texts, LOOKED_THROUGH * asked).filter(fits);
    return evenly(found.length < asked ? texts.filter(fits) : found, asked);
  };
  return { training: some(training), heldout: some(heldOut) };
}
