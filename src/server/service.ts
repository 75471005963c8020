/** What the routes share: the model, its name, the queue, the limits, and the options that requests set. */
import { randomInt } from "node:crypto";
import { excerpt } from "../core/printable.ts";
import type { LocalModel } from "../generate/local-model.ts";
import { tokenPieces } from "../generate/log-probabilities.ts";
import { promptText } from "../generate/prompt.ts";
import type { Sample, SampleOptions } from "../generate/sample.ts";
import { ApiError } from "./errors.ts";
import { requireAtMost, type ServeLimits } from "./limits.ts";
import type { SamplingRequest, Usage } from "./messages.ts";
import { Queue } from "./queue.ts";

export interface Service {
  readonly model: LocalModel;
  /** The model's name in requests and answers. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly queue: Queue;
  readonly limits: ServeLimits;
  /** UTF-16 units of the longest token, so that a text's length bounds its number of tokens from below. */
  readonly longestToken: number;
  /** Aborts the running requests when the server closes and their time is up. */
  readonly stopped: AbortSignal;
  /**
   * A prompt as the model reads it.
   * @throws InputError as `promptText`
   */
  read(prompt: string): string;
}

/** @param notice called once, for the first prompt that the model reads otherwise than it was sent */
export function createService(
  model: LocalModel,
  id: string,
  limits: ServeLimits,
  stopped: AbortSignal,
  notice: (sentence: string) => void = () => {},
): Service {
  const created = Math.floor(Date.now() / 1000);
  let noticed = false;
  const read = (prompt: string): string => {
    const text = promptText(model, prompt);
    if (text !== prompt && !noticed)
      notice(
        `Prompts are cleaned as the texts of the model were: ${JSON.stringify(excerpt(prompt))} is read as ${JSON.stringify(excerpt(text))}.`,
      );
    noticed ||= text !== prompt;
    return text;
  };
  const longestToken = longestOf(model);
  return { model, id, created, queue: new Queue(limits.maxRequests), limits, longestToken, stopped, read };
}

function longestOf({ tokenizer }: LocalModel): number {
  let longest = 1;
  for (let id = 0; id < tokenizer.size; id++) longest = Math.max(longest, tokenizer.token(id).length);
  return longest;
}

/** The options that requests of both endpoints set. */
export function sampleOptions(
  request: SamplingRequest,
): SampleOptions & { readonly stop: readonly string[] } {
  const { temperature, top_p, top_k, min_p, repetition_penalty, n, stop, seed } = request;
  return {
    temperature: temperature ?? 1,
    topP: top_p ?? 1,
    topK: top_k ?? 0,
    minP: min_p ?? 0,
    repetitionPenalty: repetition_penalty ?? 1,
    n: n ?? 1,
    stop: typeof stop === "string" ? [stop] : (stop ?? []),
    seed: seed ?? randomInt(2 ** 32),
  };
}

/**
 * Tokens of a prompt, and how many may follow it: Infinity for models without a bounded context.
 * @throws UsageError where the vocabulary cannot spell it
 */
export function roomAfter(
  { model, read }: Service,
  prompt: string,
): { readonly tokens: number; readonly room: number } {
  const { tokenizer, model: network } = model;
  const tokens = tokenizer.encode(read(prompt)).length;
  // A model without a state reads the last tokens of a text of any length.
  const bounded = Object.keys(network.state(1)).length > 0;
  return { tokens, room: bounded ? network.contextLength - Math.max(1, tokens) : Number.POSITIVE_INFINITY };
}

/**
 * Checks what can be known of prompts before they are tokenised, which takes a second per million characters.
 * @throws ApiError 400 `limit_exceeded` where there are more prompts times `n`, or characters, than the server takes
 */
export function requirePrompts(service: Service, prompts: readonly string[], n: number): void {
  const { limits, longestToken } = service;
  requireAtMost(limits.maxTexts, prompts.length * n, "texts (prompts times n)", "n");
  const characters = prompts.reduce((sum, { length }) => sum + length, 0);
  requireAtMost(limits.maxPromptTokens * longestToken, characters, "characters to read", "prompt");
}

/**
 * Checks the tokens that a request asks for against the limits of the server and of the model.
 * @param rooms of each prompt
 * @throws ApiError 400 `limit_exceeded` or `context_length_exceeded`
 */
export function requireRoom(
  { model, limits }: Service,
  { maxTokens, field }: { readonly maxTokens: number; readonly field: string },
  rooms: readonly ReturnType<typeof roomAfter>[],
): void {
  for (const { tokens, room } of rooms) {
    if (maxTokens <= room) continue;
    throw new ApiError(
      400,
      `This model sees at most ${model.model.contextLength} tokens at once; the prompt has ${tokens} and up to ${maxTokens} more were asked for.`,
      "context_length_exceeded",
      "max_tokens",
    );
  }
  requireAtMost(limits.maxTokens, maxTokens, `tokens to write (${field})`, field);
  const read = rooms.reduce((sum, { tokens }) => sum + tokens, 0);
  requireAtMost(limits.maxPromptTokens, read, "tokens to read", "prompt");
}

export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

export const tokensOf = (samples: readonly Sample[]): number =>
  samples.reduce((sum, { tokens }) => sum + tokens, 0);

/** The text of each of a sample's tokens, without the end of text. */
export const piecesOf = ({ model }: Service, { prompt, finish, ids }: Sample): readonly string[] =>
  tokenPieces(model.tokenizer, finish === "eos" ? ids.slice(0, -1) : ids, prompt);

/** How a sample ended, as the API names it. */
export function ending({ finish }: Sample, stop: readonly string[]) {
  if (finish === "length") return { finish_reason: "length" as const };
  const stop_reason = finish === "eos" ? null : stop.length === 1 ? stop[0] : undefined;
  return { finish_reason: "stop" as const, stop_reason };
}
