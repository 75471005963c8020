/** Words of works to hide: drawn at random, each in a paragraph of its own. */
import type { Random } from "../../src/core/random.ts";

export interface Hidden {
  readonly word: string;
  /** What stands before it in its paragraph. */
  readonly left: string;
  readonly right: string;
  /** The words on both sides, nearest first. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Words and signs of a text in lower case, divided as BERT divides it before it cuts words into pieces. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(WORDS) ?? [];

const WORDS = /[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu;
/** Fewer words than this around a word tell nothing. */
const FEWEST = 12;

/**
 * Words of letters, each of another paragraph where there are enough, and no part of one with an apostrophe.
 * @param lower whether all is put in lower case
 */
export function hideWords(text: string, count: number, random: Random, lower = true): Hidden[] {
  const paragraphs = (lower ? text.toLowerCase() : text)
    .split(/\n\s*\n|<\|endoftext\|>/)
    .map((paragraph) => paragraph.replace(/\s+/g, " ").trim())
    .filter((paragraph) => wordsOf(paragraph).length >= FEWEST);
  const hidden: Hidden[] = [];
  for (let k = 0; k < count && paragraphs.length > 0; k++) {
    // Evenly over all works.
    const paragraph = paragraphs[Math.floor((k * paragraphs.length) / count)]!;
    const words = [...paragraph.matchAll(/(?<![\w'])[a-z]+(?![\w'])/gi)];
    if (words.length === 0) continue;
    const { 0: word, index } = words[random.below(words.length, k)]!;
    const [left, right] = [
      paragraph.slice(0, index).trimEnd(),
      paragraph.slice(index + word.length).trimStart(),
    ];
    hidden.push({ word, left, right, before: wordsOf(left).reverse(), after: wordsOf(right) });
  }
  return hidden;
}
