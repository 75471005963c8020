/**
 * The texts of prepared data as audits need them: with their part and place, and those that no model was trained on. Runs
 * in a browser.
 */
import type { PreparedData } from "../../data/prepare.ts";
import { placeOf, type TextPlace } from "../../data/rows.ts";
import { splitNames } from "../../data/split.ts";
import { piecesOfText } from "../pieces.ts";
import type { AuditOptions } from "./audit.ts";
import { Auditor, type AuditorOptions } from "./auditor.ts";
import { buildIndex } from "./training-index.ts";

/** The parts of prepared data that samples are looked up in. */
export type AuditedSource = Pick<PreparedData, "splits" | "droppedTexts" | "rows">;

/** The auditor of the parts of the source that a model was not trained on; undefined where there are none. */
export function elsewhereOf(data: AuditedSource, options: AuditorOptions = {}): AuditOptions["elsewhere"] {
  const other = textsByPart(data).filter(({ part }) => part !== "train");
  if (other.length === 0) return undefined;
  const index = buildIndex(other.map(({ text }) => text));
  const places = placesOf(data);
  const before = data.splits.train.length;
  const placeOf = (source: number) => places(before + source);
  return {
    auditor: new Auditor(index, { ...options, neighbours: 1, cueTexts: 0, placeOf }),
    partOf: (source) => other[source]!.part,
  };
}

/**
 * Where the texts of {@link textsByPart}, and so the training texts, stand in their source; null where that is not known.
 */
export function placesOf({
  splits,
  droppedTexts = [],
  rows,
}: AuditedSource): (source: number) => TextPlace | null {
  if (rows === undefined) return () => null;
  const ofSplits = splitNames.map((name) => [splits[name], rows.splits[name]] as const);
  const all = [...ofSplits, [droppedTexts, rows.dropped] as const];
  return (source) => {
    let i = source;
    for (const [texts, numbers] of all) {
      // Splits that were changed after the reading have other texts than rows.
      if (i < texts.length) return texts.length === numbers.length ? placeOf(rows, numbers[i]!) : null;
      i -= texts.length;
    }
    return null;
  };
}

/** Every text of the source with its part, the training part first; dropped texts have their reason as part. */
export function textsByPart({ splits, droppedTexts = [] }: AuditedSource) {
  const parts = splitNames.flatMap((part) => splits[part].map((text) => ({ text, part: part as string })));
  return [...parts, ...droppedTexts.map(({ text, reason }) => ({ text, part: reason }))];
}

/** Characters of the pieces in which one continuous text is judged: about those of a few jokes. */
const PIECE = 240;
/** A longer text is a document, such as a chapter: longer than most samples and than the context of a small model. */
const DOCUMENT = 1000;

/** The single texts of both sides; one continuous text, and documents, are cut into pieces. */
export function textsOf({ kind, splits }: Pick<PreparedData, "kind" | "splits">): {
  training: readonly string[];
  heldOut: readonly string[];
} {
  const { train, validation, test } = splits;
  const single = (texts: readonly string[]) =>
    texts.flatMap((text) => (kind === "text" || text.length > DOCUMENT ? piecesOfText(text, PIECE) : [text]));
  return { training: single(train), heldOut: single([...validation, ...test]) };
}
