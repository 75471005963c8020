/**
 * The cloze that models are compared on: a text with one gap, which a masked model reads whole and a causal model up
 * to the gap; or a text for each of the two.
 *
 * @example
 * readCloze("The fox jumped over the [MASK] dog."); // { left: "The fox jumped over the", right: " dog." }
 */
import { UsageError } from "../core/errors.ts";
import { foldTypography } from "../text/ascii.ts";

export interface Cloze {
  /** What comes before the gap, without the space at its end. */
  readonly left: string;
  /** What comes after it; undefined where the text has no gap and is a complete sentence. */
  readonly right: string | undefined;
  /** What masked models read instead, where they have a text of their own. */
  readonly masked?: Cloze;
}

/**
 * The text where none is given: Aesop's fox, up to the gap for a model that goes on and with the gap for one that
 * fills it. Its best-known answer is "air".
 */
export const defaultText =
  "A hungry fox had been looking for his dinner since the morning, and hadn’t found a thing. " +
  "When his stomach growled so loudly that the birds flew up, he came to a garden, and over its wall hung a vine. " +
  "It was heavy with grapes, the roundest and darkest that he’d seen in all his life, and they smelled as sweet as honey. " +
  "“Those will be mine,” said the fox. But the vine hung far above his nose. " +
  "To get at the grapes, the fox had to jump high in the [MASK].";

const GAP = /\[MASK\]|<mask>|_{3,}/gi;

/**
 * Finds the gap, written `[MASK]`, `<mask>` or `___`; line breaks become spaces. A text without a gap has it at its end,
 * unless the text is a complete sentence. Of two texts, masked models read the one with the gap and the others the one
 * without.
 * @param given one text or two; none for the default
 * @throws UsageError where a text is empty or has several gaps, or two texts are not such a pair
 */
export function readCloze(given: string | readonly string[]): Cloze {
  const texts = typeof given === "string" ? [given] : given;
  const [first, ...others] = texts.map(readText);
  if (first === undefined) return readText(defaultText).cloze;
  if (others.length === 0) return first.cloze;
  const [own, masked] = first.gap ? [others[0]!, first] : [first, others[0]!];
  if (others.length > 1 || own.gap || !masked.gap) {
    throw new UsageError(
      "Models are compared on one text, or on two of which one has a [MASK], for models that fill it, and the other has none, for models that go on.",
      { option: "text", value: texts },
    );
  }
  return { ...own.cloze, masked: masked.cloze };
}

export const clozeFor = (kind: string, cloze: Cloze): Cloze =>
  kind === "masked" ? (cloze.masked ?? cloze) : cloze;

/** The same with typographic quotes and dashes as plain ones, which every vocabulary has. */
export const withPlainQuotes = ({ left, right }: Cloze): Cloze => ({
  left: foldTypography(left),
  right: right === undefined ? undefined : foldTypography(right),
});

export const textFor = (kind: string, { left, right }: Cloze): string =>
  kind === "masked" ? `${left} [MASK]${right ?? ""}` : left;

function readText(text: string): { readonly cloze: Cloze; readonly gap: boolean } {
  const plain = text.replace(/\s*\n\s*/g, " ").trim();
  if (plain === "")
    throw new UsageError("The text to compare on is empty; give one with a [MASK] in it.", {
      option: "text",
      value: text,
    });
  const [left = "", ...rights] = plain.split(GAP);
  if (rights.length > 1) {
    throw new UsageError(
      `The text has ${rights.length} blanks; models are compared on one, so leave a single [MASK].`,
      { option: "text", value: text },
    );
  }
  if (rights.length === 1) return { cloze: { left: left.trimEnd(), right: rights[0]!.trimEnd() }, gap: true };
  return {
    cloze: { left: plain, right: /[.!?]["'\u2019\u201d)\]]*$/.test(plain) ? undefined : "." },
    gap: false,
  };
}
