/**
 * `POST /v1/chat/completions`, for programs that know no other endpoint. The models that Punchline trains
 * hold no conversations: they continue the texts of the messages, joined by line breaks.
 */
import type { Sample } from "../../generate/sample.ts";
import { ApiError } from "../errors.ts";
import type { App } from "../guard.ts";
import {
  type ChatAnswer,
  type ChatDelta,
  type ChatLogprobs,
  type ChatRequest,
  chatRequest,
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
import { chunks, headOf, type Job, jobRoute } from "./job.ts";

/** Most tokens of an answer, where the request gives no limit. */
const MAX_TOKENS = 256;

export const chatRoutes = (service: Service, report: (error: unknown) => void): App =>
  jobRoute(service, report, chatRequest, (request) => chatJob(service, request));

/** @throws ApiError, UsageError, InputError for a request that cannot be answered */
function chatJob(service: Service, request: ChatRequest): Job {
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
  const head = headOf(service, "chatcmpl", "chat.completion");
  const options = { ...sampleOptions(request), prompt, maxLength };
  return {
    async answer(signal): Promise<ChatAnswer> {
      const samples = await service.model.sample({ ...options, signal });
      return {
        ...head,
        choices: samples.map((sample, index) => ({
          index,
          message: { role: "assistant", content: sample.text, refusal: null },
          logprobs: request.logprobs ? logprobsOf(service, sample) : null,
          ...ending(sample, options.stop),
        })),
        usage: usageOf(room.tokens, tokensOf(samples)),
      };
    },

    async stream(send, signal) {
      const { piece, usage } = chunks<ChatDelta>(send, { ...head, object: "chat.completion.chunk" }, request);
      const begun = new Set<number>();
      const onText = async (index: number, content: string) => {
        const isFirst = !begun.has(index);
        begun.add(index);
        if (isFirst) await piece(index, { delta: { role: "assistant", content: "" } });
        await piece(index, { delta: { content } });
      };
      const samples = await service.model.sample({ ...options, signal, onText });
      for (const [index, sample] of samples.entries())
        await piece(index, { delta: {} }, ending(sample, options.stop));
      await usage(usageOf(room.tokens, tokensOf(samples)));
    },
  };
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
