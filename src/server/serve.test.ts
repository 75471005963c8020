/** The server against OpenAI's own client, with a small model trained on the spot. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { babble, tinyTraining } from "../../test/training-fixture.ts";
import { evaluateModel } from "../evaluate/hosted-likelihood.ts";
import { openHosted } from "../generate/hosted/hosted-model.ts";
import type { LocalModel } from "../generate/local-model.ts";
import { logProbabilities as logProbabilitiesOf } from "../generate/log-probabilities.ts";
import { openLocal } from "../generate/open.ts";
import type { Sample } from "../generate/sample.ts";
import { train } from "../train/train.ts";
import { type ModelServer, serve } from "./serve.ts";

const assets = process.env.PUNCHLINE_ASSETS;
let folder: string;
/** The same model, apart from the server's. */
let local: LocalModel;
let server: ModelServer;
let client: OpenAI;
const failures: unknown[] = [];
/** More tokens than any test has the time for. */
const LONG = 1_000_000;

beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), "punchline-serve-")), "hens");
  // Characters of one, two, three and four bytes, and no end of text: every sample runs to its limit.
  await train({ ...tinyTraining({}, babble(1500).replaceAll("why", "🐔 é €")), out: folder });
  local = await openLocal(folder);
  server = await serve(await openLocal(folder), {
    port: 0,
    limits: { maxTokens: LONG },
    report: (error) => failures.push(error),
  });
  client = new OpenAI({ apiKey: "none", baseURL: server.url, maxRetries: 0 });
});
afterAll(async () => {
  await server.close();
  await local.release();
  rmSync(join(folder, ".."), { recursive: true, force: true });
  expect(failures).toEqual([]);
});

const settings = { model: "hens", prompt: "the road", seed: 7, temperature: 0.8 };
const here = (more: object = {}) =>
  local.sample({ prompt: "the road", seed: 7, temperature: 0.8, maxLength: 16, ...more });
const textsOf = (samples: readonly Sample[]) => samples.map(({ text }) => text);

describe("models", () => {
  it("lists the one that is served, known by its folder's name", async () => {
    expect((await client.models.list()).data).toMatchObject([{ id: "hens", object: "model" }]);
    expect(await client.models.retrieve("hens")).toMatchObject({ id: "hens", owned_by: "punchline" });
    await expect(client.models.retrieve("cows")).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
    });
  });
});

describe("completions", () => {
  it("are what the model writes here, with the counts", async () => {
    const answer = await client.completions.create({ ...settings, n: 3 });
    expect(answer.choices.map(({ text }) => text)).toEqual(textsOf(await here({ n: 3 })));
    expect(answer).toMatchObject({
      object: "text_completion",
      model: "hens",
      choices: [0, 1, 2].map((index) => ({ index, finish_reason: "length", logprobs: null })),
      usage: { prompt_tokens: 8, completion_tokens: 48, total_tokens: 56 },
    });
  });

  it("honour every option that sample has", async () => {
    const more = { top_k: 5, min_p: 0.05, repetition_penalty: 1.3 };
    const same = { topK: 5, minP: 0.05, repetitionPenalty: 1.3, topP: 0.9, maxLength: 20 };
    // A letter that the model writes, whatever its training made of it.
    const stop = (await here(same))[0]!.text[5]!;
    const answer = await client.completions.create({
      ...settings,
      ...more,
      top_p: 0.9,
      max_tokens: 20,
      stop,
    });
    const [sample] = await here({ ...same, stop: [stop] });
    expect(sample!.finish).toBe("stop");
    expect(answer.choices[0]).toMatchObject({ text: sample!.text, finish_reason: "stop", stop_reason: stop });
  });

  it("take several prompts, and differ from call to call without a seed", async () => {
    const prompt = ["other", "the road"];
    const answer = await client.completions.create({ ...settings, prompt, n: 2 });
    expect(answer.choices.map(({ text }) => text)).toEqual([
      ...textsOf(await here({ prompt: prompt[0], n: 2 })),
      ...textsOf(await here({ prompt: prompt[1], n: 2 })),
    ]);
    const { seed: _, ...unseeded } = { ...settings, max_tokens: 40 };
    const texts = [await client.completions.create(unseeded), await client.completions.create(unseeded)];
    expect(texts[0]!.choices[0]!.text).not.toBe(texts[1]!.choices[0]!.text);
  });

  it("stream whole characters that join to the same text", async () => {
    const body = { ...settings, prompt: "the 🐔", n: 2, max_tokens: 60, temperature: 1.5 };
    const whole = await client.completions.create(body);
    const stream = await client.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts = ["", ""];
    const ends: unknown[] = [];
    let usage: unknown;
    for await (const chunk of stream) {
      usage = chunk.usage ?? usage;
      for (const { index, text, finish_reason } of chunk.choices) {
        expect(text).not.toMatch(/[\ud800-\udfff\ufffd]/u);
        texts[index] += text;
        if (finish_reason) ends.push([index, finish_reason]);
      }
    }
    expect(texts).toEqual(whole.choices.map(({ text }) => text));
    expect(texts.join("")).toMatch(/[🐔é€]/u);
    expect(ends).toEqual([
      [0, "length"],
      [1, "length"],
    ]);
    expect(usage).toEqual(whole.usage);
  });

  it("give the log-probabilities of what was written", async () => {
    const { choices } = await client.completions.create({ ...settings, logprobs: 1 });
    const [sample] = await here();
    const { tokens, token_logprobs, text_offset } = choices[0]!.logprobs!;
    expect(tokens!.join("")).toBe(choices[0]!.text);
    expect(token_logprobs).toEqual(sample!.logProbabilities);
    expect(text_offset).toEqual([...tokens!.keys()]);
  });

  it("give those of a given text", async () => {
    const prompt = "the 🐔 é road";
    const { choices } = await client.completions.create({
      model: "hens",
      prompt,
      echo: true,
      logprobs: 1,
      max_tokens: 0,
    });
    const { logProbabilities } = await logProbabilitiesOf(local, prompt);
    expect(choices[0]).toMatchObject({
      text: prompt,
      logprobs: { tokens: [...prompt], token_logprobs: logProbabilities },
    });
    expect(logProbabilities).toHaveLength([...prompt].length);
  });
});

describe("chat completions", () => {
  const messages = [
    { role: "system" as const, content: "the" },
    { role: "user" as const, content: [{ type: "text" as const, text: "road" }] },
  ];

  it("continue the messages' texts", async () => {
    const { prompt: _, ...rest } = settings;
    const answer = await client.chat.completions.create({ ...rest, messages, max_tokens: 16 });
    const [sample] = await here({ prompt: "the\nroad" });
    expect(answer).toMatchObject({
      object: "chat.completion",
      choices: [{ message: { role: "assistant", content: sample!.text }, finish_reason: "length" }],
      usage: { prompt_tokens: 8, completion_tokens: 16 },
    });
  });

  it("stream, and end by themselves", async () => {
    const body = { model: "hens", seed: 3, messages, max_completion_tokens: 30, temperature: 1.5 };
    const whole = await client.chat.completions.create(body);
    let text = "";
    const roles: unknown[] = [];
    for await (const { choices } of await client.chat.completions.create({ ...body, stream: true })) {
      text += choices[0]!.delta.content ?? "";
      if (choices[0]!.delta.role) roles.push(choices[0]!.delta.role);
    }
    expect(text).toBe(whole.choices[0]!.message.content);
    expect(roles).toEqual(["assistant"]);
  });

  it("give log-probabilities", async () => {
    const { choices } = await client.chat.completions.create({
      model: "hens",
      messages,
      max_tokens: 5,
      logprobs: true,
    });
    const content = choices[0]!.logprobs!.content!;
    expect(content.map(({ token }) => token).join("")).toBe(choices[0]!.message.content);
    for (const { logprob } of content) expect(logprob).toBeLessThan(0);
  });
});

describe("refusals", () => {
  it.each([
    [{ model: "cows" }, 404, "model", /no model "cows" here, only "hens"/],
    [{ top_p: 2 }, 400, "top_p", /top_p/],
    [{ presence_penalty: 0.5 }, 400, "presence_penalty", /not supported here; leave it out or send 0/],
    [{ logit_bias: { 5: 1 } }, 400, "logit_bias.5", /not supported/],
    [{ best_of: 2 }, 400, "best_of", /not supported/],
    [{ suffix: "x" }, 400, "suffix", /suffix is not supported here/],
    [{ prompt: [1, 2] }, 400, "prompt", /must be a text/],
    [{ logprobs: 5 }, 400, "logprobs", /send 0 or 1/],
    [{ stop: [""] }, 400, "stop.0", /empty/],
    [{ max_tokens: 0 }, 400, "max_tokens", /only with echo/],
    [{ stream: true, echo: true }, 400, "echo", /not supported with stream/],
    [{ prompt: "№" }, 400, null, /№/],
    [{ stream: true, prompt: "№" }, 400, null, /№/],
  ])("%j is refused in one sentence", async (change, status, param, message) => {
    const error = await client.completions
      .create({ ...settings, ...(change as object) })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({
      status,
      param,
      type: "invalid_request_error",
      message: expect.stringMatching(message),
    });
    expect((error as Error).message).toMatch(/\.$/);
  });

  it.each([
    ["/v1/completions", { method: "GET" }, 405, /takes no GET/],
    ["/v1/embeddings", { method: "POST" }, 404, /nothing at \/v1\/embeddings/],
    ["/v1/completions", { method: "POST", body: "{" }, 400, /not JSON/],
    [
      "/v1/completions",
      { method: "POST", body: "{}", headers: { "content-type": "text/plain" } },
      415,
      /application\/json/,
    ],
    [
      "/v1/completions",
      { method: "POST", body: JSON.stringify({ prompt: "x".repeat(1.1e6) }) },
      413,
      /1048576 bytes/,
    ],
  ])("%s answers case %#", async (path, init, status, message) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(new URL(path, server.url), { headers, ...init });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(message) } });
  });
});

describe("the queue", () => {
  it("serves requests that come at once one after the other, each as if alone", async () => {
    const seeds = [1, 2, 3, 4];
    const answers = await Promise.all(seeds.map((seed) => client.completions.create({ ...settings, seed })));
    for (const [k, seed] of seeds.entries())
      expect(answers[k]!.choices[0]!.text).toBe((await here({ seed }))[0]!.text);
  });

  it.each([true, false])("stops writing when the client goes away (stream: %s)", async (stream) => {
    const stop = new AbortController();
    const long = { ...settings, max_tokens: LONG, stream };
    const asked = client.completions.create(long, { signal: stop.signal });
    if (stream) {
      for await (const _ of (await asked) as AsyncIterable<unknown>) break;
    } else {
      asked.catch(() => {});
      await new Promise((wake) => setTimeout(wake, 100));
    }
    stop.abort();
    // A million characters would take longer than this test may.
    expect((await client.completions.create(settings)).choices).toHaveLength(1);
  });

  it("finishes what is under way when it closes, and takes nothing more", async () => {
    const other = await serve(await openLocal(folder), { port: 0 });
    const there = new OpenAI({ apiKey: "none", baseURL: other.url, maxRetries: 0 });
    const stream = await there.completions.create({ ...settings, max_tokens: 50, stream: true });
    const waiting = there.completions.create(settings).catch((e: unknown) => e);
    let text = "";
    let closed: Promise<void> | undefined;
    for await (const { choices } of stream) {
      closed ??= new Promise((wake) => setTimeout(wake, 20)).then(() => other.close());
      text += choices[0]!.text;
    }
    await closed;
    expect(text).toBe((await here({ maxLength: 50 }))[0]!.text);
    await waiting;
    await expect(there.models.list()).rejects.toThrow(OpenAI.APIConnectionError);
  });
});

describe("openai:NAME against the server", () => {
  it("writes the same text as the model does here, and is scored the same", async () => {
    const hosted = await openHosted("openai:hens", { apiKey: "none", baseURL: server.url });
    const [there] = await hosted.sample({ prompt: "the road", seed: 7, temperature: 0.8, maxLength: 16 });
    expect(there).toMatchObject({ text: (await here())[0]!.text, tokens: 16, finish: "length" });
    const text = "the 🐔 é € road";
    const { loss, characters, bytes } = await evaluateModel(hosted, [text]);
    const { logProbabilities } = await logProbabilitiesOf(local, text);
    const known = logProbabilities.filter((value) => value !== undefined);
    expect(loss).toBeCloseTo(-known.reduce((sum, value) => sum + value, 0) / known.length, 6);
    expect([characters, bytes]).toEqual([[...text].length, Buffer.byteLength(text)]);
  });
});

describe.skipIf(!assets)("tokens of single bytes (needs PUNCHLINE_ASSETS)", () => {
  it("never stream half a character", async () => {
    const model = await openLocal(join(assets!, "gpt2-random-n16-hf"));
    const other = await serve(model, { port: 0 });
    try {
      const there = new OpenAI({ apiKey: "none", baseURL: other.url, maxRetries: 0 });
      const body = { model: other.id, prompt: "a", seed: 5, max_tokens: 12, temperature: 2 };
      const whole = (await there.completions.create(body)).choices[0]!.text;
      let text = "";
      for await (const { choices } of await there.completions.create({ ...body, stream: true }))
        text += choices[0]!.text;
      expect(text).toBe(whole);
      await expect(there.completions.create({ ...body, max_tokens: 5000 })).rejects.toMatchObject({
        status: 400,
        code: "context_length_exceeded",
      });
    } finally {
      await other.close();
    }
  });
});
