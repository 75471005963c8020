/**
 * A text token by token as it is drawn, each with its probability and what else could have come.
 *
 * @example
 * for await (const { text, probability } of watch(lm, { prompt: "Why did", seed: 1 })) console.log(text, probability);
 */
import { checkOptions, invalidOption, optionNames } from "../core/options.ts";
import { Random } from "../core/random.ts";
import { continuationOf } from "../text/stream-decoder.ts";
import { unknownWord } from "../text/words.ts";
import { createDecoder } from "./decoders/create.ts";
import { lastPart } from "./fit.ts";
import { isEnd, type LanguageModel } from "./language-model.ts";
import { likeliest } from "./likeliest.ts";
import { promptText } from "./prompt.ts";
import { checkSample, promptIds, type SampleOptions } from "./sample.ts";
import { createSampler, logSumExp } from "./sampler.ts";

export interface WatchOptions
  extends Pick<
    SampleOptions,
    | "prompt"
    | "maxLength"
    | "seed"
    | "signal"
    | "temperature"
    | "topK"
    | "topP"
    | "minP"
    | "repetitionPenalty"
  > {
  /** The likeliest tokens that each comes with. Default 8. */
  readonly alternatives?: number | undefined;
}

const watchOptionNames = optionNames<keyof WatchOptions>()(
  "temperature topK topP minP repetitionPenalty prompt maxLength seed signal alternatives",
);

/** What could come at a place, and its probability under the model itself: before temperature and cuts. */
export interface Alternative {
  /** The text that it adds; empty where it ends the text, or within a character. */
  readonly text: string;
  readonly probability: number;
  /** Whether it ends the text. */
  readonly end: boolean;
}

export interface WatchedToken extends Alternative {
  /** Best first. */
  readonly alternatives: readonly Alternative[];
}

/**
 * The tokens that `sample` draws with the same options. The last one ends the text where the model ends it. Text that
 * the context has no room for is dropped, the oldest first.
 * @throws UsageError and InputError as `sample`
 */
export async function* watch(
  lm: LanguageModel,
  given: WatchOptions = {},
): AsyncGenerator<WatchedToken, void, undefined> {
  const { alternatives: most = 8, ...options } = checkOptions(given, watchOptionNames);
  if (!(Number.isInteger(most) && most >= 0))
    throw invalidOption("alternatives", most, "a whole number of 0 or more");
  const decoder = createDecoder(lm, checkSample(lm, { ...options, slide: true }));
  try {
    const { tokenizer, model } = lm;
    const { maxLength = 200, seed = 0, signal } = options;
    const prompt = promptText(lm, options.prompt ?? "");
    const begun = promptIds(lm, prompt);
    const { from, to } = lastPart(model, begun.length, maxLength);
    const size = Math.min(tokenizer.size, model.config.vocab_size);
    const choose = createSampler(options, { size, never: tokenizer.id(unknownWord) });
    const random = new Random(seed, "sample", 0);
    const continuation = continuationOf(tokenizer, prompt);
    const stream = continuation.stream();
    const ids: number[] = [];
    const seen = function* () {
      yield* begun;
      yield* ids;
    };
    let logits = await decoder.start(begun.subarray(from, to), signal);
    while (ids.length < maxLength) {
      signal?.throwIfAborted();
      const { id, logProbability } = choose(logits, seen(), random.uniform(ids.length));
      const total = logSumExp(logits);
      const scores = logits.subarray(0, size);
      const shownBefore = ids.slice(-8);
      const textOf = (other: number) => continuation.pieces([...shownBefore, other]).at(-1)!;
      const alternatives = Array.from(likeliest(scores, Math.min(most, size)), (other) => ({
        text: isEnd(lm, other) ? "" : textOf(other),
        probability: Math.exp(scores[other]! - total),
        end: isEnd(lm, other),
      }));
      ids.push(id);
      const end = isEnd(lm, id);
      const last = end || ids.length === maxLength;
      const text = (end ? "" : stream.push(id)) + (last ? stream.end() : "");
      yield { text, probability: Math.exp(logProbability), end, alternatives };
      if (last) return;
      logits = await decoder.append(Int32Array.of(id));
    }
  } finally {
    await decoder.release();
  }
}
