/**
 * `POST /v1/chat/completions`. Models without a chat template hold no conversations: they continue the texts of the
 * messages, joined by line breaks.
 */
import type { ScoredToken } from "../../generate/batching/batcher.ts";
import type { Sample } from "../../generate/sample.ts";
import { ApiError } from "../errors.ts";
import type { ChatAnswer, ChatDelta, ChatLogprob, ChatRequest } from "../messages.ts";
import { constraintOf } from "./constraint.ts";
import { chunks, headOf, type Job, type Paused } from "./job.ts";
import { spelling } from "./scored-texts.ts";
import {
  batcherOf,
  ending,
  readPrompt,
  requirePrompts,
  requireRoom,
  roomAfter,
  type Service,
  scoreOptions,
  seedOf,
  stopsOf,
  tokensOf,
  usageOf,
} from "./service.ts";

/** Most tokens of an answer, where the request gives no limit. */
const MAX_TOKENS = 256;

interface Written {
  readonly sample: Sample;
  /** Those that no piece has had. */
  readonly logprobs: readonly ChatLogprob[];
}

export function chatJob(service: Service, request: ChatRequest, paused: Paused): Job {
  const batcher = batcherOf(service);
  const text = request.messages
    .map(({ content }) =>
      typeof content === "string" ? content : (content ?? []).map((part) => part.text).join(""),
    )
    .join("\n");
  const n = request.n ?? 1;
  const { logprobs: scored, top_logprobs } = request;
  if (typeof top_logprobs === "number" && !scored)
    throw new ApiError(400, "top_logprobs needs logprobs: true.", "invalid_value", "top_logprobs");
  const alternatives = scored ? (top_logprobs ?? 0) : undefined;
  const options = scoreOptions(service, request);
  requirePrompts(service, [text], n);
  const prompt = readPrompt(service, text);
  const maxLength =
    request.max_completion_tokens ??
    request.max_tokens ??
    Math.max(1, Math.min(MAX_TOKENS, service.limits.maxTokens, roomAfter(service, prompt)));
  const field = typeof request.max_tokens === "number" ? "max_tokens" : "max_completion_tokens";
  requireRoom(service, { maxTokens: maxLength, field }, [prompt]);
  const head = headOf(service, "chatcmpl", "chat.completion");
  const stop = stopsOf(request);
  const seed = seedOf(request);
  const constraint = constraintOf(service, request);

  const write = (
    signal: AbortSignal,
    piece?: (index: number, content: string, logprobs: readonly ChatLogprob[]) => void,
  ): Promise<readonly Written[]> =>
    Promise.all(
      Array.from({ length: n }, async (_, index): Promise<Written> => {
        const spelled = logprobsOf(service, prompt.text);
        let waiting: ChatLogprob[] = [];
        const take = () => {
          const taken = waiting;
          waiting = [];
          return taken;
        };
        const sample = await batcher.write({
          owner: request,
          prompt: prompt.text,
          ids: prompt.ids,
          seed,
          index,
          maxLength,
          stop,
          options,
          constraint: constraint(),
          alternatives,
          paused,
          signal,
          onToken: scored ? (token) => void waiting.push(spelled(token)) : undefined,
          onText: piece && ((content) => piece(index, content, take())),
        });
        return { sample, logprobs: waiting };
      }),
    );

  const listed = (content: readonly ChatLogprob[]) => (scored ? { content, refusal: null } : null);

  return {
    async answer(signal): Promise<ChatAnswer> {
      const written = await write(signal);
      return {
        ...head,
        choices: written.map(({ sample, logprobs }, index) => ({
          index,
          message: { role: "assistant", content: sample.text, refusal: null },
          logprobs: listed(logprobs),
          ...ending(sample, stop),
        })),
        usage: usageOf(prompt.tokens, tokensOf(written.map(({ sample }) => sample))),
      };
    },

    async stream(send, signal) {
      const { piece, usage } = chunks<ChatDelta>(send, { ...head, object: "chat.completion.chunk" }, request);
      const begun = new Set<number>();
      const written = await write(signal, (index, content, logprobs) => {
        if (!begun.has(index)) piece(index, { delta: { role: "assistant", content: "" } });
        begun.add(index);
        piece(index, { delta: { content }, logprobs: listed(logprobs) });
      });
      for (const [index, { sample, logprobs }] of written.entries())
        piece(index, { delta: {}, logprobs: listed(logprobs) }, ending(sample, stop));
      usage(usageOf(prompt.tokens, tokensOf(written.map(({ sample }) => sample))));
    },
  };
}

function logprobsOf({ lm }: Service, prompt: string): (token: ScoredToken) => ChatLogprob {
  const encoder = new TextEncoder();
  const spelled = spelling(lm, prompt);
  const named = (token: string, logprob: number) => ({ token, logprob, bytes: [...encoder.encode(token)] });
  return (scored) => {
    const { text, logProbability, alternatives } = spelled(scored);
    const top_logprobs = alternatives.map((other) => named(other.text, other.logProbability));
    return { ...named(text, logProbability), top_logprobs };
  };
}
