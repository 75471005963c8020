/**
 * Models behind an OpenAI-style API, through the official package: `OPENAI_API_KEY` is the key and
 * `OPENAI_BASE_URL` another service than OpenAI's own, such as vLLM, llama.cpp or `punchline serve`.
 *
 * The package tries again by itself, with a back-off that doubles from half a second to eight seconds or as
 * long as the service asks (Retry-After): where the connection fails or times out, and on the statuses 408,
 * 409, 429 and 500 and above.
 *
 * @example
 * const model = await openHosted("gpt-4o-mini");
 * const [{ text }] = await model.sample({ prompt: "Why did the chicken", maxLength: 40 });
 */
import type OpenAI from "openai";
import type { APIError } from "openai";
import { InputError, UsageError } from "../../core/errors.ts";
import {
  type Abortable,
  abortableNames,
  checkOptions,
  checkText,
  option,
  optionNames,
} from "../../core/options.ts";
import { inParallel } from "../../core/parallel.ts";
import { excerpt } from "../../core/printable.ts";
import { checkedEndpoint, checkedHeaders, checkedSecret } from "../../core/secret.ts";
import { limitedFetch } from "../../hub/limited-fetch.ts";
import type { ScoredText } from "../log-probabilities.ts";
import {
  changedOption,
  checkCount,
  MOST_TEXTS,
  type Sample,
  type SampleOptions,
  sampleOptionNames,
} from "../sample.ts";
import { piecesOf, type StreamOptions } from "../stream.ts";
import type { HostedModel } from "../text-model.ts";
import {
  BrokenStream,
  chatEndpoint,
  completionsEndpoint,
  Dialect,
  type Endpoint,
  NoSuchEndpoint,
  type WriteRequest,
  type Written,
} from "./endpoints.ts";
import { hostedFailure, quoted, type Service } from "./failure.ts";
import { chatNext, completionsNext, type NextToken } from "./next-token.ts";
import type { HostedUsage } from "./usage.ts";

export interface HostedOptions {
  /** Default: `OPENAI_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** Default: `OPENAI_BASE_URL`, else OpenAI's own. */
  readonly baseURL?: string | undefined;
  /** New tries after the first. Default 4. */
  readonly maxRetries?: number | undefined;
  /** Milliseconds until an answer must have begun. Default two minutes. */
  readonly timeoutMs?: number | undefined;
}

export const hostedOptionNames = optionNames<keyof HostedOptions>()("apiKey baseURL maxRetries timeoutMs");

const predictOptionNames = optionNames<"topK" | keyof Abortable>()("topK signal");

/** How names of hosted models begin. */
export const HOSTED_PREFIX = "openai:";

/** Bytes of an answer. */
const MAX_ANSWER = 64 << 20;
/** Seconds that a service may ask to wait before the next try. */
const MAX_WAIT = 60;

/** Requests under way at once. */
const PARALLEL = 8;

/**
 * A hosted model, given with or without `openai:`. Nothing is sent yet.
 * @throws InputError `hosted-no-key` where there is no key. UsageError for a name or address that cannot be one.
 */
export async function openHosted(name: string, options: HostedOptions = {}): Promise<HostedModel> {
  const model = name.startsWith(HOSTED_PREFIX) ? name.slice(HOSTED_PREFIX.length) : name;
  if (model.trim() === "") throw new UsageError(`"${name}" names no model; write openai:NAME.`);
  const key = checkedSecret("OPENAI_API_KEY", options.apiKey ?? process.env.OPENAI_API_KEY);
  if (!key)
    throw new InputError(
      "hosted-no-key",
      `OPENAI_API_KEY is not set, and ${HOSTED_PREFIX}${model} needs it: set it to the service's key, or to any word for a server that asks for none.`,
    );
  checkedHeaders("OPENAI_CUSTOM_HEADERS", process.env.OPENAI_CUSTOM_HEADERS); // the package itself reads it
  const { default: OpenAI } = await import("openai");
  const { maxRetries = 4, timeoutMs = 120_000 } = options;
  const given = options.baseURL ?? process.env.OPENAI_BASE_URL?.trim();
  const client = new OpenAI({
    apiKey: key,
    adminAPIKey: null,
    baseURL: given ? checkedEndpoint("OPENAI_BASE_URL", given, "http://127.0.0.1:8000/v1") : undefined,
    organization: checkedSecret("OPENAI_ORG_ID", process.env.OPENAI_ORG_ID) ?? null,
    project: checkedSecret("OPENAI_PROJECT_ID", process.env.OPENAI_PROJECT_ID) ?? null,
    fetch: patient(
      limitedFetch({ idleMs: timeoutMs + 1000, maxBytes: MAX_ANSWER, server: HOSTED_PREFIX + model }),
    ),
    maxRetries,
    timeout: timeoutMs,
    logLevel: "off",
  });
  const service = {
    name: HOSTED_PREFIX + model,
    model,
    baseURL: client.baseURL,
    key,
    timeoutMs,
    maxRetries,
    OpenAI,
  };
  return new Hosted(client, service);
}

/** A service that asks for a longer wait is not tried again: nobody would see why nothing happens. */
const patient =
  (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  async (input, init) => {
    const response = await fetch(input, init);
    const milliseconds = Number(response.headers.get("retry-after-ms") ?? Number.NaN);
    const asked = response.headers.get("retry-after") ?? "";
    const seconds = Number.isNaN(Number(asked)) ? (Date.parse(asked) - Date.now()) / 1000 : Number(asked);
    if (!(milliseconds / 1000 > MAX_WAIT || (Number.isNaN(milliseconds) && seconds > MAX_WAIT)))
      return response;
    // A new response: Node 20 at times refuses to change the headers of this one as immutable.
    const { body, status, statusText } = response;
    const headers = new Headers(response.headers);
    headers.set("x-should-retry", "false");
    return new Response(body, { status, statusText, headers });
  };

class Hosted implements HostedModel {
  readonly kind = "hosted";
  readonly #client: OpenAI;
  readonly #service: Service;
  readonly #dialect = new Dialect();
  /** Known after the first text. */
  #endpoint: Endpoint | undefined;
  #usage: HostedUsage = { requests: 0, promptTokens: 0, completionTokens: 0, uncounted: 0 };

  constructor(client: OpenAI, service: Service) {
    this.#client = client;
    this.#service = service;
  }

  get name(): string {
    return this.#service.name;
  }

  get usage(): HostedUsage {
    return this.#usage;
  }

  /**
   * One request for each text, the k-th with the seed `seed + k`, which services follow as well as they can.
   * Text k is the continuation as the service gives it; `ids` and `logProbabilities` are empty.
   */
  async sample(options: SampleOptions = {}): Promise<Sample[]> {
    checkOptions(options, sampleOptionNames);
    const { prompt = "", n = 1, seed = 0, batch = PARALLEL, onText } = options;
    const { temperature = 1, topP = 1, maxLength = 200, stop = [] } = options;
    this.#refuse(options);
    const failed = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
    const samples = new Array<Sample>(n);
    const write = async (k: number) => {
      const request = { prompt, temperature, topP, maxLength, stop, seed: seed + k };
      const written = await this.#write(request, signal, onText && ((piece) => onText(k, piece)));
      samples[k] = this.#sampleOf(request, written);
    };
    try {
      await write(0); // alone, since it finds out what the service has
      await inParallel(n - 1, batch, (k) => write(k + 1));
    } catch (error) {
      failed.abort();
      throw hostedFailure(error, this.#service, options.signal);
    }
    return samples;
  }

  stream(options: StreamOptions = {}): AsyncGenerator<string, void, undefined> {
    return piecesOf(options, (all) => this.sample(all));
  }

  async score(text: string, options: Abortable = {}): Promise<ScoredText> {
    checkText(text);
    const { signal } = checkOptions(options, abortableNames);
    const refusal = `${this.name} cannot be scored: its service gives no log-probabilities of a given text (completions with echo and logprobs)`;
    return this.#logProbabilities(refusal, signal, async () => {
      const { model } = this.#service;
      const body = { model, prompt: text, max_tokens: 0, echo: true, logprobs: 1, temperature: 0 };
      const answer = await this.#client.completions.create(body, { signal });
      const { scored } = await import("./answers.ts");
      const { success, data } = scored.safeParse(answer);
      if (!success) return undefined;
      this.#count(data.usage ?? undefined);
      const { tokens, token_logprobs: found, text_offset: offsets } = data.choices[0]!.logprobs;
      if (found.length !== tokens.length) return undefined;
      return {
        tokens: offsets ? piecesAt(text, offsets) : tokens,
        logProbabilities: found.map((value: number | null) => value ?? undefined),
      };
    });
  }

  async predict(
    prompt: string,
    options: { readonly topK: number } & Abortable,
  ): Promise<readonly NextToken[]> {
    const { topK, signal } = checkOptions(options, predictOptionNames);
    const refusal = `What ${this.name} finds likeliest cannot be asked: its service gives no log-probabilities of the next token`;
    const ask = this.#endpoint === chatEndpoint ? chatNext : completionsNext;
    return this.#logProbabilities(refusal, signal, async () => {
      const { model } = this.#service;
      const found = await ask({ client: this.#client, model, prompt, topK, signal });
      this.#count(undefined);
      return found?.length === 0 ? undefined : found;
    });
  }

  /** What `ask` gives; undefined, or an answer that means so, is the `refusal`. */
  async #logProbabilities<T>(
    refusal: string,
    signal: AbortSignal | undefined,
    ask: () => Promise<T | undefined>,
  ): Promise<T> {
    const no = (reason: string) => new InputError("hosted-no-score", `${refusal}${reason}.`);
    let found: T | undefined;
    try {
      found = await ask();
    } catch (error) {
      const { APIError } = this.#service.OpenAI;
      if (error instanceof APIError && cannotScore(error)) throw no(quoted(error, this.#service));
      throw hostedFailure(error, this.#service, signal);
    }
    if (found === undefined) throw no("");
    return found;
  }

  async release(): Promise<void> {}

  #refuse(options: SampleOptions): void {
    const { n = 1, maxLength = 200 } = options;
    checkCount("n", n, MOST_TEXTS);
    checkCount("maxLength", maxLength);
    const unknown = { topK: 0, minP: 0, repetitionPenalty: 1, slide: false, beams: undefined };
    const name = changedOption(options, unknown);
    if (name !== undefined)
      throw new UsageError(
        `${this.name} cannot honour ${option(name)}: OpenAI-style services have no such option; leave it out.`,
        { option: name },
      );
  }

  async #write(
    request: WriteRequest,
    signal: AbortSignal,
    onText: ((piece: string) => void) | undefined,
  ): Promise<Written> {
    const { model, baseURL } = this.#service;
    const options = { client: this.#client, model, signal, onText };
    for (;;) {
      const endpoint = this.#endpoint ?? completionsEndpoint;
      try {
        if (endpoint === chatEndpoint && request.prompt === "")
          throw new UsageError(
            `${this.name} is asked through chat and needs a text to continue; give ${option("prompt")}.`,
            { option: "prompt" },
          );
        const written = await endpoint(request, this.#dialect, options);
        this.#endpoint = endpoint;
        this.#count(written.usage);
        return written;
      } catch (error) {
        const { APIError } = this.#service.OpenAI;
        if (error instanceof APIError && this.#dialect.learn(error, request)) continue;
        if (this.#endpoint === undefined && isForeign(error, APIError)) this.#endpoint = chatEndpoint;
        else if (error instanceof NoSuchEndpoint)
          throw new InputError(
            "hosted-strange",
            `${baseURL} does not answer as an OpenAI-style API does; check OPENAI_BASE_URL.`,
          );
        else if (error instanceof BrokenStream)
          throw new InputError("hosted-cut", `${baseURL} broke off its answer for ${this.name}; try again.`);
        else throw error;
      }
    }
  }

  #count(usage: Written["usage"]): void {
    const { requests, promptTokens, completionTokens, uncounted } = this.#usage;
    this.#usage = {
      requests: requests + 1,
      promptTokens: promptTokens + (usage?.prompt_tokens ?? 0),
      completionTokens: completionTokens + (usage?.completion_tokens ?? 0),
      uncounted: uncounted + (usage ? 0 : 1),
    };
  }

  #sampleOf({ prompt, stop }: WriteRequest, written: Written): Sample {
    const { text, finishReason, stopReason, refusal, usage } = written;
    if (refusal || finishReason === "content_filter") {
      const said = refusal ? `: "${excerpt(refusal, 300)}"` : " (content filter)";
      throw new InputError("hosted-declined", `${this.name} declines to continue the prompt${said}.`);
    }
    // Most services do not tell their model's own end from a stop text.
    const stopped = stopReason === undefined ? stop.length > 0 : stopReason !== null;
    const finish = finishReason === "length" ? "length" : stopped ? "stop" : "eos";
    const tokens = usage?.completion_tokens ?? Number.NaN;
    return { prompt, text, tokens, finish, ids: [], logProbabilities: [] };
  }
}

/** The parts of a text that begin at `offsets`, in characters (code points). */
function piecesAt(text: string, offsets: readonly number[]): string[] {
  const characters = [...text];
  return offsets.map((from, i) => characters.slice(from, offsets[i + 1]).join(""));
}

/** Whether an answer of the completions endpoint means that only chat may help. */
function isForeign(error: unknown, APIError: typeof OpenAI.APIError): boolean {
  if (error instanceof NoSuchEndpoint) return true;
  if (!(error instanceof APIError) || error.code === "model_not_found") return false;
  const { status = 0, message } = error;
  return [404, 405, 501].includes(status) || (status === 400 && /\bchat\b/i.test(message));
}

/** Whether a refusal means that a service scores no texts, rather than that it cannot take this one. */
function cannotScore({ status = 0, code, message }: APIError): boolean {
  if (code === "model_not_found") return false;
  return (
    [404, 405, 501].includes(status) ||
    ([400, 422].includes(status) && /echo|logprob|chat|max_tokens/i.test(message))
  );
}
