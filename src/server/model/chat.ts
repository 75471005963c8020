/**
 * `POST /v1/chat/completions`: what the model's chat template makes of the messages, continued. Models without one hold no
 * conversations: they continue the texts of the messages, joined by line breaks.
 */
import type { Batcher, ScoredToken } from "../../generate/batching/batcher.ts";
import type { Sample } from "../../generate/sample.ts";
import type { Continuation } from "../../text/stream-decoder.ts";
import { ApiError, about } from "../errors.ts";
import type { ChatAnswer, ChatDelta, ChatLogprob, ChatRequest } from "../messages.ts";
import { chunks, ending, headOf, type Job, type Paused, tokensOf, usageOf } from "./job.ts";
import {
  mostTokens,
  type ReadPrompt,
  readPrompt,
  requirePrompts,
  requireRoom,
  roomAfter,
  templatedPrompt,
} from "./prompts.ts";
import { spelling } from "./scored-texts.ts";
import { batcherOf, type Service } from "./service.ts";
import { stopsOf, textsOf } from "./texts.ts";

/** Most tokens of an answer, where the request gives no limit. */
const MAX_TOKENS = 256;

export async function chatJob(service: Service, request: ChatRequest, paused: Paused): Promise<Job> {
  const asked = await read(service, request, paused);
  const head = headOf(service, "chatcmpl", "chat.completion");
  const stop = stopsOf(request);
  const listed = (content: readonly ChatLogprob[]) => (asked.scored ? { content, refusal: null } : null);
  const used = (written: readonly Written[]) =>
    usageOf(asked.prompt.tokens, tokensOf(written.map(({ sample }) => sample)));
  return {
    async answer(signal): Promise<ChatAnswer> {
      const written = await writeAll(asked, signal);
      return {
        ...head,
        choices: written.map(({ sample, logprobs }, index) => ({
          index,
          message: { role: "assistant", content: sample.text, refusal: null },
          logprobs: listed(logprobs),
          ...ending(sample, stop),
        })),
        usage: used(written),
      };
    },

    async stream(send, signal) {
      const { piece, usage } = chunks<ChatDelta>(send, { ...head, object: "chat.completion.chunk" }, request);
      const begun = new Set<number>();
      // Clients need it of an answer without text too.
      const begin = (index: number) => {
        if (!begun.has(index)) piece(index, { delta: { role: "assistant", content: "" } });
        begun.add(index);
      };
      const written = await writeAll(asked, signal, (index, content, logprobs) => {
        begin(index);
        piece(index, { delta: { content }, logprobs: listed(logprobs) });
      });
      for (const [index, { sample, logprobs }] of written.entries()) {
        begin(index);
        piece(index, { delta: {}, logprobs: listed(logprobs) }, ending(sample, stop));
      }
      usage(used(written));
    },
  };
}

/** A request that can be answered. */
interface Asked {
  readonly service: Service;
  readonly batcher: Batcher;
  readonly prompt: ReadPrompt;
  readonly n: number;
  /** Whether log-probabilities are asked for. */
  readonly scored: boolean;
  readonly batched: ReturnType<typeof textsOf>;
}

interface Written {
  readonly sample: Sample;
  /** Those that no piece has had. */
  readonly logprobs: readonly ChatLogprob[];
}

/** @throws ApiError, UsageError or InputError for a request that cannot be answered */
async function read(service: Service, request: ChatRequest, paused: Paused): Promise<Asked> {
  const batcher = batcherOf(service);
  const text = textOf(service, request);
  const { max_tokens, max_completion_tokens, top_logprobs } = request;
  const scored = request.logprobs === true;
  if (typeof top_logprobs === "number" && !scored)
    throw new ApiError(400, "top_logprobs needs logprobs: true.", "invalid_value", "top_logprobs");
  requirePrompts(service, [text], "messages");
  const readAs = service.template() ? templatedPrompt : readPrompt;
  const prompt = await readAs(service, text, "messages", mostTokens(service));
  const most = Math.min(MAX_TOKENS, service.limits.maxTokens, roomAfter(service, prompt));
  const maxLength = max_completion_tokens ?? max_tokens ?? Math.max(1, most);
  const older = typeof max_completion_tokens !== "number" && typeof max_tokens === "number";
  const field = older ? "max_tokens" : "max_completion_tokens";
  requireRoom(service, { maxTokens: maxLength, field, promptField: "messages" }, [prompt]);
  const alternatives = scored ? (top_logprobs ?? 0) : undefined;
  const batched = textsOf(service, request, { maxLength, alternatives, paused });
  return { service, batcher, prompt, n: request.n ?? 1, scored, batched };
}

/** @param piece gets what is new of a choice */
function writeAll(
  { service, batcher, prompt, n, scored, batched }: Asked,
  signal: AbortSignal,
  piece?: (index: number, content: string, logprobs: readonly ChatLogprob[]) => void,
): Promise<readonly Written[]> {
  const write = async (index: number): Promise<Written> => {
    const spelled = logprobsOf(service, prompt.continuation);
    let waiting: ChatLogprob[] = [];
    const take = () => {
      const taken = waiting;
      waiting = [];
      return taken;
    };
    const text = batched(prompt, index, signal, {
      onToken: scored ? (token) => void waiting.push(spelled(token)) : undefined,
      onText: piece && ((content) => piece(index, content, take())),
    });
    return { sample: await batcher.write(text), logprobs: take() };
  };
  return Promise.all(Array.from({ length: n }, (_, index) => write(index)));
}

/** @throws ApiError 400 where the template refuses the conversation, and for settings of a template that is not there */
function textOf(service: Service, { messages, chat_template_kwargs }: ChatRequest): string {
  const plain = messages.map(({ content, ...message }) => ({
    ...message,
    content: Array.isArray(content) ? content.map((part) => part.text).join("") : (content ?? ""),
  }));
  const template = service.template();
  const variables = chat_template_kwargs ?? undefined;
  if (template) return about("messages", () => template.apply(plain, { variables }));
  if (chat_template_kwargs && Object.keys(chat_template_kwargs).length > 0)
    throw new ApiError(
      400,
      "chat_template_kwargs: this model has no chat template; leave it out.",
      "unsupported_parameter",
      "chat_template_kwargs",
    );
  return plain.map(({ content }) => content).join("\n");
}

function logprobsOf({ lm }: Service, continuation: Continuation): (token: ScoredToken) => ChatLogprob {
  const encoder = new TextEncoder();
  const spelled = spelling(lm, continuation);
  const named = (token: string, logprob: number) => ({ token, logprob, bytes: [...encoder.encode(token)] });
  return (scored) => {
    const { text, logProbability, alternatives } = spelled(scored);
    const top_logprobs = alternatives.map((other) => named(other.text, other.logProbability));
    return { ...named(text, logProbability), top_logprobs };
  };
}
