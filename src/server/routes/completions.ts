/** `POST /v1/completions`: continuations of texts, and the log-probabilities of texts (`echo`). */
import { logProbabilities } from "../../generate/log-probabilities.ts";
import type { Sample, SampleOptions } from "../../generate/sample.ts";
import { ApiError } from "../errors.ts";
import type { App } from "../guard.ts";
import {
  type CompletionAnswer,
  type CompletionChoice,
  type CompletionLogprobs,
  type CompletionRequest,
  completionRequest,
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

export const completionRoutes = (service: Service, report: (error: unknown) => void): App =>
  jobRoute(service, report, completionRequest, (request) => completionJob(service, request));

/** @throws ApiError, UsageError, InputError for a request that cannot be answered */
function completionJob(service: Service, request: CompletionRequest): Job {
  const prompts = typeof request.prompt === "string" ? [request.prompt] : request.prompt;
  const options = sampleOptions(request);
  const maxLength = request.max_tokens ?? 16;
  const scored = typeof request.logprobs === "number";
  if (maxLength === 0 && !request.echo)
    throw new ApiError(400, "max_tokens may be 0 only with echo.", "invalid_value", "max_tokens");
  if (request.stream && (scored || request.echo)) {
    const field = scored ? "logprobs" : "echo";
    throw new ApiError(400, `${field} is not supported with stream.`, "unsupported_parameter", field);
  }
  requirePrompts(service, prompts, request.n ?? 1);
  const rooms = prompts.map((prompt) => roomAfter(service, prompt));
  requireRoom(service, { maxTokens: maxLength, field: "max_tokens" }, rooms);
  const promptTokens = rooms.reduce((sum, { tokens }) => sum + tokens, 0);
  const head = headOf(service, "cmpl", "text_completion");

  /** The samples of one prompt; with `max_tokens: 0`, as many empty texts. */
  async function samplesOf(
    prompt: string,
    more: Pick<SampleOptions, "signal" | "onText">,
  ): Promise<readonly Sample[]> {
    if (maxLength > 0) return service.model.sample({ ...options, prompt, maxLength, ...more });
    const none: Sample = { prompt, text: "", tokens: 0, finish: "length", ids: [], logProbabilities: [] };
    return new Array<Sample>(options.n ?? 1).fill(none);
  }

  return {
    async answer(signal): Promise<CompletionAnswer> {
      const choices: CompletionChoice[] = [];
      let written = 0;
      for (const prompt of prompts) {
        const text = service.read(prompt);
        const scores =
          scored && request.echo ? await logProbabilities(service.model, text, { signal }) : undefined;
        for (const sample of await samplesOf(prompt, { signal })) {
          written += sample.tokens;
          choices.push({
            index: choices.length,
            text: (request.echo ? text : "") + sample.text,
            logprobs: scored ? logprobsOf(service, scores, sample) : null,
            ...ending(sample, options.stop),
          });
        }
      }
      return { ...head, choices, usage: usageOf(promptTokens, written) };
    },

    async stream(send, signal) {
      const { piece, usage } = chunks<Pick<CompletionChoice, "text">>(send, head, request);
      let first = 0;
      let written = 0;
      for (const prompt of prompts) {
        const onText = (k: number, text: string) => piece(first + k, { text });
        const samples = await samplesOf(prompt, { signal, onText });
        for (const [k, sample] of samples.entries())
          await piece(first + k, { text: "" }, ending(sample, options.stop));
        written += tokensOf(samples);
        first += samples.length;
      }
      await usage(usageOf(promptTokens, written));
    },
  };
}

/** @param prompt the scores of the prompt, where the choice begins with it */
function logprobsOf(
  service: Service,
  prompt: Awaited<ReturnType<typeof logProbabilities>> | undefined,
  sample: Sample,
): CompletionLogprobs {
  const written = piecesOf(service, sample);
  const tokens = [...(prompt?.tokens ?? []), ...written];
  let offset = 0;
  const text_offset = tokens.map((token) => {
    const start = offset;
    offset += [...token].length;
    return start;
  });
  const before = Array.from(prompt?.logProbabilities ?? [], (value) => value ?? null);
  const token_logprobs = [...before, ...sample.logProbabilities.slice(0, written.length)];
  return { tokens, token_logprobs, top_logprobs: null, text_offset };
}
