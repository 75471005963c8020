/**
 * The two ways to let a service continue a text. The completions endpoint does just that; the chat endpoint gets a
 * plain instruction.
 */
import type OpenAI from "openai";
import type { APIError } from "openai";
import type { z } from "zod";
import { InputError } from "../../core/errors.ts";

/** One text to write. */
export interface WriteRequest {
  readonly prompt: string;
  readonly temperature: number;
  readonly topP: number;
  readonly maxLength: number;
  readonly stop: readonly string[];
  readonly seed: number;
}

export interface Written {
  readonly text: string;
  /** As the service says: `stop`, `length`, `content_filter`. */
  readonly finishReason: string | undefined;
  /** Which stop text ended it, null for the model itself, where the service says so (vLLM and `punchline serve`). */
  readonly stopReason: unknown;
  /** Why a model would not write. */
  readonly refusal: string | undefined;
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number } | undefined;
}

export interface WriteOptions {
  readonly client: OpenAI;
  readonly model: string;
  readonly signal: AbortSignal;
  /** Given: the answer is streamed. */
  readonly onText: ((piece: string) => void) | undefined;
}

/** The instruction for a chat model; the text itself is the user's message. */
export const INSTRUCTION =
  "Continue the text that the user sends, from where it stops. Answer with the continuation alone, in the " +
  "same language, style and form: do not repeat the text, do not comment on it, and add no quotation marks.";

/** The answer is no completion: the server does not know the endpoint, whatever its status says. */
export class NoSuchEndpoint extends Error {}

/** A streamed answer that stopped before its end. */
export class BrokenStream extends Error {}

/** Settings that a service has been found not to take, and how it spells the limit of tokens. */
export class Dialect {
  readonly #left: Set<string> = new Set();
  #limit: "max_tokens" | "max_completion_tokens" = "max_tokens";

  /** The settings of a request, as this service takes them. */
  settings({ temperature, topP, maxLength, stop, seed }: WriteRequest) {
    const all = { temperature, top_p: topP, seed, ...(stop.length > 0 ? { stop: [...stop] } : {}) };
    const kept = Object.entries(all).filter(([name]) => !this.#left.has(name));
    return { ...(Object.fromEntries(kept) as Partial<typeof all>), [this.#limit]: maxLength };
  }

  /**
   * Learns from a refusal, and says whether the request is worth another try: newer models take no
   * `max_tokens`, and some take no temperature, top-p or seed, which may be left out where they ask for
   * nothing special.
   */
  learn(error: APIError, { temperature, topP, seed }: WriteRequest): boolean {
    if (error.status !== 400 || !error.param) return false;
    if (error.param === "max_tokens" && this.#limit === "max_tokens") {
      this.#limit = "max_completion_tokens";
      return true;
    }
    const neutral: Readonly<Record<string, boolean>> = {
      temperature: temperature === 1,
      top_p: topP === 1,
      seed: seed === 0,
    };
    if (!neutral[error.param] || this.#left.has(error.param)) return false;
    this.#left.add(error.param);
    return true;
  }
}

export type Endpoint = (request: WriteRequest, dialect: Dialect, options: WriteOptions) => Promise<Written>;

export const completionsEndpoint: Endpoint = async (request, dialect, options) => {
  const { client, model, signal, onText } = options;
  const body = { model, prompt: request.prompt, ...dialect.settings(request) };
  if (!onText) {
    const { completion } = await import("./answers.ts");
    const { choices, usage } = await checked(client.completions.create(body, { signal }), completion);
    const choice = choices[0]!;
    return written(choice.text, choice, undefined, usage ?? undefined);
  }
  const stream = await client.completions.create(
    { ...body, stream: true, stream_options: { include_usage: true } },
    { signal },
  );
  const { completionChunk } = await import("./answers.ts");
  return collect(stream, completionChunk, options, (choice) => ({ text: choice.text }));
};

export const chatEndpoint: Endpoint = async (request, dialect, options) => {
  const { client, model, signal, onText } = options;
  const messages = [
    { role: "system" as const, content: INSTRUCTION },
    { role: "user" as const, content: request.prompt },
  ];
  const body = { model, messages, ...dialect.settings(request) };
  const joint = jointFor(request.prompt);
  if (!onText) {
    const { chatCompletion } = await import("./answers.ts");
    const { choices, usage } = await checked(
      client.chat.completions.create(body, { signal }),
      chatCompletion,
    );
    const choice = choices[0]!;
    const { content, refusal } = choice.message;
    return written(joint(content ?? ""), choice, refusal ?? undefined, usage ?? undefined);
  }
  const stream = await client.chat.completions.create(
    { ...body, stream: true, stream_options: { include_usage: true } },
    { signal },
  );
  let begun = false;
  const { chatChunk } = await import("./answers.ts");
  return collect(stream, chatChunk, options, ({ delta }) => {
    const piece = delta.content ?? "";
    const text = begun || piece === "" ? piece : joint(piece);
    begun ||= piece !== "";
    return { text, refusal: delta.refusal ?? undefined };
  });
};

/** A chat model begins its answer with a word, also where the text stops behind one: a space goes between. */
const jointFor = (prompt: string) => (text: string) =>
  /[\p{L}\p{N}]$/u.test(prompt) && /^[\p{L}\p{N}]/u.test(text) ? ` ${text}` : text;

/** An answer as `schema` says. @throws NoSuchEndpoint where it is something else, BrokenStream where it is cut */
export async function checked<T>(answer: PromiseLike<unknown>, schema: z.ZodType<T>): Promise<T> {
  const value = await Promise.resolve(answer).catch((error: unknown) => {
    if (error instanceof SyntaxError) throw new NoSuchEndpoint();
    throw error instanceof TypeError ? new BrokenStream() : error;
  });
  const { success, data } = schema.safeParse(value);
  if (!success) throw new NoSuchEndpoint();
  return data;
}

interface Ending {
  readonly finish_reason?: string | null | undefined;
  readonly stop_reason?: unknown;
}

interface Chunk<Choice> {
  readonly choices?: readonly Choice[] | null | undefined;
  readonly usage?: Written["usage"] | null | undefined;
}

async function collect<Choice extends Ending>(
  stream: AsyncIterable<unknown>,
  schema: z.ZodType<Chunk<Choice>>,
  { onText, signal }: WriteOptions,
  read: (choice: Choice) => { readonly text: string; readonly refusal?: string | undefined },
): Promise<Written> {
  let text = "";
  let refusal: string | undefined;
  let usage: Written["usage"];
  let last: Choice | undefined;
  for await (const event of whole(stream)) {
    const { success, data: chunk } = schema.safeParse(event);
    if (!success) throw new NoSuchEndpoint();
    usage = chunk.usage ?? usage;
    const choice = chunk.choices?.[0];
    if (!choice) continue;
    const piece = read(choice);
    if (piece.refusal) refusal = (refusal ?? "") + piece.refusal;
    if (choice.finish_reason) last = choice;
    if (piece.text !== "") onText?.(piece.text);
    text += piece.text;
  }
  signal.throwIfAborted(); // the package ends an aborted stream without a word
  if (!last) throw text === "" ? new NoSuchEndpoint() : new BrokenStream();
  return written(text, last, refusal, usage);
}

/** A stream that marks faults in reading, and not those in using what was read. */
async function* whole<T>(stream: AsyncIterable<T>): AsyncGenerator<T> {
  const items = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const item = await items.next().catch((error: unknown) => {
        const known = error instanceof InputError || (error instanceof Error && "status" in error);
        throw known ? error : new BrokenStream();
      });
      if (item.done) return;
      yield item.value;
    }
  } finally {
    await items.return?.();
  }
}

const written = (
  text: string,
  { finish_reason, stop_reason: stopReason }: Ending,
  refusal: string | undefined,
  usage: Written["usage"],
): Written => ({ text, finishReason: finish_reason ?? undefined, stopReason, refusal, usage });
