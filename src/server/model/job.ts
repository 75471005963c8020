/** What the answer to a request is made of, whole or piece by piece. */
import { randomUUID } from "node:crypto";
import type { Sample } from "../../generate/sample.ts";
import type { SamplingRequest, Usage } from "../messages.ts";
import type { Service } from "./service.ts";

export type Send = (message: object) => void;

export interface Job {
  answer(signal: AbortSignal): Promise<object>;
  /** Absent where there is nothing to stream. */
  stream?(send: Send, signal: AbortSignal): Promise<void>;
}

/** @throws ApiError, UsageError or InputError for a request that cannot be answered */
export type JobOf<T> = (service: Service, request: T, paused: Paused) => Job | Promise<Job>;

/** Whether nobody takes the messages of a job at the moment. */
export type Paused = () => boolean;

/** What every answer to a request begins with. */
export const headOf = <Kind extends string>({ id }: Service, prefix: string, object: Kind) => ({
  id: `${prefix}-${randomUUID()}`,
  object,
  created: Math.floor(Date.now() / 1000),
  model: id,
});

/**
 * Sends pieces of an answer, each one choice, and the usage at the end where the request asks for it.
 * @param head of every message
 */
export function chunks<Content extends object>(
  send: Send,
  head: object,
  { stream_options }: SamplingRequest,
) {
  const asked = stream_options?.include_usage === true;
  return {
    piece: (index: number, content: Content, end: object = {}) =>
      send({
        ...head,
        choices: [{ index, logprobs: null, finish_reason: null, ...content, ...end }],
        usage: asked ? null : undefined,
      }),
    usage: (usage: Usage) => {
      if (asked) send({ ...head, choices: [], usage });
    },
  };
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

/** How a sample ended, as the API names it. */
export function ending({ finish }: Sample, stop: readonly string[]) {
  if (finish === "length") return { finish_reason: "length" as const };
  const stop_reason = finish === "eos" ? null : stop.length === 1 ? stop[0] : undefined;
  return { finish_reason: "stop" as const, stop_reason };
}
