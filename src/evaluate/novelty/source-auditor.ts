/** Auditors of prepared data: its training texts, and the texts of the source that no model was trained on. */
import type { PreparedData } from "../../data/prepare.ts";
import { piecesOfText } from "../pieces.ts";
import { type AuditOptions, located } from "./audit.ts";
import { Auditor, type AuditorOptions, type Judge } from "./auditor.ts";
import { openIndex } from "./index-file.ts";
import { buildIndex, type TrainingIndex } from "./training-index.ts";

/** The parts of prepared data that samples are looked up in. */
export type AuditedSource = Pick<PreparedData, "splits" | "droppedTexts">;

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
  const auditor = await noveltyAuditor(data.splits.train, options);
  const elsewhere = elsewhereOf(data, options);
  const judge: Judge["judge"] = (text, prompt) => located(auditor.judge(text, prompt), { elsewhere });
  return { judge, audit: (text, prompt) => judge(text, prompt).audited };
}

/** The index of some training texts, kept in a file where one is given. */
export const noveltyIndex = async (
  training: readonly string[],
  file: string | undefined,
): Promise<TrainingIndex> =>
  file === undefined ? buildIndex(training) : (await openIndex(file, training)).index;

/** The auditor of the parts of the source that a model was not trained on; undefined where there are none. */
export function elsewhereOf(data: AuditedSource, options: AuditorOptions = {}): AuditOptions["elsewhere"] {
  const other = textsByPart(data).filter(({ part }) => part !== "train");
  if (other.length === 0) return undefined;
  const index = buildIndex(other.map(({ text }) => text));
  return {
    auditor: new Auditor(index, { ...options, neighbours: 1, cueTexts: 0 }),
    partOf: (source) => other[source]!.part,
  };
}

/** Every text of the source with its part, the training part first; dropped texts have their reason as part. */
export function textsByPart({ splits, droppedTexts = [] }: AuditedSource) {
  const parts = (["train", "validation", "test"] as const).flatMap((part) =>
    splits[part].map((text) => ({ text, part: part as string })),
  );
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
