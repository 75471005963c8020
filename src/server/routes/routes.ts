/** A request to a model: read, given to the model that it names, and answered whole or in events. */
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { Hono } from "hono";
import type { z } from "zod";
import { ApiError } from "../errors.ts";
import { eventStream } from "../event-stream.ts";
import { countOf, type Texts } from "../fields.ts";
import type { App } from "../guard.ts";
import { requireAtMost, type ServeLimits } from "../limits.ts";
import {
  chatRequest,
  completionRequest,
  detokenizeRequest,
  embeddingsRequest,
  tokenizeRequest,
} from "../messages.ts";
import type { Metrics } from "../metrics.ts";
import type { JobName } from "../model/jobs.ts";
import type { Models } from "../models.ts";
import { readRequest } from "../request.ts";
import { wholeBody } from "../whole-body.ts";

export interface Routing {
  readonly models: Models;
  readonly limits: ServeLimits;
  readonly metrics: Metrics;
  /** Aborts the running requests when the server closes and their time is up. */
  readonly stopped: AbortSignal;
  /** Whether no more requests are taken. */
  closing(): ApiError | undefined;
  /** Called with errors that are no fault of a request. */
  readonly report: (error: unknown) => void;
}

/** What is looked at before a model gets a request. */
interface AnyRequest {
  readonly model?: string | undefined;
  readonly stream?: boolean | null | undefined;
  readonly n?: number | null | undefined;
  readonly prompt?: Texts | undefined;
  readonly input?: Texts | undefined;
}

type Schema = z.ZodType<AnyRequest>;

/** What is answered, by its address: the job, and what its body must be; of those without a body, `GET` alone. */
export const addresses: Readonly<Record<string, { readonly job: JobName; readonly schema?: Schema }>> = {
  "/v1/completions": { job: "completion", schema: completionRequest },
  "/v1/chat/completions": { job: "chat", schema: chatRequest },
  "/v1/embeddings": { job: "embeddings", schema: embeddingsRequest },
  "/tokenize": { job: "tokenize", schema: tokenizeRequest },
  "/detokenize": { job: "detokenize", schema: detokenizeRequest },
  "/tokenizer_info": { job: "tokenizerInfo" },
};

export function jobRoute(routing: Routing, path: string): App {
  const { job, schema } = addresses[path]!;
  const app: App = new Hono();
  if (schema === undefined) return app.get("/", (context) => answer(routing, job, {}, context));
  return app.post("/", async (context) => answer(routing, job, await readRequest(context, schema), context));
}

async function answer(
  { models, limits, metrics, stopped, closing, report }: Routing,
  job: JobName,
  request: AnyRequest,
  context: Context<{ Bindings: HttpBindings }>,
): Promise<Response> {
  requireFewTexts(limits, request);
  // Aborts when the client goes away, or when the server must end.
  const signal = AbortSignal.any([context.req.raw.signal, stopped]);
  const stopping = closing();
  if (stopping) throw stopping;
  if (models.size >= limits.maxRequests)
    throw new ApiError(
      503,
      `${limits.maxRequests} requests are under way already; try again later.`,
      "overloaded",
    );
  const id = request.model ?? models.ids[0]!;
  const engine = await models.engine(id).catch((error: unknown) => {
    if (error instanceof ApiError) throw error;
    report(error);
    throw notOpened(id);
  });
  const ended = metrics.begin();
  if (!request.stream) {
    const body = await wholeBody(engine.ask(job, request, signal), { ended, signal, report });
    return context.body(body, 200, { "content-type": "application/json" });
  }
  return eventStream({
    signal,
    report,
    stallMs: limits.stallMs,
    outgoing: context.env.outgoing,
    work: async (send, gone) => {
      try {
        for await (const { piece, last } of engine.stream(job, request, gone)) await send(piece, !last);
      } finally {
        ended();
      }
    },
  });
}

/** What opening a model throws is for the person who runs the server. */
const notOpened = (id: string): ApiError =>
  new ApiError(
    500,
    `The model "${id}" could not be opened; the server says why.`,
    "model_not_opened",
    "model",
  );

/**
 * Counts before the request goes to the model's thread, since passing on very many texts takes long.
 * @throws ApiError 400 `limit_exceeded`
 */
function requireFewTexts({ maxTexts }: ServeLimits, { n, input, prompt = input ?? "" }: AnyRequest): void {
  const times = n ?? 1;
  const field = times > 1 ? "n" : input === undefined ? "prompt" : "input";
  requireAtMost(maxTexts, countOf(prompt) * times, "texts (prompts times n)", field);
}
