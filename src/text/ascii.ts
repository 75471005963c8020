/** The nearest ASCII of typographic marks and of Latin letters with accents. */

/** Marks on the left of each line become the ASCII on its right. */
const marks: readonly (readonly [string, string])[] = [
  ["\u2018\u2019\u201a\u201b\u2032\u2035\u02b9\u02bb\u02bc\u02bd\u02c8\u00b4\u2039\u203a", "'"],
  ["\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u3003\u02ba", '"'],
  ["\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63", "-"],
  ["\u2022\u2023\u00b7\u2219\u25cf\u25e6", "*"],
  ["\u2024", "."],
  ["\u2025", ".."],
  ["\u2026", "..."],
  ["\u203c", "!!"],
  ["\u2044\u2215\u00f7", "/"],
  ["\u00d7", "x"],
  ["\u2264", "<="],
  ["\u2265", ">="],
  ["\u2190", "<-"],
  ["\u2192", "->"],
  ["\u00a9", "(c)"],
  ["\u00ae", "(R)"],
  ["\u2122", "(TM)"],
  ["\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "],
  ["\u0085\u2028\u2029", "\n"],
];

/** Letters that Unicode does not decompose into an ASCII letter and a mark. */
const letters: readonly (readonly [string, string])[] = [
  ["\u00e6", "ae"],
  ["\u00c6", "AE"],
  ["\u0153", "oe"],
  ["\u0152", "OE"],
  ["\u00df", "ss"],
  ["\u1e9e", "SS"],
  ["\u00f8", "o"],
  ["\u00d8", "O"],
  ["\u0142", "l"],
  ["\u0141", "L"],
  ["\u0111\u00f0", "d"],
  ["\u0110\u00d0", "D"],
  ["\u00fe", "th"],
  ["\u00de", "Th"],
  ["\u0131", "i"],
  ["\u0127", "h"],
  ["\u0126", "H"],
];

const tableOf = (rows: readonly (readonly [string, string])[]) =>
  new Map(rows.flatMap(([from, to]) => [...from].map((character) => [character, to] as const)));

const markTable = tableOf(marks);
const letterTable = tableOf(letters);

const beyondAscii = /[^\0-\x7f]/g;

/** Quotes, dashes, ellipses, bullets and spaces of any width as ASCII; other characters stay. */
export function foldTypography(text: string): string {
  return text.replace(beyondAscii, (character) => markTable.get(character) ?? character);
}

/**
 * Letters without their accents, ligatures and full-width forms spelled out (Unicode's compatibility
 * decomposition, NFKD); characters that have no ASCII form, such as emoji and other scripts, stay as they are.
 */
export function foldAccents(text: string): string {
  if (text.search(beyondAscii) < 0) return text;
  let out = "";
  for (const cluster of text.normalize("NFC")) {
    if (cluster < "\x80") out += cluster;
    else out += letterTable.get(cluster) ?? asciiOf(cluster) ?? cluster;
  }
  return out;
}

/** The ASCII part of a character's decomposition, or undefined where it has none but marks. */
function asciiOf(character: string): string | undefined {
  const base = foldTypography(character.normalize("NFKD")).replace(/\p{M}+/gu, "");
  return base !== "" && base.search(beyondAscii) < 0 ? base : undefined;
}
