/**
 * An OpenAI-style service on this machine, for tests: it answers as it is told and remembers what it was asked.
 *
 * @example
 * const service = await startOpenAIServer(({ path }) => (path === "/chat/completions" ? chat("Hello") : missing));
 * const model = await openHosted("any", { apiKey: "k", baseURL: service.baseURL });
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Call {
  /** Below the base URL. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly authorization: string | undefined;
}

export interface Reply {
  /** 200 by default. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Sent as server-sent events. */
  readonly events?: readonly unknown[];
  /** Whether the events end as they should; otherwise the connection is cut. */
  readonly whole?: boolean;
  /** No answer at all. */
  readonly hangs?: boolean;
}

export interface OpenAIServer {
  readonly baseURL: string;
  /** Oldest first. */
  readonly calls: Call[];
  answer: (call: Call) => Reply;
  close(): Promise<void>;
}

export async function startOpenAIServer(answer: (call: Call) => Reply): Promise<OpenAIServer> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request.setEncoding("utf8")) text += piece;
    const path = request.url!.replace(/^\/v1/, "");
    const call = { path, body: JSON.parse(text || "null"), authorization: request.headers.authorization };
    calls.push(call);
    const { status = 200, headers = {}, json, events, whole = true, hangs } = self.answer(call);
    if (hangs) return;
    if (events === undefined) {
      response
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(JSON.stringify(json));
      return;
    }
    response.writeHead(status, { "content-type": "text/event-stream", ...headers });
    for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`);
    if (whole) response.end("data: [DONE]\n\n");
    else setTimeout(() => response.destroy(), 20);
  }).listen(0, "127.0.0.1");
  // A client in the same process may be kept from a connection for longer than the five seconds that are usual.
  server.keepAliveTimeout = 60_000;
  await once(server, "listening");
  const self: OpenAIServer = {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    answer,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return self;
}

export const usage = (prompt_tokens: number, completion_tokens: number) => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: prompt_tokens + completion_tokens,
});

/** A chat model's answer. */
export const chat = (content: string | null, more: object = {}): Reply => ({
  json: {
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop", ...more }],
    usage: usage(20, 5),
  },
});

/** A text model's answer. */
export const completion = (text: string, more: object = {}): Reply => ({
  json: {
    object: "text_completion",
    choices: [{ index: 0, text, finish_reason: "length", logprobs: null, ...more }],
    usage: usage(3, 4),
  },
});

/** A refusal. `retry-after-ms` keeps the package's back-off short. */
export const refusal = (status: number, error: object = {}): Reply => ({
  status,
  headers: { "retry-after-ms": "1" },
  json: { error: { message: "no", type: "invalid_request_error", param: null, code: null, ...error } },
});

/** How OpenAI answers on the completions endpoint for a chat model. */
export const chatOnly = refusal(404, {
  message: "This is a chat model and not supported in the v1/completions endpoint.",
  param: "model",
});
