/**
 * Untrusted text (from a model, a file, a server), made safe for a terminal or a sentence: a terminal obeys
 * control characters, and marks of direction reorder the text around them.
 */

/** Control characters, line and paragraph separators, and the marks and overrides of direction (UAX 9). */
const obeyed = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text with its control characters as `\x1b`; line feeds and tabs stay. */
export function printable(text: string): string {
  return text.replace(obeyed, (c) => {
    if (c === "\n" || c === "\t") return c;
    const code = c.codePointAt(0)!.toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}

/** Text on one line with its control characters as `\x1b`; line feeds and tabs become spaces. */
export function visible(text: string): string {
  return printable(text.replace(/[\n\t\r]+/g, " "));
}

/** The beginning of a text on one line, for a sentence that quotes it. */
export function excerpt(text: string, most = 100): string {
  const line = visible(text.slice(0, most + 1).replace(/\s+/g, " ")).trim();
  return text.length > most ? `${line.slice(0, most)}…` : line;
}

/** Signs for white space, as a token of a vocabulary is shown. */
export const whiteSpaceSigns: Readonly<Record<string, string>> = { " ": "␣", "\n": "⏎", "\t": "⇥" };

/** A token on one line, with a sign or its code for everything that takes no room. */
export function visibleToken(token: string): string {
  return Array.from(printable(token), (letter) => {
    const sign = whiteSpaceSigns[letter];
    if (sign !== undefined) return sign;
    if (/\p{Cf}|\p{Variation_Selector}/u.test(letter))
      return `\\u${letter.codePointAt(0)!.toString(16).padStart(4, "0")}`;
    return letter;
  })
    .join("")
    .replace(/^(?=\p{M})/u, "◌");
}
