/** The log-probabilities of a completion's texts, as `/v1/completions` lists them. */
import type { CompletionLogprobs } from "../messages.ts";
import type { ReadPrompt } from "./prompts.ts";
import { type SpelledToken, spelling } from "./scored-texts.ts";
import type { Service } from "./service.ts";

interface Taken {
  readonly tokens: string[];
  readonly token_logprobs: (number | null)[];
  readonly top_logprobs: (Readonly<Record<string, number>> | null)[];
  readonly text_offset: number[];
}

const nothing = (): Taken => ({ tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] });

/** The log-probabilities of one choice, which are taken piece by piece. */
export class ChoiceScores {
  readonly #alternatives: number | undefined;
  readonly #ofPrompt: ReturnType<typeof spelling>;
  readonly #ofWritten: ReturnType<typeof spelling>;
  #taken = nothing();
  /** In code points. */
  #offset = 0;

  constructor(
    { lm }: Service,
    { continuation, ids, tokens }: ReadPrompt,
    { echo, alternatives }: { readonly echo: boolean; readonly alternatives: number | undefined },
  ) {
    this.#alternatives = alternatives;
    this.#ofPrompt = spelling(lm);
    this.#ofWritten = spelling(lm, continuation);
    // Nothing precedes the first token of a prompt that begins without an end of text.
    if (echo && alternatives !== undefined && tokens === ids.length && tokens > 0) {
      const first = this.#ofPrompt({ id: ids[0]!, logProbability: Number.NaN, alternatives: [] });
      this.#add(first.text, null, null);
    }
  }

  promptToken(token: Parameters<typeof this.writtenToken>[0]): void {
    this.#spelled(this.#ofPrompt(token));
  }

  writtenToken(token: Parameters<ReturnType<typeof spelling>>[0]): void {
    this.#spelled(this.#ofWritten(token));
  }

  /** What has come since the last call. */
  take(): CompletionLogprobs | null {
    if (this.#alternatives === undefined) return null;
    const taken = this.#taken;
    this.#taken = nothing();
    return { ...taken, top_logprobs: this.#alternatives === 0 ? null : taken.top_logprobs };
  }

  #spelled({ text, logProbability, alternatives }: SpelledToken): void {
    // Best first. Of those with one spelling the likelier stays; the token itself is always there.
    const top = new Map<string, number>();
    const put = (other: string, value: number) => {
      if (!top.has(other)) top.set(other, value);
    };
    for (const other of alternatives) {
      if (logProbability >= other.logProbability) put(text, logProbability);
      put(other.text, other.logProbability);
    }
    put(text, logProbability);
    this.#add(text, logProbability, Object.fromEntries(top));
  }

  #add(text: string, logprob: number | null, top: Readonly<Record<string, number>> | null): void {
    this.#taken.tokens.push(text);
    this.#taken.token_logprobs.push(logprob);
    this.#taken.top_logprobs.push(top);
    this.#taken.text_offset.push(this.#offset);
    this.#offset += [...text].length;
  }
}
