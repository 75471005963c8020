/** The audit of a model, or of a file of samples: new or remembered? */
import { InputError } from "../../core/errors.ts";
import { checkOptions, option, optionNames } from "../../core/options.ts";
import { turns } from "../../core/turns.ts";
import type { PreparedData } from "../../data/prepare.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { evenly } from "../evenly.ts";
import type { Rate } from "../intervals.ts";
import { localModel } from "../local-model.ts";
import { type AuditOptions, auditSamples, type NoveltyAudit } from "./audit.ts";
import { type Extraction, type ExtractionRate, measureExtraction } from "./extraction.ts";
import { type Membership, measureMembership, type SignalQuality, withoutMembership } from "./membership.ts";
import { type AuditedSource, elsewhereOf, noveltyIndex, textsByPart, textsOf } from "./source-auditor.ts";
import { buildIndex } from "./training-index.ts";

export interface ModelAuditOptions extends Omit<AuditOptions, "heldOut" | "train"> {
  /** The data to look samples up in; its held-out parts are the baseline. */
  readonly data: AuditedSource & Pick<PreparedData, "kind">;
  /**
   * Whether a copy of any part of the source counts, as for texts that were not written by a model of it. Default
   * false: only copies of the training part count, and those of another part are reported as such.
   */
  readonly everywhere?: boolean | undefined;
  /** Other real texts for the baseline. Default: the held-out parts of the data. */
  readonly baseline?: readonly string[] | undefined;
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
  "rule neighbours cueWords cueTexts prompt partOf elsewhere baselineIndex baselineSize noun onProgress signal data everywhere baseline lm unasked asked prefix indexFile",
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
  const { indexFile, everywhere = false, baseline, ...audit } = others;
  const places = textsByPart(data);
  const turn = turns(audit.signal);
  const elsewhere = everywhere ? undefined : elsewhereOf(data, audit);
  await turn();
  const index = everywhere
    ? buildIndex(places.map(({ text }) => text))
    : await noveltyIndex(data.splits.train, indexFile);
  await turn();
  const { training, heldOut } = textsOf(data);
  const found = await auditSamples(samples, index, {
    ...audit,
    heldOut: baseline ?? heldOut,
    train: training,
    baselineSize: 500,
    partOf: everywhere ? (source) => places[source]!.part : undefined,
    baselineIndex: everywhere && !baseline ? buildIndex(data.splits.train) : undefined,
    elsewhere,
  });
  const notes = notesOf(found.parts, places.length, everywhere, baseline !== undefined);
  const reason = lm === undefined ? unasked : unaskable(lm);
  if (reason !== undefined) {
    const { signals, leftOut } = withoutMembership(reason);
    const note = `${reason} So the model was not asked to complete training texts, nor how likely it finds them.`;
    return { ...found, notes: [...notes, note], membership: signals, membership_left_out: leftOut };
  }
  const judged = { ...found, notes };
  if (lm === undefined) return judged;
  const model = localModel(lm, audit.signal);
  try {
    const asking = askable(lm, { training, heldOut }, asked);
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

/** The names of parts in sentences. */
const partNames: Readonly<Record<string, string>> = {
  train: "the training part",
  validation: "the validation part",
  test: "the test part",
  duplicate: "what was dropped as a duplicate",
  near_duplicate: "what was dropped as a near duplicate",
  attack_on_a_group: "what was left out for attacking a group of people",
  empty: "what was dropped as nothing was left of it after cleaning",
  too_short: "what was dropped as too short",
  too_long: "what was dropped as too long",
};

function notesOf(
  parts: Readonly<Record<string, number>>,
  texts: number,
  everywhere: boolean,
  given: boolean,
): string[] {
  const counted = (some: [string, number][]) =>
    some.map(([part, n]) => `${n} in ${partNames[part] ?? part}`).join(", ");
  const compared = given
    ? `the texts of ${option("baseline")}`
    : "the held-out parts of the data, looked up in its training part";
  if (everywhere) {
    const all = Object.entries(parts);
    return [
      `The texts were looked up in all ${texts} of the source${all.length > 0 ? `; found: ${counted(all)}` : ""}.`,
      `The baseline is ${compared}.`,
    ];
  }
  const rest = Object.entries(parts).filter(([part]) => part !== "train");
  const total = rest.reduce((sum, [, n]) => sum + n, 0);
  return [
    ...(total === 0
      ? []
      : [
          `${total} of the texts ${total === 1 ? "is no copy of a training text, but is not new either" : "are no copies of training texts, but are not new either"}: ${counted(rest)}.`,
        ]),
    ...(given ? [`The baseline is ${compared}.`] : []),
  ];
}

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
