/** New or remembered? Everything that the audit of one model or one file of samples is made of. */

import { InputError } from "../../core/errors.ts";
import { joinPrompt, type PreparedData } from "../../data/prepare.ts";
import { sourceKinds } from "../../data/prepare-sources.ts";
import { openSource, type SourceOptions } from "../../data/sources/source.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { evenly } from "../evenly.ts";
import { localModel } from "../local-model.ts";
import { piecesOfText } from "../pieces.ts";
import { type AuditOptions, auditSamples, located } from "./audit.ts";
import { Auditor, type AuditorOptions, type Judge } from "./auditor.ts";
import { measureExtraction } from "./extraction.ts";
import { openIndex } from "./index-file.ts";
import { measureMembership, withoutMembership } from "./membership.ts";
import type { ModelAudit } from "./model-audit.ts";
import { buildIndex, type TrainingIndex } from "./training-index.ts";

export interface ModelAuditOptions extends Omit<AuditOptions, "heldOut" | "train"> {
  /** What the samples are looked up in; what is held out is the baseline. */
  readonly data: Source & Pick<PreparedData, "kind">;
  /**
   * Whether all of the source counts, as for texts that no model of it wrote. Default false: the training part counts,
   * and what is found in another part is said to be there.
   */
  readonly everywhere?: boolean | undefined;
  /** Real texts from elsewhere for the baseline. Default: the held-out parts of the data. */
  readonly baseline?: readonly string[] | undefined;
  /** The model that wrote the samples, to be asked for training texts and their likelihood. */
  readonly lm?: LanguageModel | undefined;
  /** Why there is no such model that could be asked, in a sentence. Default: nothing is to be asked. */
  readonly unasked?: string | undefined;
  /** Training and held-out texts that the model is asked about, of each. Default 100. */
  readonly asked?: number | undefined;
  /** Tokens of a text that the model is given. Default 10. */
  readonly prefix?: number | undefined;
  /** Where the index of the training texts is kept for the next time. Default: nowhere. */
  readonly indexFile?: string | undefined;
}

/** The auditor of some training texts, whose index is kept in a file where one is given. */
export async function noveltyAuditor(
  training: readonly string[],
  { indexFile, ...options }: AuditorOptions & { readonly indexFile?: string | undefined } = {},
): Promise<Auditor> {
  return new Auditor(await noveltyIndex(training, indexFile), options);
}

/** What the samples are looked up in. */
type Source = Pick<PreparedData, "splits" | "droppedTexts">;

/**
 * The auditor of all of a source: copies are those of its training part, and what stands in another part, or was
 * dropped, has that `part` and is not new either.
 */
export async function sourceAuditor(
  data: Source,
  options: AuditorOptions & { readonly indexFile?: string | undefined } = {},
): Promise<Judge> {
  const auditor = await noveltyAuditor(data.splits.train, options);
  const elsewhere = elsewhereOf(data, options);
  const judge: Judge["judge"] = (text, prompt) =>
    located(auditor.judge(text, prompt), elsewhere ? { elsewhere } : {});
  return { judge, audit: (text, prompt) => judge(text, prompt).audited };
}

async function noveltyIndex(training: readonly string[], file: string | undefined): Promise<TrainingIndex> {
  return file === undefined ? buildIndex(training) : (await openIndex(file, training)).index;
}

/** Characters of the pieces in which one continuous text is judged: about those of a few jokes. */
const PIECE = 240;
/** A text of more characters is a document, such as a chapter: longer than what is written, and than what a small model sees. */
const DOCUMENT = 1000;

/** The single texts of both sides; of one continuous text, and of documents, pieces of them. */
export function textsOf({ kind, splits }: Pick<PreparedData, "kind" | "splits">): {
  training: readonly string[];
  heldOut: readonly string[];
} {
  const { train, validation, test } = splits;
  const single = (texts: readonly string[]) =>
    texts.flatMap((text) => (kind === "text" || text.length > DOCUMENT ? piecesOfText(text, PIECE) : [text]));
  return { training: single(train), heldOut: single([...validation, ...test]) };
}

/** Audits samples against the training texts, and, where there is a model, asks the model itself. */
export async function auditModel(
  samples: readonly string[],
  options: ModelAuditOptions,
): Promise<ModelAudit> {
  const { data, lm, unasked, asked = 100, prefix = 10, ...others } = options;
  const { indexFile, everywhere = false, baseline, ...audit } = others;
  const places = placesOf(data);
  const elsewhere = everywhere ? undefined : elsewhereOf(data, audit);
  const index = everywhere
    ? buildIndex(places.map(({ text }) => text))
    : await noveltyIndex(data.splits.train, indexFile);
  const { training, heldOut } = textsOf(data);
  const found = await auditSamples(samples, index, {
    ...audit,
    heldOut: baseline ?? heldOut,
    train: training,
    baselineSize: 500,
    ...(everywhere ? { partOf: (source) => places[source]!.part } : {}),
    ...(everywhere && !baseline ? { baselineIndex: buildIndex(data.splits.train) } : {}),
    ...(elsewhere ? { elsewhere } : {}),
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
    // One graph for many texts.
    const together = { batch: 256, ...(audit.signal ? { signal: audit.signal } : {}) };
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

/** What judges texts by the parts of the source that a model was not trained on; undefined where there are none. */
export function elsewhereOf(data: Source, options: AuditorOptions = {}): AuditOptions["elsewhere"] {
  const other = placesOf(data).filter(({ part }) => part !== "train");
  if (other.length === 0) return undefined;
  const index = buildIndex(other.map(({ text }) => text));
  return {
    auditor: new Auditor(index, { ...options, neighbours: 1, cueTexts: 0 }),
    partOf: (source) => other[source]!.part,
  };
}

/** Why a model cannot be asked how likely texts are, nor to complete them; undefined where it can. */
const unaskable = ({ model }: LanguageModel): string | undefined =>
  model.predicts === "each"
    ? undefined
    : `A ${model.config.model_type} does not predict each token of a text from those before it.`;

/** Every text of the source and the part that it is in, the training part first. */
function placesOf({ splits, droppedTexts = [] }: Source) {
  const parts = (["train", "validation", "test"] as const).flatMap((part) =>
    splits[part].map((text) => ({ text, part: part as string })),
  );
  return [...parts, ...droppedTexts.map(({ text, reason }) => ({ text, part: reason }))];
}

/** What a part of the source is called in a sentence. */
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
  const beside = given
    ? "the texts of --baseline"
    : "the held-out parts of the data, looked up in its training part";
  if (everywhere) {
    const all = Object.entries(parts);
    return [
      `The texts were looked up in all ${texts} of the source${all.length > 0 ? `; found: ${counted(all)}` : ""}.`,
      `The baseline is ${beside}.`,
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
    ...(given ? [`The baseline is ${beside}.`] : []),
  ];
}

/** Texts that are looked through for each one that is to be asked about. */
const LOOKED_THROUGH = 10;

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
  // Most texts fit, so that a part of many is enough to look through.
  const some = (texts: readonly string[]) => {
    const found = evenly(texts, LOOKED_THROUGH * asked).filter(fits);
    return evenly(found.length < asked ? texts.filter(fits) : found, asked);
  };
  return { training: some(training), heldout: some(heldOut) };
}

/** All texts of files or other sources as they stand, behind their prompts: no cleaning, nothing dropped. */
export async function readTexts(
  sources: readonly string[],
  { separator, ...options }: SourceOptions & { readonly separator?: string | undefined } = {},
): Promise<string[]> {
  const texts: string[] = [];
  for (const name of sources) {
    const source = await openSource(name, options, sourceKinds);
    for await (const { texts: some, prompts } of source.batches())
      for (const [i, text] of some.entries())
        texts.push(prompts?.[i] ? joinPrompt(prompts[i], text, separator).text : text);
  }
  return texts;
}
