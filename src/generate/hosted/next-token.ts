/** What a service says comes next, where it gives log-probabilities of the likeliest tokens. */
import type OpenAI from "openai";
import { INSTRUCTION } from "./endpoints.ts";

export interface NextToken {
  readonly token: string;
  readonly probability: number;
}

export interface NextRequest {
  readonly client: OpenAI;
  readonly model: string;
  readonly prompt: string;
  readonly topK: number;
  readonly signal: AbortSignal | undefined;
}

/** The most alternatives that OpenAI's endpoints give. */
const MOST = { completions: 5, chat: 20 } as const;

/** By the completions endpoint. Undefined where the answer has no log-probabilities. */
export async function completionsNext(request: NextRequest): Promise<readonly NextToken[] | undefined> {
  const { client, model, prompt, topK, signal } = request;
  const logprobs = Math.min(topK, MOST.completions);
  const body = { model, prompt, max_tokens: 1, temperature: 0, logprobs };
  const { nextCompletion } = await import("./answers.ts");
  const { success, data } = nextCompletion.safeParse(await client.completions.create(body, { signal }));
  return success ? listed(Object.entries(data.choices[0]!.logprobs.top_logprobs[0]!)) : undefined;
}

/** By the chat endpoint, with the instruction to continue the text. */
export async function chatNext(request: NextRequest): Promise<readonly NextToken[] | undefined> {
  const { client, model, prompt, topK, signal } = request;
  const messages = [
    { role: "system" as const, content: INSTRUCTION },
    { role: "user" as const, content: prompt },
  ];
  const body = {
    model,
    messages,
    max_completion_tokens: 1,
    temperature: 0,
    logprobs: true,
    top_logprobs: Math.min(topK, MOST.chat),
  };
  const { nextChat } = await import("./answers.ts");
  const { success, data } = nextChat.safeParse(await client.chat.completions.create(body, { signal }));
  if (!success) return undefined;
  return listed(
    data.choices[0]!.logprobs.content[0]!.top_logprobs.map(({ token, logprob }) => [token, logprob]),
  );
}

const listed = (pairs: readonly (readonly [string, number])[]): readonly NextToken[] =>
  pairs
    .map(([token, logProbability]) => ({ token, probability: Math.exp(logProbability) }))
    .sort((a, b) => b.probability - a.probability);
