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

/** Characters around a word that are kept on either side, where the whole work is its context: more than 256 pieces. */
const REACH = 3000;

export interface HideOptions {
  /** Whether all is put in lower case. Default true. */
  readonly lower?: boolean;
  /** What is around a word: its paragraph, or the paragraphs of its document before and after it too. Default paragraph. */
  readonly context?: "paragraph" | "document";
}

/** Words of letters, each of another paragraph where there are enough, and no part of one with an apostrophe. */
export function hideWords(
  text: string,
  count: number,
  random: Random,
  { lower = true, context = "paragraph" }: HideOptions = {},
): Hidden[] {
  const paragraphs = (lower ? text.toLowerCase() : text)
    .split("<|endoftext|>")
    .map((document) => document.split(/\n\s*\n/).map((paragraph) => paragraph.replace(/\s+/g, " ").trim()))
    .flatMap((document) => document.map((paragraph, at) => ({ paragraph, document, at })))
    .filter(({ paragraph }) => wordsOf(paragraph).length >= FEWEST);
  const hidden: Hidden[] = [];
  for (let k = 0; k < count && paragraphs.length > 0; k++) {
    // Evenly over all works.
    const { paragraph, document, at } = paragraphs[Math.floor((k * paragraphs.length) / count)]!;
    const words = [...paragraph.matchAll(/(?<![\w'])[a-z]+(?![\w'])/gi)];
    if (words.length === 0) continue;
    const { 0: word, index } = words[random.below(words.length, k)]!;
    const [before, after] =
      context === "paragraph"
        ? ["", ""]
        : [
            document.slice(0, at).join(" ").slice(-REACH),
            document
              .slice(at + 1)
              .join(" ")
              .slice(0, REACH),
          ];
    const left = `${before} ${paragraph.slice(0, index)}`.trim();
    const right = `${paragraph.slice(index + word.length)} ${after}`.trim();
    hidden.push({ word, left, right, before: wordsOf(left).reverse(), after: wordsOf(right) });
  }
  return hidden;
}
