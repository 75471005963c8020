/**
 * The blank that models are compared on: a text with one gap, which a masked model reads whole and a causal
 * model up to the gap.
 *
 * @example
 * readBlank("The fox jumped over the [MASK] dog."); // { left: "The fox jumped over the", right: " dog." }
 */
import { UsageError } from "../core/errors.ts";
import { foldTypography } from "../text/ascii.ts";

export interface Blank {
  /** What stands before the gap, without the space at its end. */
  readonly left: string;
  /** What stands after it; undefined where the text has no gap and none can be supposed at its end. */
  readonly right: string | undefined;
}

/** What the models are asked where no text is given. Its best-known answer is "air". */
export const defaultText =
  "The hungry fox saw a fat bird on a branch, and to catch its dinner it had to jump high in the [MASK].";

const GAP = /\[MASK\]|<mask>|_{3,}/gi;

/**
 * Finds the gap, written `[MASK]`, `<mask>` or `___`; typographic quotes become plain ones. A text without a gap
 * that stops in the middle of a sentence has it at its end; one that is complete has none.
 * @throws UsageError where the text is empty or has several gaps
 */
export function readBlank(text: string): Blank {
  const plain = foldTypography(text).trim();
  if (plain === "") throw new UsageError("The text to compare on is empty; give one with a [MASK] in it.");
  const [left = "", ...rights] = plain.split(GAP);
  if (rights.length > 1) {
    throw new UsageError(
      `The text has ${rights.length} blanks; models are compared on one, so leave a single [MASK].`,
      { text },
    );
  }
  if (rights.length === 1) return { left: left.trimEnd(), right: rights[0]!.trimEnd() };
  return { left: plain, right: /[.!?]["')\]]*$/.test(plain) ? undefined : "." };
}
