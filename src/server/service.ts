/** What the routes share: the model, its name, the queue, and the way from a request to texts. */
import { randomInt } from "node:crypto";
import type { Context } from "hono";
import type { z } from "zod";
import { type LocalModel, type Sample, type SampleOptions, tokenPieces } from "../index.ts";
import { ApiError } from "./errors.ts";
import type { SamplingRequest, Usage } from "./messages.ts";
import { Queue } from "./queue.ts";

export interface Service {
  readonly model: LocalModel;
  /** The model's name in requests and answers. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly queue: Queue;
}

export function createService(model: LocalModel, id: string): Service {
  return { model, id, created: Math.floor(Date.now() / 1000), queue: new Queue() };
}

/**
 * The body of a request.
 * @throws ApiError 415 where it is not sent as JSON (which also keeps other web pages out), 400 where it is
 * not what `schema` says, 404 where it asks for another model
 */
export async function readRequest<T extends { readonly model: string }>(
  context: Context,
  schema: z.ZodType<T>,
  { id }: Service,
): Promise<T> {
  const type = context.req.header("content-type") ?? "";
  if (!/^application\/json\b/i.test(type))
    throw new ApiError(415, "Send JSON, with content-type: application/json.", "not_json");
  const text = await context.req.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(400, "The body is not JSON.", "not_json");
  }
  const { success, data, error } = schema.safeParse(body);
  if (!success) throw invalid(error);
  if (data.model !== id) {
    throw new ApiError(
      404,
      `There is no model "${data.model}" here, only "${id}".`,
      "model_not_found",
      "model",
    );
  }
  return data;
}

function invalid(error: z.ZodError): ApiError {
  const issue = error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const field = [...issue.path, issue.keys[0]].join(".");
    return new ApiError(400, `${field} is not supported here; leave it out.`, "unsupported_parameter", field);
  }
  const field = issue.path.join(".");
  const code = issue.code === "invalid_value" ? "unsupported_value" : "invalid_value";
  return new ApiError(400, field ? `${field}: ${issue.message}.` : `${issue.message}.`, code, field || null);
}

/** The options of a request that both endpoints have. */
export function sampleOptions(
  request: SamplingRequest,
): SampleOptions & { readonly stop: readonly string[] } {
  const { temperature, top_p, top_k, min_p, repetition_penalty, n, stop, seed } = request;
  return {
    temperature: temperature ?? 1,
    topP: top_p ?? 1,
    topK: top_k ?? 0,
    minP: min_p ?? 0,
    repetitionPenalty: repetition_penalty ?? 1,
    n: n ?? 1,
    stop: stop === null || stop === undefined ? [] : typeof stop === "string" ? [stop] : stop,
    seed: seed ?? randomInt(2 ** 32),
  };
}

/**
 * Tokens of a prompt, and how many may follow it: Infinity for models without a bounded context.
 * @throws UsageError where the vocabulary cannot spell it
 */
export function roomAfter(
  { model }: Service,
  prompt: string,
): { readonly tokens: number; readonly room: number } {
  const { tokenizer, model: network } = model.lm;
  const tokens = tokenizer.encode(prompt).length;
  // A model that carries no state sees the end of the text, however long it is.
  const bounded = Object.keys(network.state(1)).length > 0;
  return { tokens, room: bounded ? network.contextLength - Math.max(1, tokens) : Number.POSITIVE_INFINITY };
}

/** @throws ApiError 400 `context_length_exceeded` */
export function requireRoom(
  { model }: Service,
  wanted: number,
  { tokens, room }: ReturnType<typeof roomAfter>,
): void {
  if (wanted <= room) return;
  throw new ApiError(
    400,
    `This model sees at most ${model.lm.model.contextLength} tokens at once; the prompt has ${tokens} and up to ${wanted} more were asked for.`,
    "context_length_exceeded",
    "max_tokens",
  );
}

export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** Tokens written in all. */
export const tokensOf = (samples: readonly Sample[]): number =>
  samples.reduce((sum, { tokens }) => sum + tokens, 0);

/** The pieces of text that a sample's tokens stand for, without the end of text. */
export const piecesOf = ({ model }: Service, { finish, ids }: Sample): readonly string[] =>
  tokenPieces(model.lm.tokenizer, finish === "eos" ? ids.slice(0, -1) : ids);

/** How a sample ended, in the API's words. */
export function ending({ finish }: Sample, stop: readonly string[]) {
  if (finish === "length") return { finish_reason: "length" as const };
  const reason = finish === "eos" ? null : stop.length === 1 ? stop[0]! : undefined;
  return { finish_reason: "stop" as const, ...(reason === undefined ? {} : { stop_reason: reason }) };
}
