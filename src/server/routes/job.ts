/** What both routes do with a request: read it, wait until it is its turn, and answer whole or in events. */
import { Hono } from "hono";
import type { z } from "zod";
import { eventStream, type Send } from "../event-stream.ts";
import type { App } from "../guard.ts";
import type { SamplingRequest } from "../messages.ts";
import { readRequest } from "../request.ts";
import type { Service } from "../service.ts";

/** A request that has been checked. */
export interface Job {
  answer(signal: AbortSignal): Promise<object>;
  stream(send: Send, signal: AbortSignal): Promise<void>;
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
