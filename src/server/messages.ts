/**
 * The server's requests and answers, after OpenAI's API reference. A field that is not listed here is refused,
 * and so is a value that the model cannot honour.
 */
import { z } from "zod";

/** A field of OpenAI's API that has no effect here, so that only its neutral value is accepted. */
const only = <const T extends number | boolean>(neutral: T) =>
  z.literal(neutral, { error: `is not supported here; leave it out or send ${neutral}` }).nullish();

const stop = z.string().min(1, { error: "must not be an empty text" });

/** The fields that both endpoints take. */
const sampling = {
  model: z.string(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  /** The next three are of vLLM's and llama.cpp's APIs, not of OpenAI's. */
  top_k: z.int().min(0).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().min(0.01).max(100).nullish(),
  n: z.int().min(1).nullish(),
  stop: z.union([stop, z.array(stop).max(16)]).nullish(),
  seed: z.int().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).nullish(),
  presence_penalty: only(0),
  frequency_penalty: only(0),
  logit_bias: z.strictObject({}, { error: "is not supported here; leave it out" }).nullish(),
  /** Accepted and not used. */
  user: z.string().nullish(),
};

export const completionRequest = z.strictObject({
  ...sampling,
  prompt: z
    .union([z.string(), z.array(z.string())], { error: "must be a text or a list of texts" })
    .default(""),
  /** Default 16, as OpenAI's. */
  max_tokens: z.int().min(0).nullish(),
  echo: z.boolean().nullish(),
  /** Of the chosen tokens; no alternatives. */
  logprobs: z.int().min(0).max(1, { error: "gives the chosen tokens alone: send 0 or 1" }).nullish(),
  best_of: only(1),
});

const contentPart = z.strictObject({ type: z.literal("text"), text: z.string() });

/** Only an assistant's message may lack its text: one that calls a function has none. */
const message = z
  .strictObject({
    role: z.enum(["system", "developer", "user", "assistant"]),
    content: z.union([z.string(), z.array(contentPart)], { error: "must be text" }).optional(),
    name: z.string().nullish(),
  })
  .refine(({ role, content }) => role === "assistant" || content !== undefined, {
    path: ["content"],
    error: "is missing",
  });

export const chatRequest = z.strictObject({
  ...sampling,
  messages: z.array(message),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: only(0),
  response_format: z.strictObject({ type: z.literal("text") }).nullish(),
});

export type CompletionRequest = z.infer<typeof completionRequest>;
export type ChatRequest = z.infer<typeof chatRequest>;
export type SamplingRequest = Pick<ChatRequest, keyof typeof sampling>;

export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: "invalid_request_error" | "server_error";
    readonly param: string | null;
    readonly code: string | null;
  };
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

export interface ModelCard {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
}

type FinishReason = "stop" | "length";

interface Answer<Kind extends string, Choice> {
  readonly id: string;
  readonly object: Kind;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly choices: readonly Choice[];
  readonly usage?: Usage | null | undefined;
}

export interface CompletionChoice {
  readonly index: number;
  readonly text: string;
  readonly logprobs: CompletionLogprobs | null;
  readonly finish_reason: FinishReason | null;
  /** As vLLM gives it: null where the model ended the text itself, else the stop text. */
  readonly stop_reason?: string | null | undefined;
}

export interface CompletionLogprobs {
  readonly tokens: readonly string[];
  /** Natural logarithms; null for a first token that nothing precedes. */
  readonly token_logprobs: readonly (number | null)[];
  readonly top_logprobs: null;
  /** In characters (code points) of the choice's text. */
  readonly text_offset: readonly number[];
}

export interface ChatLogprobs {
  readonly content: readonly {
    readonly token: string;
    readonly logprob: number;
    readonly bytes: readonly number[];
    readonly top_logprobs: readonly never[];
  }[];
  readonly refusal: null;
}

export interface ChatChoice {
  readonly index: number;
  readonly message: { readonly role: "assistant"; readonly content: string; readonly refusal: null };
  readonly logprobs: ChatLogprobs | null;
  readonly finish_reason: FinishReason;
  readonly stop_reason?: string | null | undefined;
}

/** What a piece of a streamed chat holds. */
export interface ChatDelta {
  readonly delta: { readonly role?: "assistant" | undefined; readonly content?: string | undefined };
}

export type CompletionAnswer = Answer<"text_completion", CompletionChoice>;
export type ChatAnswer = Answer<"chat.completion", ChatChoice>;
