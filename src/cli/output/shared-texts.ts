/** Texts beside those of the training data that they share something with, for `novelty` and `sample --check`. */
import { visible } from "../../core/printable.ts";
import type { AuditedText } from "../../evaluate/novelty/auditor.ts";
import { COMMON, type Stretch } from "../../evaluate/novelty/cue.ts";
import {
  cueInWords,
  type Likeness,
  likenessOf,
  placeInWords,
  tellingNearest,
} from "../../evaluate/novelty/finding.ts";
import type { Context } from "../context.ts";
import { wrap } from "./layout.ts";
import { readable } from "./print.ts";

/** Most training texts shown beside one text. */
const SHOWN = 3;
/** Most characters of a text. */
const LONGEST = 400;

/** What marks are, for the line above the texts. */
export const marksNote = ({ style }: Context): string =>
  `${style.isColorSupported ? style.underline("Underlined") : "[In brackets]"}: what the training data has word for word.`;

/**
 * One text with what it shares marked in it, what it is called, and the training texts that begin like it, each with its
 * place in the source.
 * @param number before the text; undefined for a single one
 */
export function printShared(ctx: Context, sample: AuditedText, number?: number): void {
  const { cue, same_cue_count, cue_matches, spans, copy, part, place } = sample;
  const first = cue_matches[0];
  const own: Stretch[] = spans.map(({ start, end }) => [start, end]);
  const lead = number === undefined ? "" : `${number}. `;
  const indent = " ".repeat(lead.length);
  const columns = readable(ctx);
  const hanging = (head: string, text: string) =>
    ctx.print(
      wrap(text, columns - head.length)
        .map((line, i) => (i === 0 ? head : " ".repeat(head.length)) + line)
        .join("\n"),
    );
  hanging(lead, markedText(ctx, sample.text, first ? [...own, first.in_sample] : own));

  const likeness = likenessOf(sample);
  const nearest = tellingNearest(sample);
  const alike = nearest ? `, the nearest text is ${percent(nearest.similarity)} alike` : "";
  const found = copy || part !== undefined ? ` (${placeInWords(place)})` : alike;
  hanging(indent, `${ctx.style.bold(called(likeness, sample))}${found}`);
  const shown = cue_matches.slice(0, SHOWN);
  if (nearest && !shown.some(({ source }) => source === nearest.source))
    listed(nearest.text, [], nearest.place);
  const longer = first !== undefined && first.words > cue.split(" ").length;
  const ending =
    same_cue_count === 0
      ? "."
      : first === undefined
        ? same_cue_count < COMMON
          ? same_cue_count === 1
            ? ", and shares no whole word with it."
            : ", and share no whole word with it."
          : ", too many to tell anything."
        : shown.length === same_cue_count
          ? ":"
          : longer
            ? "; the closest:"
            : ", such as:";
  if (cue !== "") hanging(indent, visible(cueInWords(sample)) + ending);
  for (const { text, in_text, place: where } of shown) listed(text, [in_text], where);

  function listed(text: string, marks: readonly Stretch[], where: AuditedText["place"]): void {
    const at = ctx.style.dim(placeInWords(where).replaceAll(" ", "\u00a0"));
    hanging(`${indent}- `, `${markedText(ctx, text, marks)} (${at})`);
  }
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

function called(likeness: Likeness, { copy_kind, part }: AuditedText): string {
  const where = part === undefined || part === "train" ? "" : `, ${part.replaceAll("_", " ")}`;
  const kinds = { exact: "copy of a whole text", near: "near copy", span: "copy in long spans" } as const;
  const names = { new: "new", close: "close", known: "not new", copy: kinds[copy_kind ?? "exact"] } as const;
  return names[likeness] + where;
}

/** A text, cut where it is long, with stretches of it marked. */
function markedText(ctx: Context, text: string, stretches: readonly Stretch[]): string {
  const cut = text.length > LONGEST ? text.slice(0, LONGEST) : text;
  const sorted = [...stretches].sort(([a], [b]) => a - b);
  let [at, shown] = [0, ""];
  for (const [i, [start, end]] of sorted.entries()) {
    const from = Math.max(at, start);
    // Stretches that touch or overlap are one.
    let to = end;
    for (const [next, last] of sorted.slice(i + 1)) if (next <= to) to = Math.max(to, last);
    to = Math.min(to, cut.length);
    if (to <= from) continue;
    shown += visible(cut.slice(at, from)) + marked(ctx, visible(cut.slice(from, to)));
    at = to;
  }
  return (shown + visible(cut.slice(at))).trim() + (cut === text ? "" : "…");
}

/** Underlined, each word for itself as lines are broken between them; in brackets where there are no styles. */
function marked({ style }: Context, text: string): string {
  if (!style.isColorSupported) return `[${text}]`;
  return text.replace(/[^ ]+/g, (word) => style.underline(word));
}
