import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Call,
  chat,
  chatOnly,
  completion,
  type OpenAIServer,
  type Reply,
  refusal,
  startOpenAIServer,
  usage,
} from "../../../test/openai-server.ts";
import { type HostedOptions, openHosted } from "./hosted-model.ts";
import { costOf } from "./usage.ts";

const key = "sk-secret-0123456789";
let service: OpenAIServer;
beforeAll(async () => {
  service = await startOpenAIServer(() => chatOnly);
});
afterAll(() => service.close());
beforeEach(() => {
  service.calls.length = 0;
});

/** A model whose service answers as `answer` says. */
function hosted(answer: (call: Call) => Reply, options: HostedOptions = {}) {
  service.answer = answer;
  return openHosted("openai:joker", { apiKey: key, baseURL: service.baseURL, maxRetries: 2, ...options });
}

/** A service of chat models, as OpenAI's. */
const chats =
  (answer: (call: Call) => Reply) =>
  (call: Call): Reply =>
    call.path === "/chat/completions" ? answer(call) : chatOnly;

const paths = () => service.calls.map(({ path }) => path);

describe("sample", () => {
  it("asks the completions endpoint, with every setting, once for each text", async () => {
    const model = await hosted(({ body }) =>
      completion(` text ${body.seed}`, { stop_reason: null, finish_reason: "stop" }),
    );
    const samples = await model.sample({
      prompt: "Why",
      n: 3,
      seed: 7,
      temperature: 0.5,
      topP: 0.9,
      maxLength: 30,
      stop: ["\n"],
    });
    expect(samples.map(({ text }) => text)).toEqual([" text 7", " text 8", " text 9"]);
    expect(samples[0]).toEqual({
      prompt: "Why",
      text: " text 7",
      tokens: 4,
      finish: "eos",
      ids: [],
      logProbabilities: [],
    });
    expect(service.calls[0]).toEqual({
      path: "/completions",
      authorization: `Bearer ${key}`,
      body: {
        model: "joker",
        prompt: "Why",
        temperature: 0.5,
        top_p: 0.9,
        seed: 7,
        stop: ["\n"],
        max_tokens: 30,
      },
    });
    expect(model.usage).toEqual({ requests: 3, promptTokens: 9, completionTokens: 12, uncounted: 0 });
    expect(costOf(model.usage, { in: 1, out: 10 })).toBeCloseTo(129e-6, 12);
  });

  it("falls back to chat, with an instruction, where the model is one for chat", async () => {
    const model = await hosted(chats(() => chat("the chicken")));
    const samples = await model.sample({ prompt: "Why did", n: 2 });
    // A chat model begins with a word; the prompt ended with one.
    expect(samples.map(({ text, finish }) => [text, finish])).toEqual([
      [" the chicken", "eos"],
      [" the chicken", "eos"],
    ]);
    expect(paths()).toEqual(["/completions", "/chat/completions", "/chat/completions"]);
    const { messages } = service.calls[1]!.body;
    expect(messages).toEqual([
      { role: "system", content: expect.stringMatching(/^Continue the text/) },
      { role: "user", content: "Why did" },
    ]);
  });

  it("takes a chat answer at the wrong door for what it is", async () => {
    const model = await hosted(() => chat(" yes"));
    expect((await model.sample({ prompt: "x" }))[0]!.text).toBe(" yes");
    expect(paths()).toEqual(["/completions", "/chat/completions"]);
  });

  it("streams what it returns, with the counts", async () => {
    const model = await hosted(
      chats(() => ({
        events: [
          { choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] },
          { choices: [{ index: 0, delta: { content: "the 🐔" }, finish_reason: null }] },
          { choices: [{ index: 0, delta: { content: " did" }, finish_reason: null }] },
          { choices: [{ index: 0, delta: {}, finish_reason: "length" }] },
          { choices: [], usage: usage(11, 6) },
        ],
      })),
    );
    const pieces: string[] = [];
    const [sample] = await model.sample({ prompt: "Why", onText: (_, piece) => pieces.push(piece) });
    expect(pieces).toEqual([" the 🐔", " did"]);
    const streamed: string[] = [];
    for await (const piece of model.stream({ prompt: "Why" })) streamed.push(piece);
    expect(streamed).toEqual(pieces);
    expect(sample).toMatchObject({ text: " the 🐔 did", tokens: 6, finish: "length" });
    expect(service.calls[1]!.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it("spells the limit as newer models want it, and leaves out neutral settings that a model does not take", async () => {
    const unsupported = (param: string) => refusal(400, { param, code: "unsupported_parameter" });
    const model = await hosted(
      chats(({ body }) => {
        if ("max_tokens" in body) return unsupported("max_tokens");
        if ("top_p" in body) return unsupported("top_p");
        return chat(" ok");
      }),
    );
    await model.sample({ prompt: "x", n: 2, maxLength: 9 });
    expect(service.calls.at(-1)!.body).toMatchObject({ max_completion_tokens: 9, temperature: 1 });
    expect(paths()).toHaveLength(5); // what was learnt holds for the second text
    await expect(model.sample({ prompt: "x", topP: 0.5 })).resolves.toHaveLength(1);
  });

  it("does not leave out what was asked for", async () => {
    const model = await hosted(
      chats(() => refusal(400, { param: "top_p", message: "Unsupported parameter: 'top_p'." })),
    );
    await expect(model.sample({ prompt: "x", topP: 0.5 })).rejects.toMatchObject({
      code: "hosted-refused",
      message: `openai:joker refuses the request: "Unsupported parameter: 'top_p'".`,
    });
  });

  it.each([
    [{ topK: 40 }, "topK"],
    [{ minP: 0.1 }, "minP"],
    [{ repetitionPenalty: 1.2 }, "repetitionPenalty"],
    [{ slide: true }, "slide"],
    [{ beams: 2 }, "beams"],
  ])("refuses %j by name, and asks nothing", async (options, name) => {
    const model = await hosted(() => completion("x"));
    await expect(model.sample({ prompt: "x", ...options })).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining(`cannot honour \`${name}\`:`),
    });
    expect(service.calls).toEqual([]);
  });

  it("needs a text to continue where it is asked through chat", async () => {
    const model = await hosted(chats(() => chat("x")));
    await expect(model.sample()).rejects.toThrow(/give `prompt`/);
  });

  it("counts answers without a count", async () => {
    const model = await hosted(() => ({
      json: { choices: [{ index: 0, text: "a", finish_reason: "stop" }] },
    }));
    expect((await model.sample({ prompt: "x" }))[0]!.tokens).toBeNaN();
    expect(model.usage).toMatchObject({ requests: 1, uncounted: 1 });
  });

  it("stops at a signal, in its words", async () => {
    const stop = new AbortController();
    const model = await hosted(() => {
      setTimeout(() => stop.abort(new Error("enough")), 10);
      return { hangs: true };
    });
    await expect(model.sample({ prompt: "x", signal: stop.signal })).rejects.toThrow("enough");
  });
});

describe("failures", () => {
  it("tries again while the service is busy, and then gives up", async () => {
    let busy = 2;
    const model = await hosted(() => (busy-- > 0 ? refusal(busy === 1 ? 429 : 503) : completion("ok")));
    expect((await model.sample({ prompt: "x" }))[0]!.text).toBe("ok");
    expect(service.calls).toHaveLength(3);
    busy = 99;
    await expect(model.sample({ prompt: "x" })).rejects.toMatchObject({
      code: "hosted-busy",
      message: expect.stringMatching(/after 3 tries/),
    });
    expect(service.calls).toHaveLength(6);
  });

  it.each([
    [401, {}, "hosted-key"],
    [403, {}, "hosted-denied"],
    [404, { code: "model_not_found", message: "The model `joker` does not exist" }, "hosted-no-model"],
    [404, {}, "hosted-no-model"],
    [400, { message: "temperature is too high" }, "hosted-refused"],
    [429, {}, "hosted-busy"],
    [429, { code: "insufficient_quota" }, "hosted-quota"],
    [500, {}, "hosted-busy"],
  ])("%i %j is %s, in one sentence without the key", async (status, error, code) => {
    const model = await hosted(() => refusal(status, { message: `bad key ${key}\nhere`, ...error }));
    const failure = await model.sample({ prompt: "x" }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ name: "InputError", code });
    const { message } = failure as Error;
    expect(message).toMatch(/^[^\n]+\.$/);
    expect(inspect(failure, { depth: 9 })).not.toContain(key);
  });

  it("says when a service does not answer in time, cannot be reached, or breaks off", async () => {
    const slow = await hosted(() => ({ hangs: true }), { timeoutMs: 30, maxRetries: 0 });
    await expect(slow.sample({ prompt: "x" })).rejects.toMatchObject({ code: "hosted-timeout" });
    const gone = await startOpenAIServer(() => chatOnly);
    await gone.close();
    const nobody = await hosted(() => chatOnly, { baseURL: gone.baseURL, maxRetries: 0 });
    await expect(nobody.sample({ prompt: "x" })).rejects.toMatchObject({ code: "hosted-unreachable" });
    const broken = await hosted(() => ({
      events: [{ choices: [{ index: 0, text: "half", finish_reason: null }] }],
      whole: false,
    }));
    await expect(broken.sample({ prompt: "x", onText: () => {} })).rejects.toMatchObject({
      code: "hosted-cut",
    });
  });

  it("says when a service is none", async () => {
    const model = await hosted(() => ({ json: { hello: "world" } }));
    await expect(model.sample({ prompt: "x" })).rejects.toMatchObject({ code: "hosted-strange" });
  });

  it("says when the model declines", async () => {
    const words = { message: { content: null, refusal: "I can't help with that." } };
    const refuses = await hosted(chats(() => chat(null, words)));
    await expect(refuses.sample({ prompt: "x" })).rejects.toThrow(/declines .*"I can't help with that\."/);
    const filters = await hosted(() => completion("", { finish_reason: "content_filter" }));
    await expect(filters.sample({ prompt: "x" })).rejects.toThrow(/declines .*content filter/);
  });

  it("needs a key, a name and an address", async () => {
    await expect(openHosted("openai:x", { apiKey: " " })).rejects.toMatchObject({ code: "hosted-no-key" });
    await expect(openHosted("openai:", { apiKey: key })).rejects.toThrow(/names no model/);
    await expect(openHosted("x", { apiKey: key, baseURL: "localhost:80" })).rejects.toThrow(/address/);
    const secret = openHosted("x", { apiKey: key, baseURL: "http://me:pass@host/v1" });
    await expect(secret).rejects.toThrow(/no user name or password/);
  });
});

describe("score", () => {
  it("returns the service's log-probabilities", async () => {
    const logprobs = { tokens: ["Why", " did"], token_logprobs: [null, -1.5], text_offset: [0, 3] };
    const model = await hosted(() => completion("Why did", { logprobs }));
    expect(await model.score("Why did")).toEqual({
      logProbabilities: [undefined, -1.5],
      tokens: ["Why", " did"],
    });
    expect(service.calls[0]!.body).toMatchObject({
      prompt: "Why did",
      echo: true,
      max_tokens: 0,
      logprobs: 1,
    });
  });

  it.each([
    ["no such endpoint", chatOnly],
    [
      "no echo",
      refusal(400, { message: "Setting 'echo' and 'logprobs' at the same time is not supported." }),
    ],
    ["no log-probabilities", completion("Why")],
  ])("says that the service has none: %s", async (_, reply) => {
    const model = await hosted(() => reply);
    await expect(model.score("Why")).rejects.toMatchObject({ code: "hosted-no-score" });
  });
});

describe("a service that answers wrongly", () => {
  it.each<[string, Reply]>([
    ["null", { json: null }],
    ["a list", { json: [] }],
    ["a web page", { json: "<!doctype html>", headers: { "content-type": "text/html" } }],
    ["choices of null", { json: { choices: [null] } }],
    ["a number for the text", { json: { choices: [{ text: 7, message: { content: 7 } }] } }],
    ["no choices", { json: { choices: [] } }],
  ])("%s is refused as such", async (_, reply) => {
    const model = await hosted(() => reply);
    for (const onText of [undefined, () => {}]) {
      const streamed = onText ? { events: [reply.json] } : reply;
      service.answer = () => streamed;
      const failure = await model
        .sample({ prompt: "x", ...(onText ? { onText } : {}) })
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({
        name: "InputError",
        code: expect.stringMatching(/^hosted-(strange|cut)$/),
      });
    }
    service.answer = () => reply;
    await expect(model.score("x")).rejects.toMatchObject({ code: "hosted-no-score" });
    await expect(model.predict("x", { topK: 3 })).rejects.toMatchObject({ code: "hosted-no-score" });
  });

  it("has its control characters shown, and is not waited for for days", async () => {
    const model = await hosted(() => refusal(400, { message: "\u001b]0;evil\u0007 \u202etext" }));
    await expect(model.sample({ prompt: "x" })).rejects.toThrow(/: "\\x1b\]0;evil\\x07 \\u202etext"/);
    const slow = await hosted(() => ({
      ...refusal(429),
      headers: { "retry-after": "86400", "x-should-retry": "true" },
    }));
    await expect(slow.sample({ prompt: "x" })).rejects.toMatchObject({ code: "hosted-busy" });
  });

  it("is not asked with a key or an address that cannot be one, and neither is printed", async () => {
    for (const [options, name] of [
      [{ apiKey: "sk-first\nsecond" }, "OPENAI_API_KEY"],
      [{ apiKey: "sk-schl\u00fcssel" }, "OPENAI_API_KEY"],
      [{ apiKey: key, baseURL: "http://me:s3cret@host/v1" }, "OPENAI_BASE_URL"],
      [{ apiKey: key, baseURL: "http://s3cret@host/v1" }, "OPENAI_BASE_URL"],
      [{ apiKey: key, baseURL: "http://host/v1?key=s3cret" }, "OPENAI_BASE_URL"],
      [{ apiKey: key, baseURL: "http://ho\nst:s3cret/v1" }, "OPENAI_BASE_URL"],
    ] as const) {
      const failure = await openHosted("openai:x", options).catch((error: unknown) => error);
      expect(failure).toMatchObject({ kind: "usage", message: expect.stringContaining(name) });
      expect(inspect(failure)).not.toMatch(/s3cret|second|schl/);
    }
  });
});
