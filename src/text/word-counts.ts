/**
 * How often each word is seen, in memory that does not grow with the text. There is room for a million different words, far
 * more than a vocabulary keeps; a text with more of them drops the rarest.
 *
 * Source: Manku and Motwani, "Approximate frequency counts over data streams" (VLDB 2002), section 4.2, lossy counting;
 * here a round ends when the room is full instead of after a fixed number of words.
 */

/** Different words, and their characters, before the rarest are dropped. */
const [MOST_WORDS, MOST_CHARACTERS] = [1_000_000, 12_000_000];

/** Longer words refer to the text that they were cut from, and keep it in memory, unless they are copied. */
const CUT = 12;
const copied = (word: string): string => (word.length > CUT ? Array.from(word).join("") : word);

export class WordCounts {
  readonly #counts = new Map<string, number>();
  readonly #mostWords: number;
  readonly #mostCharacters: number;
  readonly #onNew: (word: string) => void;
  #characters = 0;
  #error = 0;

  /** @param onNew is called with each word that is not there yet, also again where it was dropped */
  constructor({ words = MOST_WORDS, characters = MOST_CHARACTERS, onNew = (_: string): void => {} } = {}) {
    this.#onNew = onNew;
    this.#mostWords = words;
    this.#mostCharacters = characters;
  }

  /** By how much a count can be too high, and how often at most a word was seen that is not there. 0: all are exact. */
  get error(): number {
    return this.#error;
  }

  add(word: string): void {
    const count = this.#counts.get(word);
    if (count !== undefined) {
      this.#counts.set(word, count + 1);
      return;
    }
    // It may have been seen before, and dropped.
    const own = copied(word);
    this.#counts.set(own, this.#error + 1);
    this.#onNew(own);
    this.#characters += word.length;
    while (this.#counts.size > this.#mostWords || this.#characters > this.#mostCharacters) this.#dropRarest();
  }

  /** Each word with its count, in the order in which they were first seen. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  #dropRarest(): void {
    this.#error++;
    for (const [word, count] of this.#counts) {
      if (count > this.#error) continue;
      this.#counts.delete(word);
      this.#characters -= word.length;
    }
  }
}
