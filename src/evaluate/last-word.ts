/**
 * How well a model predicts the last word of a passage, as in LAMBADA (Paperno et al. 2016, "The LAMBADA dataset",
 * arXiv 1606.06031): how often its likeliest tokens spell it, and how likely it is.
 */
import { InputError, UsageError } from "../core/errors.ts";
import { checkOptions, checkTexts, optionNames } from "../core/options.ts";
import { createDecoder } from "../generate/decoders/create.ts";
import { checkModel, type LanguageModel } from "../generate/language-model.ts";
import { promptIds } from "../generate/sample.ts";
import { argmax, logSumExp } from "../generate/sampler.ts";
import { unknownWord } from "../text/words.ts";
import { countText, type Evaluation, evaluationOf } from "./evaluation.ts";
import { spellingOf } from "./quality/spelling.ts";

export interface LastWords extends Evaluation {
  /** Share of passages of which the likeliest tokens spell the last word, each predicted after the one before. */
  readonly accuracy: number;
  /** Passages. */
  readonly passages: number;
}

interface LastWordOptions {
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const lastWordOptionNames = optionNames<keyof LastWordOptions>()("onProgress signal");

/**
 * Scores the last word of each passage, with the space before it, given all before that.
 * @throws UsageError where the model does not predict token by token; InputError where a passage has one word
 */
export async function scoreLastWords(
  lm: LanguageModel,
  passages: readonly string[],
  options: LastWordOptions = {},
): Promise<LastWords> {
  checkModel(lm);
  checkTexts(passages, "passages");
  checkOptions(options, lastWordOptionNames);
  const { model, tokenizer, name } = lm;
  if (model.predicts !== "each")
    throw new UsageError(`${name} does not predict a text's next word; give a model such as gpt2.`);
  const decoder = createDecoder(lm);
  // The unknown token spells no word.
  const unknown = tokenizer.kind === "word" ? tokenizer.id(unknownWord) : undefined;
  const words: string[] = [];
  let [nats, tokens, right, seen] = [0, 0, 0, 0];
  try {
    for (const [k, passage] of passages.entries()) {
      options.signal?.throwIfAborted();
      const { before, word } = split(passage, k);
      words.push(word);
      const prompt = promptIds(lm, before);
      const target = targetOf(lm, prompt, before, word);
      const room = Math.max(1, model.contextLength - target.length);
      seen = Math.max(seen, Math.min(prompt.length, room) + target.length - 1);
      let logits = await decoder.start(Number.isFinite(room) ? prompt.slice(-room) : prompt);
      let spelt = true;
      for (const [t, id] of target.entries()) {
        nats += logSumExp(logits) - logits[id]!;
        spelt &&= id !== unknown && argmax(logits.subarray(0, tokenizer.size)) === id;
        if (t + 1 < target.length) logits = await decoder.append(Int32Array.of(id));
      }
      tokens += target.length;
      if (spelt) right++;
      options.onProgress?.((k + 1) / passages.length);
    }
  } finally {
    await decoder.release();
  }
  const spelt = spellingOf(tokenizer, words);
  const scored = evaluationOf(
    { nats, tokens, unknown: spelt.words, spelling: spelt.nats },
    countText(words.join("")),
    { context: seen },
  );
  return { ...scored, accuracy: right / passages.length, passages: passages.length };
}

/** The last word's tokens within the passage, where a token ends right before the word; else its own tokens. */
function targetOf(lm: LanguageModel, prompt: Int32Array, before: string, word: string): Int32Array {
  const whole = promptIds(lm, before + word);
  const parts = whole.length > prompt.length && prompt.every((id, i) => whole[i] === id);
  return parts ? whole.subarray(prompt.length) : lm.tokenizer.encode(word);
}

/** A passage without its last word, and that word with the space before it. */
function split(passage: string, k: number): { before: string; word: string } {
  const text = passage.trimEnd();
  const at = text.search(/\s\S+$/);
  if (at <= 0)
    throw new InputError(
      "too-short",
      `Passage ${k + 1} has no word before its last: ${JSON.stringify(passage)}.`,
    );
  return { before: text.slice(0, at), word: ` ${text.slice(at + 1)}` };
}
