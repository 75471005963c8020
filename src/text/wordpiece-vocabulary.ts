/**
 * A vocabulary for BERT's WordPiece made from texts: the commonest words whole, and every character both at the
 * beginning of a word and inside one, so that nothing is unknown. Words are as BERT splits them: without case,
 * each punctuation mark on its own. Runs in a browser.
 *
 * The published vocabularies also have pieces longer than a character inside words (Schuster and Nakajima 2012);
 * a small vocabulary spends its ids better on whole words.
 *
 * @example
 * const files = wordPieceFiles(wordPieceVocabulary(jokes, 2048), { do_lower_case: true });
 */
import { UsageError } from "../core/errors.ts";
import { WordCounts } from "./word-counts.ts";

const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;
const pieces = /[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu;

/**
 * @param size ids in all; at least those that spell every word letter by letter
 * @returns the text of a `vocab.txt`: one token a line, equal frequencies in alphabetical order
 * @throws UsageError where `size` is too small for the characters of `texts`
 */
export function wordPieceVocabulary(texts: Iterable<string>, size: number): string {
  const seen = new Set<string>();
  const words = new WordCounts({
    onNew: (word) => {
      for (const character of word) seen.add(character);
    },
  });
  for (const text of texts) for (const word of text.toLowerCase().match(pieces) ?? []) words.add(word);
  const { counts } = words;
  const characters = [...seen].sort();
  const spelling = characters.flatMap((c) => [c, `##${c}`]);
  const room = size - special.length - spelling.length;
  if (room < 0) {
    throw new UsageError(
      `A WordPiece vocabulary of ${size} is too small for these texts; their characters alone need ${special.length + spelling.length}.`,
      { option: "vocabularySize", value: size },
    );
  }
  const whole = [...counts]
    .filter(([word]) => [...word].length > 1)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, room)
    .map(([word]) => word);
  return `${[...special, ...spelling, ...whole].join("\n")}\n`;
}
