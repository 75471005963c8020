/** What both endpoints do with a request: read it, wait until it is its turn, and answer whole or in events. */
import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import type { z } from "zod";
import { eventStream, type Send } from "../event-stream.ts";
import type { App } from "../guard.ts";
import type { SamplingRequest, Usage } from "../messages.ts";
import { readRequest } from "../request.ts";
import type { Service } from "../service.ts";

export interface Job {
  answer(signal: AbortSignal): Promise<object>;
  stream(send: Send, signal: AbortSignal): Promise<void>;
}

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
        choices: [{ index, ...content, logprobs: null, finish_reason: null, ...end }],
        usage: asked ? null : undefined,
      }),
    usage: async (usage: Usage) => {
      if (asked) await send({ ...head, choices: [], usage });
    },
  };
}

/** @param jobOf throws ApiError, UsageError or InputError for a request that cannot be answered */
export function jobRoute<T extends SamplingRequest>(
  service: Service,
  report: (error: unknown) => void,
  schema: z.ZodType<T>,
  jobOf: (request: T) => Job,
): App {
  const { queue, limits, stopped } = service;
  return (new Hono() as App).post("/", async (context) => {
    const request = await readRequest(context, schema, service);
    // Aborts when the client goes away, or when the server must end.
    const signal = AbortSignal.any([context.req.raw.signal, stopped]);
    const job = jobOf(request);
    if (!request.stream) return context.json(await queue.run(() => job.answer(signal), signal));
    return eventStream({
      signal,
      report,
      stallMs: limits.stallMs,
      outgoing: context.env.outgoing,
      work: (send, gone) => queue.run(() => job.stream(send, gone), gone),
    });
  });
}
