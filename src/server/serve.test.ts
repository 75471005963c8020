/** The server against OpenAI's own client, with a small model trained on the spot. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { babble, tinyTraining } from "../../test/training-fixture.ts";
import { evaluateModel } from "../evaluate/hosted-likelihood.ts";
import { embedTexts } from "../generate/embed.ts";
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
function expectClose(values: readonly (number | null)[], expected: readonly (number | null | undefined)[]) {
  expect(values).toHaveLength(expected.length);
  for (const [k, value] of values.entries())
    if (expected[k] == null) expect(value).toBeNull();
    else expect(value).toBeCloseTo(expected[k], 4);
}
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
    const more = { top_k: 5, min_p: 0.05, repeat_penalty: 1.3 };
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
    for (const [k, value] of token_logprobs!.entries())
      expect(value).toBeCloseTo(sample!.logProbabilities[k]!, 5);
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
    expect(choices[0]).toMatchObject({ text: prompt, logprobs: { tokens: [...prompt] } });
    expectClose(choices[0]!.logprobs!.token_logprobs!, logProbabilities);
    expect(logProbabilities).toHaveLength([...prompt].length);
  });

  it("score token ids as evaluation harnesses send them, with the sums of `eval`", async () => {
    const texts = ["the road other cross", "cross the road", "other road"];
    // `eval` also scores that a text ends.
    const { endOfText } = local.tokenizer;
    const prompt = texts.map((text) => [...local.tokenizer.encode(text), endOfText]);
    const { choices } = await client.completions.create({
      model: "hens",
      prompt,
      temperature: 0,
      max_tokens: 1,
      logprobs: 1,
      seed: 1234,
      echo: true,
    });
    for (const [k, text] of texts.entries()) {
      const { tokens, token_logprobs, top_logprobs } = choices[k]!.logprobs!;
      const { loss, tokens: scored } = await evaluateModel(local, [text]);
      // The last token is the one that was written.
      const own = token_logprobs!.slice(0, -1);
      expect(own).toHaveLength(scored);
      expect(-own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(loss * scored, 4);
      for (const [place, top] of top_logprobs!.entries()) {
        const values = Object.entries(top);
        expect(top[tokens![place]!]).toBe(token_logprobs![place]);
        expect(Math.max(...values.map(([, value]) => value))).toBeGreaterThanOrEqual(token_logprobs![place]!);
      }
      // At temperature 0 the likeliest is written.
      expect(Object.keys(top_logprobs!.at(-1)!)).toEqual([tokens!.at(-1)]);
    }
  });

  it("stream log-probabilities, of the prompt too", async () => {
    const body = { ...settings, prompt: "the 🐔 é", logprobs: 3, echo: true, max_tokens: 12 };
    const whole = (await client.completions.create(body)).choices[0]!;
    let text = "";
    const tokens: string[] = [];
    const values: number[] = [];
    const offsets: number[] = [];
    for await (const { choices } of await client.completions.create({ ...body, stream: true })) {
      text += choices[0]!.text;
      tokens.push(...(choices[0]!.logprobs?.tokens ?? []));
      values.push(...(choices[0]!.logprobs?.token_logprobs ?? []));
      offsets.push(...(choices[0]!.logprobs?.text_offset ?? []));
    }
    expect(text).toBe(whole.text);
    expect(tokens).toEqual(whole.logprobs!.tokens);
    expectClose(values, whole.logprobs!.token_logprobs!);
    expect(offsets).toEqual([...tokens.keys()]);
  });

  it("heed biases and penalties", async () => {
    const e = local.tokenizer.id("o")!;
    const biased = await client.completions.create({ ...settings, logit_bias: { [e]: 100 } });
    expect(biased.choices[0]!.text).toBe("o".repeat(16));
    const spread = await client.completions.create({
      ...settings,
      temperature: 0,
      max_tokens: 40,
      frequency_penalty: 2,
      presence_penalty: 2,
    });
    const plain = await client.completions.create({ ...settings, temperature: 0, max_tokens: 40 });
    const letters = ({ choices }: OpenAI.Completion) => new Set(choices[0]!.text).size;
    expect(letters(spread)).toBeGreaterThan(letters(plain));
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

  it("have a role in a stream without text too", async () => {
    const body = { model: "hens", seed: 3, messages, max_tokens: 5 };
    const { content } = (await client.chat.completions.create(body)).choices[0]!.message;
    const stream = client.chat.completions.stream({ ...body, stop: [...content!][0]! });
    expect((await stream.finalChatCompletion()).choices[0]).toMatchObject({
      message: { role: "assistant" },
      finish_reason: "stop",
    });
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

describe("tokens, vectors and figures", () => {
  const post = async (path: string, body: object) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(new URL(path, server.url), {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return [response.status, await response.json()] as const;
  };

  it("turns texts into ids and back", async () => {
    const text = "the 🐔 é road";
    const ids = Array.from(local.tokenizer.encode(text));
    expect(await post("/tokenize", { prompt: text, return_token_strs: true })).toEqual([
      200,
      { count: ids.length, max_model_len: null, tokens: ids, token_strs: [...text] },
    ]);
    const [, special] = await post("/tokenize", { prompt: text, add_special_tokens: true });
    expect(special.tokens).toEqual([local.tokenizer.endOfText, ...ids]);
    expect(await post("/detokenize", { tokens: ids })).toEqual([200, { prompt: text }]);
    for (const tokens of ["a", [0.5], [[1]]])
      expect(await post("/detokenize", { tokens })).toEqual([
        400,
        expect.objectContaining({
          error: expect.objectContaining({
            message: "tokens: must be a list of token ids, whole numbers of 0 or more.",
          }),
        }),
      ]);
    expect((await post("/detokenize", { tokens: [5000] }))[0]).toBe(400);
    const info = (await (await fetch(new URL("/tokenizer_info", server.url))).json()) as object;
    expect(info).toMatchObject({ eos_token_id: local.tokenizer.endOfText, vocab_size: local.tokenizer.size });
  });

  it("embeds texts as `embed` does, as numbers and in base64", async () => {
    const input = ["the road", "other cross"];
    const [expected] = await embedTexts(local, input);
    for (const encoding_format of ["float", "base64"] as const) {
      const { data, usage } = await client.embeddings.create({ model: "hens", input, encoding_format });
      const raw: unknown = data[0]!.embedding;
      const vector =
        typeof raw === "string"
          ? new Float32Array(Uint8Array.from(Buffer.from(raw, "base64")).buffer)
          : (raw as number[]);
      for (const [k, value] of Array.from(vector).entries()) expect(value).toBeCloseTo(expected![k]!, 5);
      expect([data.length, usage.prompt_tokens]).toEqual([2, 19]);
    }
  });

  it("tells that it is well, and what it has done", async () => {
    expect(await (await fetch(new URL("/health", server.url))).json()).toEqual({ status: "ok" });
    const before = await figures();
    await client.completions.create(settings);
    await expect.poll(async () => (await figures()).written).toBe(before.written! + 16);
    const after = await figures();
    expect(after.answers).toBeGreaterThan(before.answers ?? 0);
    expect(after.running).toBe(0);
  });

  async function figures() {
    const text = await (await fetch(new URL("/metrics", server.url))).text();
    const value = (name: string) =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith(name))
          ?.split(" ")
          .at(-1),
      );
    return {
      written: value('punchline_written_tokens_total{model="hens"}'),
      answers: value('punchline_answers_total{path="/v1/completions",status="200"}'),
      running: value('punchline_texts_running{model="hens"}'),
    };
  }
});

describe("several models", () => {
  it("are an error of the server, which the person who runs it gets, where they cannot be opened", async () => {
    const reported: unknown[] = [];
    const gone = { name: "pigs", folder: join(folder, "..", "pigs") };
    const both = await serve([await openLocal(folder), gone], {
      port: 0,
      report: (error) => reported.push(error),
    });
    try {
      const there = new OpenAI({ apiKey: "none", baseURL: both.url, maxRetries: 0 });
      const error = await there.completions.create({ model: "pigs", prompt: "a" }).catch((e: unknown) => e);
      expect(error).toMatchObject({ status: 500, code: "model_not_opened", type: "server_error" });
      expect(String(error)).not.toContain(gone.folder);
      expect(String(reported)).toContain(gone.folder);
    } finally {
      await both.close();
    }
  });

  it("are each opened when they are asked for, by name", async () => {
    const second = join(folder, "..", "cows");
    await train({ ...tinyTraining({ seed: 9 }, babble(1500)), out: second });
    const both = await serve([await openLocal(folder), { name: second, folder: second }], { port: 0 });
    try {
      const there = new OpenAI({ apiKey: "none", baseURL: both.url, maxRetries: 0 });
      expect((await there.models.list()).data.map(({ id }) => id)).toEqual(["hens", "cows"]);
      const ask = { prompt: "the road", seed: 1 };
      const cows = await openLocal(second);
      const [alone] = await cows.sample({ ...ask, maxLength: 16 });
      await cows.release();
      expect((await there.completions.create({ ...ask, model: "cows" })).choices[0]!.text).toBe(alone!.text);
      await expect(there.completions.create({ ...ask, model: "pigs" })).rejects.toThrow(
        /no model "pigs" here, but "hens", "cows"/,
      );
    } finally {
      await both.close();
    }
  });

  it("asked for at the same time are not more in memory than may be, nor more requests than may wait", async () => {
    const names = ["ducks", "geese"];
    const folders = names.map((name) => join(folder, "..", name));
    for (const out of folders) await train({ ...tinyTraining({ steps: 2 }, babble(1500)), out });
    const farm = await serve([await openLocal(folder), ...folders.map((at) => ({ name: at, folder: at }))], {
      port: 0,
      maxOpen: 1,
      limits: { maxRequests: 4 },
    });
    try {
      const ask = (model: string) =>
        fetch(`${farm.url}/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ model, prompt: "the road", max_tokens: 3 }),
        });
      const answers = await Promise.all(
        ["ducks", "geese", "ducks", "geese", "ducks", "geese", "ducks", "geese"].map(ask),
      );
      const statuses = answers.map(({ status }) => status);
      expect(statuses).toContain(200);
      expect(statuses).toContain(503);
      expect(new Set(statuses)).toEqual(new Set([200, 503]));
      const metrics = await (await fetch(new URL("/metrics", farm.url))).text();
      const open = names.filter((name) => metrics.includes(`{model="${name}"}`));
      expect(open).toHaveLength(1);
      // The other takes its place when it is idle.
      for (const name of names) expect((await ask(name)).status).toBe(200);
    } finally {
      await farm.close();
    }
  });

  it("cannot have one name", async () => {
    const model = { name: folder, folder };
    await expect(serve([model, model], { port: 0 })).rejects.toThrow(/Two models would be called "hens"/);
  });
});

describe("refusals", () => {
  it.each([
    [{ model: "cows" }, 404, "model", /no model "cows" here, only "hens"/],
    [{ top_p: 2 }, 400, "top_p", /top_p/],
    [{ presence_penalty: 2.5 }, 400, "presence_penalty", /presence_penalty/],
    [{ logit_bias: { hens: 1 } }, 400, "logit_bias.hens", /logit_bias/],
    [{ logit_bias: { 5000: 1 } }, 400, "logit_bias", /5000 is no token of this model/],
    [{ logit_bias: { 5: 101 } }, 400, "logit_bias.5", /logit_bias.5/],
    [{ best_of: 2 }, 400, "best_of", /not supported/],
    [
      { max_token: 3 },
      400,
      "max_token",
      /max_token is not supported here; leave it out, or send "max_tokens"/,
    ],
    [{ suffix: "x" }, 400, "suffix", /suffix is not supported here; leave it out/],
    [{ prompt: [1, 5000] }, 400, "prompt", /5000 is no token of this model/],
    [{ prompt: [1, -1] }, 400, "prompt.1", /must be a token id/],
    [{ prompt: [1, 0.5] }, 400, "prompt", /must be a text, a list of token ids/],
    [{ prompt: [[]] }, 400, "prompt.0", /at least one token id/],
    [{ prompt: [1, "a"] }, 400, "prompt", /must be a text, a list of token ids/],
    [{ logprobs: 21 }, 400, "logprobs", /20/],
    [{ stop: [""] }, 400, "stop.0", /empty/],
    [{ stop: new Array(17).fill("a") }, 400, "stop", /at most 16 items, not 17/],
    [{ stop: "x".repeat(2_000) }, 400, "stop", /1024/],
    [{ logit_bias: [1] }, 400, "logit_bias", /must be an object/],
    [{ guided_json: [] }, 400, "guided_json", /cannot write JSON/],
    [{ structured_outputs: { json: [] } }, 400, "structured_outputs", /cannot write JSON/],
    [{ response_format: { type: "json_object" } }, 400, "response_format", /cannot write JSON/],
    [{ guided_json: {}, structured_outputs: { json: {} } }, 400, "guided_json", /Send one of/],
    [{ repetition_penalty: 2, repeat_penalty: 2 }, 400, "repeat_penalty", /send one of them/],
    [{ prompt: new Array(10_001).fill([1]) }, 400, "prompt", /at most 10000 lists or objects/],
    [{ max_tokens: 0 }, 400, "max_tokens", /only with echo/],
    [{ prompt: "№" }, 400, "prompt", /№/],
    [{ stream: true, prompt: "№" }, 400, "prompt", /№/],
    [{ prompt: `e${"\u0301\u0323".repeat(200)}` }, 400, "prompt", /more than 256 combining marks in a row/],
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

  it("name the field of chats and vectors that cannot be read", async () => {
    const messages = [{ role: "user" as const, content: "№" }];
    await expect(client.chat.completions.create({ model: "hens", messages })).rejects.toMatchObject({
      status: 400,
      param: "messages",
    });
    await expect(client.embeddings.create({ model: "hens", input: "№" })).rejects.toMatchObject({
      status: 400,
      param: "input",
    });
  });

  it.each([
    ["/v1/completions", { method: "GET" }, 405, /takes no GET/],
    ["/v1/audio/speech", { method: "POST" }, 404, /nothing at \/v1\/audio\/speech/],
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
    expect(response.headers.get("allow")).toBe(status === 405 ? "POST" : null);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(message) } });
  });
});

describe("requests that come together", () => {
  it("are each answered as if alone", async () => {
    const seeds = [1, 2, 3, 4];
    const answers = await Promise.all(seeds.map((seed) => client.completions.create({ ...settings, seed })));
    for (const [k, seed] of seeds.entries())
      expect(answers[k]!.choices[0]!.text).toBe((await here({ seed }))[0]!.text);
  });

  it("may each have many texts, without a warning of listeners", async () => {
    const warnings: string[] = [];
    const warn = (warning: Error) => warnings.push(warning.name);
    process.on("warning", warn);
    const { choices } = await client.completions.create({ ...settings, n: 12, max_tokens: 2 });
    await new Promise((turned) => setImmediate(turned));
    process.off("warning", warn);
    expect([choices.length, warnings]).toEqual([12, []]);
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

describe("a model with a bounded context", () => {
  const room = 16;
  let other: ModelServer;
  let there: OpenAI;

  beforeAll(async () => {
    const modelOptions = { layers: 1, width: 12, heads: 2, context: room };
    const asked = tinyTraining({ steps: 2 }, babble(1500));
    const { lm } = await train({ ...asked, model: "char-transformer", modelOptions });
    other = await serve(lm, { port: 0 });
    there = new OpenAI({ apiKey: "none", baseURL: other.url, maxRetries: 0 });
  });
  afterAll(() => other.close());

  const refusal = (request: Promise<unknown>) => request.catch((error: unknown) => error);

  it("scores what it can read at once, and no token more", async () => {
    const score = (count: number) =>
      there.completions.create({
        model: other.id,
        prompt: new Array<number>(count).fill(1),
        echo: true,
        logprobs: 1,
        max_tokens: 0,
      });
    // The end of text comes before the ids.
    const { choices } = await score(room - 1);
    expect(choices[0]!.logprobs!.token_logprobs).toHaveLength(room - 1);
    expect(await refusal(score(room))).toMatchObject({
      status: 400,
      code: "context_length_exceeded",
      param: "prompt",
    });
  });

  it("refuses by the field that asks for too much", async () => {
    const chat = (content: string, more: object) =>
      refusal(
        there.chat.completions.create({
          model: other.id,
          messages: [{ role: "user", content }],
          ...more,
        }),
      );
    const both = { max_tokens: 2, max_completion_tokens: 50 };
    expect(await chat("the", both)).toMatchObject({ param: "max_completion_tokens" });
    expect(await chat("the", { max_tokens: 50 })).toMatchObject({ param: "max_tokens" });
    expect(await chat("the road the road the road", {})).toMatchObject({ param: "messages" });
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
