/**
 * The blank that models are compared on: a text with one gap, which a masked model reads whole and a causal
 * model up to the gap; or a text for each of the two.
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
  /** What masked models read in its place, where they were given a text of their own. */
  readonly masked?: Blank;
}

/**
 * What the models are asked where no text is given: Aesop's fox, in two forms, for a model that goes on and for one
 * that fills gaps. Its best-known answer is "air".
 */
export const defaultText =
  "A hungry fox had been looking for his dinner since the morning, and hadn’t found a thing. " +
  "When his stomach growled so loudly that the birds flew up, he came to a garden, and over its wall hung a vine. " +
  "It was heavy with grapes, the roundest and darkest that he’d seen in all his life, and they smelled as sweet as honey. " +
  "“Those will be mine,” said the fox. But the vine hung far above his nose. " +
  "To get at the grapes, the fox had to jump high in the [MASK].";

const GAP = /\[MASK\]|<mask>|_{3,}/gi;

/**
 * Finds the gap, written `[MASK]`, `<mask>` or `___`; line breaks become spaces. A
 * text without a gap that stops in the middle of a sentence has it at its end; one that is complete has none. Of two
 * texts, masked models read the one with the gap and the others the one without.
 * @param given one text or two; none for the default
 * @throws UsageError where a text is empty or has several gaps, or two texts are not such a pair
 */
export function readBlank(given: string | readonly string[]): Blank {
  const texts = typeof given === "string" ? [given] : given;
  const [first, ...others] = texts.map(readOne);
  if (first === undefined) return readOne(defaultText).blank;
  if (others.length === 0) return first.blank;
  const [own, masked] = first.gap ? [others[0]!, first] : [first, others[0]!];
  if (others.length > 1 || own.gap || !masked.gap) {
    throw new UsageError(
      "Models are compared on one text, or on two of which one has a [MASK], for models that fill it, and the other has none, for models that go on.",
      { texts },
    );
  }
  return { ...own.blank, masked: masked.blank };
}

/** What a model of a kind reads. */
export const blankFor = (kind: string, blank: Blank): Blank =>
  kind === "masked" ? (blank.masked ?? blank) : blank;

/** The same with typographic quotes and dashes as plain ones, which every vocabulary has. */
export const withPlainQuotes = ({ left, right }: Blank): Blank => ({
  left: foldTypography(left),
  right: right === undefined ? undefined : foldTypography(right),
});

function readOne(text: string): { readonly blank: Blank; readonly gap: boolean } {
  const plain = text.replace(/\s*\n\s*/g, " ").trim();
  if (plain === "") throw new UsageError("The text to compare on is empty; give one with a [MASK] in it.");
  const [left = "", ...rights] = plain.split(GAP);
  if (rights.length > 1) {
    throw new UsageError(
      `The text has ${rights.length} blanks; models are compared on one, so leave a single [MASK].`,
      { text },
    );
  }
  if (rights.length === 1) return { blank: { left: left.trimEnd(), right: rights[0]!.trimEnd() }, gap: true };
  return {
    blank: { left: plain, right: /[.!?]["'\u2019\u201d)\]]*$/.test(plain) ? undefined : "." },
    gap: false,
  };
}
