/** `POST /v1/completions`: continuations of texts, and the log-probabilities of texts (`echo`). */
import type { Sample } from "../../generate/sample.ts";
import { ApiError } from "../errors.ts";
import type {
  CompletionAnswer,
  CompletionChoice,
  CompletionLogprobs,
  CompletionRequest,
} from "../messages.ts";
import { chunks, headOf, type Job, type Paused } from "./job.ts";
import { type SpelledToken, spelling } from "./scored-texts.ts";
import {
  batcherOf,
  ending,
  promptsOf,
  type ReadPrompt,
  readPrompt,
  requirePrompts,
  requireRoom,
  type Service,
  tokensOf,
  usageOf,
} from "./service.ts";
import { stopsOf, textsOf } from "./texts.ts";

export function completionJob(service: Service, request: CompletionRequest, paused: Paused): Job {
  const batcher = batcherOf(service);
  const given = promptsOf(request.prompt);
  const maxLength = request.max_tokens ?? 16;
  const { echo, n: texts } = request;
  const n = texts ?? 1;
  const alternatives = typeof request.logprobs === "number" ? request.logprobs : undefined;
  if (maxLength === 0 && !echo)
    throw new ApiError(400, "max_tokens may be 0 only with echo.", "invalid_value", "max_tokens");
  requirePrompts(service, given, "prompt");
  const prompts = given.map((prompt) => readPrompt(service, prompt, "prompt"));
  requireRoom(service, { maxTokens: maxLength, field: "max_tokens", promptField: "prompt" }, prompts);
  const promptTokens = prompts.reduce((sum, { tokens }) => sum + tokens, 0);
  const head = headOf(service, "cmpl", "text_completion");
  const stop = stopsOf(request);
  const batched = textsOf(service, request, { maxLength, alternatives, paused });

  /** Writes all texts; `piece` gets what is new of a choice, its prompt first where it is echoed. */
  async function write(
    signal: AbortSignal,
    piece?: (index: number, text: string, logprobs: CompletionLogprobs | null) => void,
  ): Promise<readonly { readonly sample: Sample; readonly logprobs: CompletionLogprobs | null }[]> {
    const all = prompts.flatMap((prompt) => Array.from({ length: n }, (_, index) => ({ prompt, index })));
    return Promise.all(
      all.map(async ({ prompt, index }, k) => {
        const choice = new Choice(service, prompt, { echo: echo === true, alternatives });
        const show = piece && ((more: string) => piece(k, more, choice.take()));
        let begun = !echo;
        const begin = () => {
          if (!begun) show?.(prompt.text);
          begun = true;
        };
        const sample = await batcher.write(
          batched(prompt, index, signal, {
            onScores:
              echo && alternatives !== undefined
                ? (scores) => {
                    for (const score of scores) choice.promptToken(score);
                  }
                : undefined,
            onToken:
              alternatives === undefined
                ? undefined
                : (token) => {
                    begin();
                    choice.writtenToken(token);
                  },
            onText:
              show &&
              ((more) => {
                begin();
                show(more);
              }),
          }),
        );
        begin();
        return { sample, logprobs: choice.take() };
      }),
    );
  }

  return {
    async answer(signal): Promise<CompletionAnswer> {
      const written = await write(signal);
      const choices = written.map(
        ({ sample, logprobs }, index): CompletionChoice => ({
          index,
          text: (echo ? prompts[Math.floor(index / n)]!.text : "") + sample.text,
          logprobs,
          ...ending(sample, stop),
        }),
      );
      return {
        ...head,
        choices,
        usage: usageOf(promptTokens, tokensOf(written.map(({ sample }) => sample))),
      };
    },

    async stream(send, signal) {
      const { piece, usage } = chunks<Pick<CompletionChoice, "text" | "logprobs">>(send, head, request);
      const written = await write(signal, (index, text, logprobs) => piece(index, { text, logprobs }));
      for (const [index, { sample, logprobs }] of written.entries())
        piece(index, { text: "", logprobs }, ending(sample, stop));
      usage(usageOf(promptTokens, tokensOf(written.map(({ sample }) => sample))));
    },
  };
}

interface Taken {
  readonly tokens: string[];
  readonly token_logprobs: (number | null)[];
  readonly top_logprobs: (Readonly<Record<string, number>> | null)[];
  readonly text_offset: number[];
}

const nothing = (): Taken => ({ tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] });

/** The log-probabilities of one choice, which are taken piece by piece. */
class Choice {
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
