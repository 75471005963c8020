/**
 * The keystrokes that predictive typing saves, measured on texts that the model has not seen.
 *
 * Keystroke savings (Trnka & McCoy 2008, "Evaluating Word Prediction: Framing Keystroke Savings", ACL):
 *
 *     KS = (keys without prediction - keys with prediction) / keys without prediction
 *
 * Without prediction a text needs one key a character (code point); the key that sends it is counted in neither. With
 * prediction a typist who makes no mistake looks at the list before every key. Where a suggestion is what comes next
 * in the text, up to the end of a word, the typist takes it with one key; otherwise they type the next character. A
 * suggestion includes the space before its word, where one comes first. After it, the space before the next typed word
 * comes by itself, as on a telephone's keyboard.
 */
import { checkOptions, checkTexts, optionNames } from "../core/options.ts";
import { quantile } from "../core/quantile.ts";
import { CANDIDATES, rankByKeystrokesSaved, spaceComesFirst } from "../generate/keystrokes-saved.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { createSuggester, type Suggestion } from "../generate/suggest.ts";

export interface TypingOptions {
  /** Suggestions in the list. Default 3. */
  readonly n?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each text. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const typingOptionNames = optionNames<keyof TypingOptions>()("n signal onProgress");

export interface TypingQuality {
  readonly texts: number;
  readonly characters: number;
  /** Keys that the typist pressed. */
  readonly keys: number;
  /** Share of the keys saved by a list of `n` suggestions, any of which takes one key. */
  readonly keystrokes_saved: number;
  /** The same where only the first suggestion is shown. */
  readonly keystrokes_saved_first: number;
  /** Words: all that follow white space or begin a text. */
  readonly words: number;
  /** Share of these words that are the likeliest suggestion before any of their letters is typed. */
  readonly top1: number;
  /** Share that are among the three likeliest. */
  readonly top3: number;
  /** Milliseconds from a key to its list: median and 95th percentile. */
  readonly p50_ms: number;
  readonly p95_ms: number;
  /** For some texts, the first suggestion that saved most. */
  readonly examples: readonly TypingExample[];
}

export interface TypingExample {
  readonly typed: string;
  readonly completion: string;
  readonly probability: number;
}

const EXAMPLES = 6;

/** Types `texts` with the model's suggestions. @throws UsageError for masked models */
export async function evaluateTyping(
  lm: LanguageModel,
  texts: readonly string[],
  options: TypingOptions = {},
): Promise<TypingQuality> {
  checkTexts(texts);
  const { n = 3, signal, onProgress } = checkOptions(options, typingOptionNames);
  const suggester = createSuggester(lm);
  const wanted = CANDIDATES * Math.max(n, 3);
  const times: number[] = [];
  const typists = [new Typist(n), new Typist(1)] as const;
  const examples: TypingExample[] = [];
  let characters = 0;
  let words = 0;
  const hits = { first: 0, three: 0 };
  const list = async (typed: string): Promise<readonly Suggestion[]> => {
    const begun = performance.now();
    const { words: found } = await suggester.suggest(typed, { n: wanted, kinds: ["words"] });
    times.push(performance.now() - begun);
    return found;
  };
  try {
    await suggester.suggest(""); // Do not time the loading of the graphs.
    for (const [k, text] of texts.entries()) {
      let best: TypingExample | undefined;
      for (const typist of typists) typist.begin();
      for (let at = 0; at < text.length; at += characterAt(text, at).length) {
        signal?.throwIfAborted();
        const word = wordFrom(text, at);
        if (word === undefined && !typists.some((typist) => typist.at === at)) continue;
        const typed = text.slice(0, at);
        const suggestions = await list(typed);
        for (const typist of typists) typist.press(text, at, suggestions);
        const [shown] = rankByKeystrokesSaved(suggestions, 1);
        if (shown && comesNext(text, at, shown.text) && shown.text.length > (best?.completion.length ?? 2))
          best = { typed, completion: shown.text, probability: shown.probability };
        if (word === undefined) continue;
        words++;
        const [first] = suggestions;
        if (first?.text === word) hits.first++;
        if (suggestions.slice(0, 3).some((suggestion) => suggestion.text === word)) hits.three++;
      }
      characters += [...text].length;
      if (best && examples.length < EXAMPLES) examples.push(best);
      onProgress?.(k + 1, texts.length);
    }
  } finally {
    await suggester.release();
  }
  const sorted = Float64Array.from(times).sort();
  const timeAt = (share: number) => (sorted.length === 0 ? 0 : quantile(sorted, share));
  const saved = ({ keys }: Typist) => (characters - keys) / characters;
  const [typist, first] = typists;
  return {
    texts: texts.length,
    characters,
    keys: typist.keys,
    keystrokes_saved: saved(typist),
    keystrokes_saved_first: saved(first),
    words,
    top1: hits.first / words,
    top3: hits.three / words,
    p50_ms: timeAt(0.5),
    p95_ms: timeAt(0.95),
    examples,
  };
}

/** Takes the right suggestion where it is among the `n` shown, and types the next character otherwise. */
class Typist {
  readonly #n: number;
  /** Whether the last key took a suggestion. */
  #took = false;
  /** The place of the next key; the text before it is written. */
  at = 0;
  keys = 0;

  constructor(n: number) {
    this.#n = n;
  }

  begin(): void {
    this.at = 0;
    this.#took = false;
  }

  /** Presses one key, if the typist has come to `at`. */
  press(text: string, at: number, suggestions: readonly Suggestion[]): void {
    if (this.at !== at) return;
    const shown = rankByKeystrokesSaved(suggestions, this.#n);
    const right = shown.find((suggestion) => comesNext(text, at, suggestion.text));
    const spaced = this.#took && text[at] === " " && spaceComesFirst(text.slice(0, at), text.slice(at + 1));
    const typed = (spaced ? " " : "") + characterAt(text, spaced ? at + 1 : at);
    this.at += (right?.text ?? typed).length;
    this.#took = right !== undefined;
    this.keys++;
  }
}

const characterAt = (text: string, at: number): string => String.fromCodePoint(text.codePointAt(at)!);

/** Whether `added` is what the text has at `at`, and ends where its word ends. */
function comesNext(text: string, at: number, added: string): boolean {
  return text.startsWith(added, at) && !/^['\u2019]?[\p{L}\p{M}\p{N}_]/u.test(text.slice(at + added.length));
}

/** The word that begins at `at` after white space, with marks before it; undefined elsewhere. */
function wordFrom(text: string, at: number): string | undefined {
  if (at > 0 && !/\s/.test(text[at - 1]!)) return undefined;
  return /^[^\p{L}\p{M}\p{N}_\s]*[\p{L}\p{M}\p{N}_]+(?:['\u2019][\p{L}\p{M}\p{N}_]+)*/u.exec(
    text.slice(at),
  )?.[0];
}
