/**
 * `POST /v1/chat/completions`, for programs that know no other endpoint. The models that Punchline trains
 * hold no conversations: the messages' texts, joined by line breaks, are what is continued.
 */
import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import type { Sample } from "../../generate/sample.ts";
import { ApiError } from "../errors.ts";
import { eventStream, type Send } from "../event-stream.ts";
import type { App } from "../guard.ts";
import {
  type ChatAnswer,
  type ChatChunk,
  type ChatLogprobs,
  type ChatRequest,
  chatRequest,
} from "../messages.ts";
import { readRequest } from "../request.ts";
import {
  ending,
  piecesOf,
  requirePrompts,
  requireRoom,
  roomAfter,
  type Service,
  sampleOptions,
  signalOf,
  tokensOf,
  usageOf,
} from "../service.ts";

/** Tokens written at most where the request does not say. */
const MAX_TOKENS = 256;

export function chatRoutes(service: Service, report: (error: unknown) => void): App {
  return (new Hono() as App).post("/", async (context) => {
    const request = await readRequest(context, chatRequest, service);
    const signal = signalOf(context, service);
    const job = jobOf(service, request);
    if (!request.stream) return context.json(await service.queue.run(() => answer(job, signal), signal));
    return eventStream({
      signal,
      report,
      stallMs: service.limits.stallMs,
      outgoing: context.env.outgoing,
      work: (send, gone) => service.queue.run(() => stream(job, send, gone), gone),
    });
  });
}

/** @throws ApiError, UsageError, InputError for what cannot be done */
function jobOf(service: Service, request: ChatRequest) {
  const prompt = request.messages
    .map(({ content }) =>
      typeof content === "string" ? content : (content ?? []).map(({ text }) => text).join(""),
    )
    .join("\n");
  if (request.stream && request.logprobs)
    throw new ApiError(400, "logprobs is not supported with stream.", "unsupported_parameter", "logprobs");
  requirePrompts(service, [prompt], request.n ?? 1);
  const room = roomAfter(service, prompt);
  const maxLength =
    request.max_completion_tokens ??
    request.max_tokens ??
    Math.max(1, Math.min(MAX_TOKENS, service.limits.maxTokens, room.room));
  const field = typeof request.max_tokens === "number" ? "max_tokens" : "max_completion_tokens";
  requireRoom(service, { maxTokens: maxLength, field }, [room]);
  const head = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: service.id,
  };
  return {
    service,
    request,
    head,
    promptTokens: room.tokens,
    options: { ...sampleOptions(request), prompt, maxLength },
  };
}

type Job = ReturnType<typeof jobOf>;

async function answer(
  { service, request, head, promptTokens, options }: Job,
  signal: AbortSignal,
): Promise<ChatAnswer> {
  const samples = await service.model.sample({ ...options, signal });
  return {
    ...head,
    object: "chat.completion",
    choices: samples.map((sample, index) => ({
      index,
      message: { role: "assistant", content: sample.text, refusal: null },
      logprobs: request.logprobs ? logprobsOf(service, sample) : null,
      ...ending(sample, options.stop),
    })),
    usage: usageOf(promptTokens, tokensOf(samples)),
  };
}

async function stream(
  { service, request, head, promptTokens, options }: Job,
  send: Send,
  signal: AbortSignal,
): Promise<void> {
  const include = request.stream_options?.include_usage ? { usage: null } : {};
  const one = (index: number, delta: ChatChunk["choices"][number]["delta"], end: object) => {
    const choice = { index, delta, logprobs: null, finish_reason: null, ...end };
    const chunk: ChatChunk = { ...head, object: "chat.completion.chunk", choices: [choice], ...include };
    return send(chunk);
  };
  const begun = new Set<number>();
  const onText = async (index: number, content: string) => {
    const first = !begun.has(index);
    begun.add(index);
    if (first) await one(index, { role: "assistant", content: "" }, {});
    await one(index, { content }, {});
  };
  const samples = await service.model.sample({ ...options, signal, onText });
  for (const [index, sample] of samples.entries()) await one(index, {}, ending(sample, options.stop));
  if (request.stream_options?.include_usage) {
    const usage = usageOf(promptTokens, tokensOf(samples));
    const chunk: ChatChunk = { ...head, object: "chat.completion.chunk", choices: [], usage };
    await send(chunk);
  }
}

function logprobsOf(service: Service, sample: Sample): ChatLogprobs {
  const encoder = new TextEncoder();
  const content = piecesOf(service, sample).map((token, k) => ({
    token,
    logprob: sample.logProbabilities[k]!,
    bytes: [...encoder.encode(token)],
    top_logprobs: [],
  }));
  return { content, refusal: null };
}
