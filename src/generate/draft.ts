/** A text while it is written: its tokens, its spelling so far, and whether it has ended. */
import { Random } from "../core/random.ts";
import type { Continuation, StreamDecoder } from "../text/stream-decoder.ts";
import { isEnd, type LanguageModel } from "./language-model.ts";

interface DraftOptions {
  readonly maxLength?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly onText?: ((sample: number, text: string) => unknown) | undefined;
}

export interface Sample {
  /** As the model read it. */
  readonly prompt: string;
  /** What was written, without the prompt: the two together are the decoding of all their ids. */
  readonly text: string;
  /** Number of tokens written; NaN where a hosted model's service does not count them. */
  readonly tokens: number;
  /** `eos`: the model ended it; `stop`: a stop text came; `length`: the limit was reached. */
  readonly finish: "eos" | "length" | "stop";
  /** Empty for hosted models. */
  readonly ids: readonly number[];
  /** Natural log-probabilities of the tokens written, under the model itself. Empty for hosted models. */
  readonly logProbabilities: readonly number[];
}

type Speller = Pick<LanguageModel, "tokenizer" | "stopAtEos" | "ends">;

/** What a text begins with. */
export interface Beginning {
  readonly prompt: string;
  readonly continuation: Continuation;
  /** Ids of the prompt. */
  readonly seen: ArrayLike<number>;
}

/** One text under way. */
export class Draft {
  readonly ids: number[] = [];
  readonly #logProbabilities: number[] = [];
  readonly #lm: Speller;
  readonly #options: DraftOptions;
  readonly #beginning: Beginning;
  readonly #index: number;
  readonly #random: Random;
  readonly #stream: StreamDecoder;
  #text = "";
  #shown = 0;
  finish: Sample["finish"] | undefined;

  constructor(lm: Speller, beginning: Beginning, index: number, seed: number, options: DraftOptions) {
    this.#lm = lm;
    this.#beginning = beginning;
    this.#index = index;
    this.#random = new Random(seed, "sample", index);
    this.#options = options;
    this.#stream = beginning.continuation.stream();
  }

  /** Ids of the prompt, and those written. */
  *seen(): Generator<number> {
    yield* Array.from(this.#beginning.seen);
    yield* this.ids;
  }

  uniform(): number {
    return this.#random.uniform(this.ids.length);
  }

  /** @param last whether the text ends with this token */
  append(id: number, logProbability: number, last = false): unknown {
    const { maxLength = 200, stop = [] } = this.#options;
    this.ids.push(id);
    this.#logProbabilities.push(logProbability);
    const read = this.#text.length;
    if (isEnd(this.#lm, id) || (last && id === this.#lm.tokenizer.endOfText)) this.finish = "eos";
    else this.#text += this.#stream.push(id);
    let cut = Infinity;
    for (const s of stop) {
      const at = this.#text.indexOf(s, Math.max(0, read - s.length + 1));
      if (at >= 0) cut = Math.min(cut, at);
    }
    if (cut < Infinity) {
      this.#text = this.#text.slice(0, cut);
      this.finish = "stop";
    } else {
      if (last) this.finish ??= "eos";
      if (this.ids.length >= maxLength) this.finish ??= "length";
      if (this.finish) this.#text += this.#stream.end();
    }
    return this.#show();
  }

  /** Passes on what is certain: nothing that may become a stop text. */
  #show(): unknown {
    const { onText, stop = [] } = this.#options;
    if (!onText) return undefined;
    let end = this.#text.length;
    if (!this.finish) {
      for (const s of stop) {
        for (let k = Math.min(s.length - 1, end); k > 0; k--) {
          if (this.#text.endsWith(s.slice(0, k))) {
            end = Math.min(end, this.#text.length - k);
            break;
          }
        }
      }
    }
    if (end <= this.#shown) return undefined;
    const piece = this.#text.slice(this.#shown, end);
    this.#shown = end;
    return onText(this.#index, piece);
  }

  finished(): Sample {
    return {
      prompt: this.#beginning.prompt,
      text: this.#text,
      tokens: this.ids.length,
      finish: this.finish ?? "length",
      ids: this.ids,
      logProbabilities: this.#logProbabilities,
    };
  }
}
