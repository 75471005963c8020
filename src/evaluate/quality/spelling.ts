/**
 * The cost of spelling a word that the vocabulary lacks.
 *
 * A word model that predicts `<unk>` has not predicted which word it is; with the bits of its tokens alone, a model
 * would look better the smaller its vocabulary. So the bits of a text are those of its tokens plus, for each unknown
 * word, those of its letters under a model of how the vocabulary's own words are spelt (Mielke and Eisner 2019,
 * "Spell Once, Summon Anywhere", arXiv 1804.08205, section 3). The two together are a distribution over texts,
 * comparable with that of a character model.
 */
import type { Tokenizer } from "../../text/tokenizer.ts";
import { unknownWords } from "../../text/unknown-words.ts";
import { tokenise } from "../../text/words.ts";

/** Letters of context for each letter. */
const ORDER = 3;
/** All possible letters: the code points of Unicode, and the end of the word. */
const EVERY_LETTER = 0x110000 + 1;
const END = "";

export interface Spelling {
  /** Unknown words. */
  readonly words: number;
  /** Loss of their letters and ends; add it to the loss of the tokens. */
  readonly nats: number;
}

/** The unknown words of texts, by text; none where the vocabulary spells every text, as byte-level BPE does. */
export function spellUnknown(tokenizer: Tokenizer, texts: Iterable<string>): Spelling[] {
  let speller: Speller | undefined;
  return Array.from(texts, (text) => {
    const unknown = unknownOf(tokenizer, text);
    if (unknown.length > 0) speller ??= new Speller(vocabularyWords(tokenizer));
    return { words: unknown.length, nats: unknown.reduce((sum, word) => sum + speller!.nats(word), 0) };
  });
}

/** {@link spellUnknown} of all texts together. */
export function spellingOf(tokenizer: Tokenizer, texts: Iterable<string>): Spelling {
  const all = { words: 0, nats: 0 };
  for (const { words, nats } of spellUnknown(tokenizer, texts)) {
    all.words += words;
    all.nats += nats;
  }
  return all;
}

function unknownOf(tokenizer: Tokenizer, text: string): readonly string[] {
  if (tokenizer.kind === "word") return tokenise(text).filter((token) => tokenizer.id(token) === undefined);
  // In BERT's vocabulary a word has one [UNK] for all its letters, and a punctuation mark is a word of its own.
  return unknownWords(tokenizer, text).flatMap((word) =>
    word.split(/(\p{P})/u).filter((part) => unknownWords(tokenizer, part).length > 0),
  );
}

/** The words of the vocabulary; a piece that continues a word is spelt without its `##`. */
const vocabularyWords = (tokenizer: Tokenizer): string[] =>
  Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id)).map((token) =>
    tokenizer.kind === "word" ? token : token.replace(/^##(?=.)/s, ""),
  );

/** Letters after up to {@link ORDER} others, by counts interpolated after Witten and Bell (1991, method C). */
export class Speller {
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #totals = new Map<string, number>();

  /** @param words each once, whatever its frequency: unknown words resemble rare ones */
  constructor(words: Iterable<string>) {
    for (const word of words) {
      for (const [context, letter] of steps(word)) {
        for (let length = 0; length <= context.length; length++)
          this.#count(context.slice(context.length - length).join(""), letter);
      }
    }
  }

  /** -log p(word), its end included. */
  nats(word: string): number {
    let nats = 0;
    for (const [context, letter] of steps(word)) nats -= Math.log(this.probability(context, letter));
    return nats;
  }

  /** @param letter a code point, or "" for the end of the word */
  probability(context: readonly string[], letter: string): number {
    let probability = 1 / EVERY_LETTER;
    for (let length = 0; length <= context.length; length++) {
      const key = context.slice(context.length - length).join("");
      const found = this.#counts.get(key);
      if (!found) break;
      const total = this.#totals.get(key)!;
      probability = ((found.get(letter) ?? 0) + found.size * probability) / (total + found.size);
    }
    return probability;
  }

  #count(context: string, letter: string): void {
    let found = this.#counts.get(context);
    if (!found) {
      found = new Map();
      this.#counts.set(context, found);
    }
    found.set(letter, (found.get(letter) ?? 0) + 1);
    this.#totals.set(context, (this.#totals.get(context) ?? 0) + 1);
  }
}

/** Each letter of a word, and its end, with the letters before it; the first comes after a line break. */
function* steps(word: string): Generator<readonly [context: readonly string[], letter: string]> {
  const letters = ["\n", ...word, END];
  for (let i = 1; i < letters.length; i++) yield [letters.slice(Math.max(0, i - ORDER), i), letters[i]!];
}
