/**
 * The alphabet of byte-level BPE (Radford et al. 2019, "Language Models are Unsupervised Multitask
 * Learners", section 2.2, and its published encoder): each byte is written as one printable character, so
 * that a vocabulary is a list of strings. Printable Latin-1 bytes are written as themselves, the other 68 as the
 * characters from U+0100 on; a blank is `Ġ`, a line feed `Ċ`.
 */

const printable = [range(0x21, 0x7e), range(0xa1, 0xac), range(0xae, 0xff)].flat();
const others = range(0, 255).filter((byte) => !printable.includes(byte));

/** The 256 byte characters in the order of GPT-2's vocabulary: `!` is 0. */
export const byteAlphabet: readonly string[] = [
  ...printable.map((byte) => String.fromCharCode(byte)),
  ...others.map((_, i) => String.fromCharCode(256 + i)),
];

/** The byte of each character of {@link byteAlphabet}. */
export const alphabetBytes: readonly number[] = [...printable, ...others];

/** The character of each byte, by its value. */
export const byteCharacters: readonly string[] = range(0, 255).map(
  (byte) => byteAlphabet[alphabetBytes.indexOf(byte)]!,
);

/**
 * How GPT-2 cuts text into the words inside which pairs may merge: contractions, letters, digits and other
 * signs, each with a blank before it, and runs of white space, the last blank of which goes with what follows.
 */
export const gpt2Words = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
