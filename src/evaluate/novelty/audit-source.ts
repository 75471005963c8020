/** Which of some texts repeat those that a model was trained on. Runs in a browser. */
import { checkOptions, option, optionNames } from "../../core/options.ts";
import { turns } from "../../core/turns.ts";
import type { PreparedData } from "../../data/prepare.ts";
import { type AuditOptions, auditSamples, type NoveltyAudit } from "./audit.ts";
import { type AuditedSource, elsewhereOf, placesOf, textsByPart, textsOf } from "./source-texts.ts";
import { buildIndex, type TrainingIndex } from "./training-index.ts";

export interface SourceAuditOptions extends Omit<AuditOptions, "heldOut" | "train" | "beginnings"> {
  /** The data to look samples up in; its held-out parts are the baseline. */
  readonly data: AuditedSource & Pick<PreparedData, "kind">;
  /**
   * Whether a copy of any part of the source counts, as for texts that were not written by a model of it. Default
   * false: only copies of the training part count, and those of another part are reported as such.
   */
  readonly everywhere?: boolean | undefined;
  /** Other real texts for the baseline. Default: the held-out parts of the data. */
  readonly baseline?: readonly string[] | undefined;
  /** The index of the training texts, where there is one already. Default: it is built. */
  readonly index?: TrainingIndex | undefined;
}

const sourceAuditNames = optionNames<keyof SourceAuditOptions>()(
  "rule neighbours cueWords cueTexts placeOf prompt partOf elsewhere baselineIndex baselineSize noun onProgress signal judgeTexts data everywhere baseline index",
);

export interface SourceAudit extends NoveltyAudit {
  /** Where the texts and the baseline were looked up, and what was found outside the training part, in sentences. */
  readonly notes: readonly string[];
}

/** Whether there is a word in a text, without which it cannot be judged. */
export const hasWord = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);

/** Audits samples against the training texts, or against all texts of the source. */
export async function auditSource(
  samples: readonly string[],
  options: SourceAuditOptions,
): Promise<SourceAudit> {
  const { data, everywhere = false, baseline, index, ...audit } = checkOptions(options, sourceAuditNames);
  const places = textsByPart(data);
  const turn = turns(audit.signal);
  const elsewhere = everywhere ? undefined : elsewhereOf(data, audit);
  await turn();
  const searched = everywhere
    ? buildIndex(places.map(({ text }) => text))
    : (index ?? buildIndex(data.splits.train));
  await turn();
  const { training, heldOut } = textsOf(data);
  const { cues, ...found } = await auditSamples(samples, searched, {
    ...audit,
    placeOf: audit.placeOf ?? placesOf(data),
    heldOut: baseline ?? heldOut,
    beginnings: baseline ?? [...data.splits.validation, ...data.splits.test],
    train: training,
    baselineSize: 500,
    partOf: everywhere ? (source) => places[source]!.part : undefined,
    baselineIndex: everywhere && !baseline ? buildIndex(data.splits.train) : undefined,
    elsewhere,
  });
  return {
    // One continuous text has one beginning.
    ...(data.kind === "text" ? found : { ...found, cues }),
    notes: notesOf(found.parts, places.length, everywhere, baseline !== undefined),
  };
}

/** The names of parts in sentences. */
const partNames: Readonly<Record<string, string>> = {
  train: "the training part",
  validation: "the validation part",
  test: "the test part",
  duplicate: "what was dropped as a duplicate",
  near_duplicate: "what was dropped as a near duplicate",
  attack_on_a_group: "what was left out for attacking a group of people",
  not_for_a_classroom: "what was left out as not fit for a classroom",
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
