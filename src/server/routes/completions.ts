/** `POST /v1/completions`: continuations of texts, and the log-probabilities of texts (`echo`). */
import { randomUUID } from "node:crypto";
import { logProbabilities } from "../../generate/log-probabilities.ts";
import type { Sample, SampleOptions } from "../../generate/sample.ts";
import { ApiError } from "../errors.ts";
import type { Send } from "../event-stream.ts";
import type { App } from "../guard.ts";
import {
  type CompletionAnswer,
  type CompletionChoice,
  type CompletionLogprobs,
  type CompletionRequest,
  completionRequest,
} from "../messages.ts";
import {
  ending,
  piecesOf,
  requirePrompts,
  requireRoom,
  roomAfter,
  type Service,
  sampleOptions,
  tokensOf,
  usageOf,
} from "../service.ts";
import { type Job, jobRoute } from "./job.ts";

export const completionRoutes = (service: Service, report: (error: unknown) => void): App =>
  jobRoute(service, report, completionRequest, (request) => new CompletionJob(service, request));

class CompletionJob implements Job {
  readonly #service: Service;
  readonly #request: CompletionRequest;
  readonly #prompts: readonly string[];
  readonly #options;
  readonly #maxTokens: number;
  readonly #promptTokens: number;
  readonly #head;

  /** @throws ApiError, UsageError, InputError for a request that cannot be answered */
  constructor(service: Service, request: CompletionRequest) {
    this.#service = service;
    this.#request = request;
    this.#prompts = typeof request.prompt === "string" ? [request.prompt] : request.prompt;
    this.#options = sampleOptions(request);
    this.#maxTokens = request.max_tokens ?? 16;
    if (this.#maxTokens === 0 && !request.echo)
      throw new ApiError(400, "max_tokens may be 0 only with echo.", "invalid_value", "max_tokens");
    const logprobs = typeof request.logprobs === "number";
    if (request.stream && (logprobs || request.echo)) {
      const field = logprobs ? "logprobs" : "echo";
      throw new ApiError(400, `${field} is not supported with stream.`, "unsupported_parameter", field);
    }
    requirePrompts(service, this.#prompts, request.n ?? 1);
    const rooms = this.#prompts.map((prompt) => roomAfter(service, prompt));
    requireRoom(service, { maxTokens: this.#maxTokens, field: "max_tokens" }, rooms);
    this.#promptTokens = rooms.reduce((sum, { tokens }) => sum + tokens, 0);
    const { id, model } = { id: `cmpl-${randomUUID()}`, model: service.id };
    this.#head = { id, object: "text_completion" as const, created: Math.floor(Date.now() / 1000), model };
  }

  async answer(signal: AbortSignal): Promise<CompletionAnswer> {
    const choices: CompletionChoice[] = [];
    let written = 0;
    for (const prompt of this.#prompts) {
      const prefix = await this.#prefix(prompt, signal);
      for (const sample of await this.#samples(prompt, { signal })) {
        written += sample.tokens;
        choices.push({
          index: choices.length,
          text: prefix.text + sample.text,
          logprobs: prefix.logprobs && this.#logprobs(prefix.logprobs, sample),
          ...ending(sample, this.#options.stop),
        });
      }
    }
    return { ...this.#head, choices, usage: usageOf(this.#promptTokens, written) };
  }

  async stream(send: Send, signal: AbortSignal): Promise<void> {
    const includeUsage = this.#request.stream_options?.include_usage === true;
    const sendChunk = (choices: CompletionAnswer["choices"], usage: CompletionAnswer["usage"]) => {
      const chunk: CompletionAnswer = { ...this.#head, choices, usage };
      return send(chunk);
    };
    const sendText = (index: number, text: string, end = {}) =>
      sendChunk(
        [{ index, text, logprobs: null, finish_reason: null, ...end }],
        includeUsage ? null : undefined,
      );
    let first = 0;
    let written = 0;
    for (const prompt of this.#prompts) {
      const onText = (k: number, text: string) => sendText(first + k, text);
      const samples = await this.#samples(prompt, { signal, onText });
      for (const [k, sample] of samples.entries())
        await sendText(first + k, "", ending(sample, this.#options.stop));
      written += tokensOf(samples);
      first += samples.length;
    }
    if (includeUsage) await sendChunk([], usageOf(this.#promptTokens, written));
  }

  /** The samples of one prompt; with `max_tokens: 0`, as many empty texts. */
  async #samples(prompt: string, more: Pick<SampleOptions, "signal" | "onText">): Promise<readonly Sample[]> {
    if (this.#maxTokens > 0)
      return this.#service.model.sample({ ...this.#options, prompt, maxLength: this.#maxTokens, ...more });
    const none: Sample = { prompt, text: "", tokens: 0, finish: "length", ids: [], logProbabilities: [] };
    return new Array<Sample>(this.#options.n ?? 1).fill(none);
  }

  /** What each choice begins with: the prompt, where `echo` asks for it, and its log-probabilities. */
  async #prefix(prompt: string, signal: AbortSignal) {
    const { echo, logprobs } = this.#request;
    const wanted = typeof logprobs === "number";
    const tokens: string[] = [];
    const values: (number | null)[] = [];
    const text = this.#service.read(prompt);
    if (echo && wanted) {
      const scores = await logProbabilities(this.#service.model, text, { signal });
      for (const token of scores.tokens) tokens.push(token);
      for (const value of scores.logProbabilities) values.push(value ?? null);
    }
    return { text: echo ? text : "", logprobs: wanted ? { tokens, values } : null };
  }

  #logprobs(
    prefix: { readonly tokens: readonly string[]; readonly values: readonly (number | null)[] },
    sample: Sample,
  ): CompletionLogprobs {
    const written = piecesOf(this.#service, sample);
    const tokens = [...prefix.tokens, ...written];
    let offset = 0;
    const text_offset = tokens.map((token) => {
      const start = offset;
      offset += [...token].length;
      return start;
    });
    const token_logprobs = [...prefix.values, ...sample.logProbabilities.slice(0, written.length)];
    return { tokens, token_logprobs, top_logprobs: null, text_offset };
  }
}
