/** The texts of a request, as the batcher takes them. */
import { randomInt } from "node:crypto";
import type { TextRequest } from "../../generate/batching/batcher.ts";
import type { ScoreOptions } from "../../generate/batching/penalties.ts";
import { ApiError } from "../errors.ts";
import type { SamplingRequest } from "../messages.ts";
import { constraintOf } from "./constraint.ts";
import type { Paused } from "./job.ts";
import { type ReadPrompt, requireIds } from "./prompts.ts";
import type { Service } from "./service.ts";

/** What one text gets besides what all of its request have: the numbers and pieces of an answer. */
type Taking = Pick<TextRequest, "onScores" | "onToken" | "onText">;

/**
 * What gives each text of a request to the batcher.
 * @throws ApiError, UsageError or InputError for options that cannot be kept
 */
export function textsOf(
  service: Service,
  request: SamplingRequest,
  settings: Pick<TextRequest, "maxLength" | "alternatives"> & { readonly paused: Paused },
): (prompt: ReadPrompt, index: number, signal: AbortSignal, taking: Taking) => TextRequest {
  const shared = {
    ...settings,
    owner: request,
    seed: request.seed ?? randomInt(2 ** 32),
    stop: stopsOf(request),
    options: scoreOptions(service, request),
  };
  const constraint = constraintOf(service, request);
  return ({ text, ids, continuation }, index, signal, taking) => ({
    ...shared,
    ...taking,
    prompt: text,
    ids,
    continuation,
    index,
    signal,
    constraint: constraint(),
  });
}

/** What shapes the choice of tokens, of both kinds of requests. */
function scoreOptions(service: Service, request: SamplingRequest): ScoreOptions {
  const { temperature, top_p, top_k, min_p, logit_bias } = request;
  const bias = Object.entries(logit_bias ?? {}).map(([id, value]) => [Number(id), value] as const);
  requireIds(
    service,
    bias.map(([id]) => id),
    "logit_bias",
  );
  return {
    temperature: temperature ?? 1,
    topP: top_p ?? 1,
    topK: top_k ?? 0,
    minP: min_p ?? 0,
    repetitionPenalty: repetitionPenalty(request),
    presencePenalty: request.presence_penalty ?? 0,
    frequencyPenalty: request.frequency_penalty ?? 0,
    logitBias: new Map(bias),
  };
}

/** @throws ApiError 400 where both of its names have a value */
function repetitionPenalty({ repetition_penalty, repeat_penalty }: SamplingRequest): number {
  if (typeof repetition_penalty === "number" && typeof repeat_penalty === "number")
    throw new ApiError(
      400,
      "repetition_penalty and repeat_penalty are the same; send one of them.",
      "invalid_value",
      "repeat_penalty",
    );
  return repetition_penalty ?? repeat_penalty ?? 1;
}

export const stopsOf = ({ stop }: SamplingRequest): readonly string[] =>
  typeof stop === "string" ? [stop] : (stop ?? []);
