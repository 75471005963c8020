/**
 * The server's requests and answers, after OpenAI's API reference. A field that is not listed here is refused,
 * and so is a value that the model cannot honour.
 */
import { z } from "zod";
import { ids, isTokenId, list, numbersByName, oneOrList, texts } from "./fields.ts";

/** A field of OpenAI's API that has no effect here, so that only its neutral value is accepted. */
const only = <const T extends number | boolean>(neutral: T) =>
  z.literal(neutral, { error: `is not supported here; leave it out or send ${neutral}` }).nullish();

/** Alternatives of a token, at most. */
const MAX_ALTERNATIVES = 20;

/** Messages of a chat, and parts of one, at most; the text of all has a limit of its own. */
const MAX_MESSAGES = 4_096;

/** Characters of a text that ends what is written. */
const MAX_STOP = 1_024;

const stop = z.string().min(1, { error: "must not be an empty text" }).max(MAX_STOP);

/** The fields that both endpoints take. */
const sampling = {
  model: z.string(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  /** The next four are of vLLM's and llama.cpp's APIs, not of OpenAI's. */
  top_k: z.int().min(0).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().min(0.01).max(100).nullish(),
  /** The same, as llama.cpp's API names it. */
  repeat_penalty: z.number().min(0.01).max(100).nullish(),
  n: z.int().min(1).nullish(),
  stop: oneOrList(stop, 16).nullish(),
  seed: z.int().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  /** By token id. */
  logit_bias: numbersByName(isTokenId, "must be the id of a token", [-100, 100]).nullish(),
  response_format: z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("text") }),
      z.strictObject({ type: z.literal("json_object") }),
      z.strictObject({
        type: z.literal("json_schema"),
        json_schema: z.strictObject({
          name: z.string().optional(),
          description: z.string().nullish(),
          schema: z.unknown().optional(),
          /** Accepted and not used: a schema is always kept. */
          strict: z.boolean().nullish(),
        }),
      }),
    ])
    .nullish(),
  /** A schema, as vLLM's API has it, and as it had it. */
  structured_outputs: z
    .strictObject({ json: z.unknown().optional() })
    .refine(({ json }) => json !== undefined, { path: ["json"], error: "is missing" })
    .nullish(),
  guided_json: z.unknown().optional(),
  /** Accepted and not used. */
  user: z.string().nullish(),
};

export const completionRequest = z.strictObject({
  ...sampling,
  prompt: texts(0).default(""),
  /** Default 16, as OpenAI's. */
  max_tokens: z.int().min(0).nullish(),
  echo: z.boolean().nullish(),
  /** How many alternatives each token's log-probability comes with. */
  logprobs: z.int().min(0).max(MAX_ALTERNATIVES).nullish(),
  best_of: only(1),
});

const contentPart = z.strictObject({ type: z.literal("text"), text: z.string() });

/** Only an assistant's message may lack its text: one that calls a function has none. */
const message = z
  .strictObject({
    role: z.enum(["system", "developer", "user", "assistant"]),
    content: z.union([z.string(), list(contentPart, MAX_MESSAGES)], { error: "must be text" }).optional(),
    name: z.string().nullish(),
  })
  .refine(({ role, content }) => role === "assistant" || content !== undefined, {
    path: ["content"],
    error: "is missing",
  });

export const chatRequest = z.strictObject({
  ...sampling,
  messages: list(message, MAX_MESSAGES),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(MAX_ALTERNATIVES).nullish(),
  /** Other names that the chat template reads, as vLLM's API has them. */
  chat_template_kwargs: z.record(z.string(), z.unknown()).nullish(),
});

export const tokenizeRequest = z.strictObject({
  model: z.string().optional(),
  prompt: z.string(),
  /** Whether to begin with the end of text that the model expects before a prompt. Default false. */
  add_special_tokens: z.boolean().nullish(),
  return_token_strs: z.boolean().nullish(),
});

export const detokenizeRequest = z.strictObject({ model: z.string().optional(), tokens: ids().default([]) });

export const embeddingsRequest = z.strictObject({
  model: z.string(),
  input: texts(1),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  /** Accepted and not used. */
  user: z.string().nullish(),
});

export type TokenizeRequest = z.infer<typeof tokenizeRequest>;
export type DetokenizeRequest = z.infer<typeof detokenizeRequest>;
export type EmbeddingsRequest = z.infer<typeof embeddingsRequest>;
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
  /** The likeliest tokens at each place and the one that is there, by their texts; null for 0 alternatives, and for a first token. */
  readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[] | null;
  /** In characters (code points) of the choice's text. */
  readonly text_offset: readonly number[];
}

interface NamedLogprob {
  readonly token: string;
  readonly logprob: number;
  /** Of the token's text in UTF-8. */
  readonly bytes: readonly number[];
}

export interface ChatLogprob extends NamedLogprob {
  readonly top_logprobs: readonly NamedLogprob[];
}

export interface ChatLogprobs {
  readonly content: readonly ChatLogprob[];
  readonly refusal: null;
}

export interface EmbeddingsAnswer {
  readonly object: "list";
  readonly model: string;
  readonly data: readonly {
    readonly object: "embedding";
    readonly index: number;
    /** Numbers, or float32 little-endian in base64. */
    readonly embedding: readonly number[] | string;
  }[];
  readonly usage: Pick<Usage, "prompt_tokens" | "total_tokens">;
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
  readonly logprobs?: ChatLogprobs | null | undefined;
}

export type CompletionAnswer = Answer<"text_completion", CompletionChoice>;
export type ChatAnswer = Answer<"chat.completion", ChatChoice>;
