/** `punchline serve` as the guide shows it: the requests of docs/serving.md, and clients that know OpenAI's API. */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPage } from "./markdown.ts";
import { type Served, startServer } from "./served.ts";

const run = promisify(execFile);
let server: Served;
let url = "";
let client: OpenAI;
/** A copy of the built-in model that has a chat template. */
const chatty = join(mkdtempSync(join(tmpdir(), "punchline-chatty-")), "chatty");

beforeAll(async () => {
  cpSync("models/punchline-gpt2", chatty, { recursive: true });
  const file = join(chatty, "tokenizer_config.json");
  const chat_template =
    "{% if voice != 'none' %}{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}" +
    "{{ m.role }}: {{ m.content }}{{ '\n' }}{% endfor %}{{ voice or 'assistant' }}:{% endif %}";
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), chat_template }));
  server = await startServer(["punchline-gpt2", "punchline-bert", chatty, "--max-open", "3"]);
  url = server.url;
  client = new OpenAI({ baseURL: url, apiKey: "none", maxRetries: 0 });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  rmSync(join(chatty, ".."), { recursive: true, force: true });
});

const requests = readPage("docs/serving.md").blocks.flatMap(({ language, source }) =>
  language === "sh"
    ? source
        .replaceAll("\\\n", " ")
        .split("\n")
        .filter((line) => line.startsWith("curl"))
    : [],
);

it.each(requests)("%s", async (request) => {
  const { stdout } = await run("bash", [
    "-c",
    request
      .replaceAll("http://127.0.0.1:8080", url.replace("/v1", ""))
      .replace("curl -s", "curl -s --fail-with-body"),
  ]);
  if (request.includes("/metrics")) expect(stdout).toContain("# TYPE punchline_answers_total counter");
  else expect(JSON.parse(stdout)).toBeTypeOf("object");
});

it("answers while it writes", async () => {
  const writing = Promise.all(
    Array.from({ length: 8 }, (_, seed) =>
      client.completions.create({ model: "punchline-gpt2", prompt: "The old man", seed, max_tokens: 100 }),
    ),
  );
  let ended = false;
  void writing.finally(() => {
    ended = true;
  });
  let answers = 0;
  while (!ended) {
    const { status } = await fetch(url.replace("/v1", "/health"));
    expect(status).toBe(200);
    answers++;
  }
  expect((await writing).every(({ choices }) => choices[0]!.text.length > 0)).toBe(true);
  // Where requests waited for the texts there would be one or two.
  expect(answers).toBeGreaterThan(5);
});

it("streams what the guide's program prints", async () => {
  const body = { model: "punchline-gpt2", prompt: "The old man", seed: 3 };
  let text = "";
  for await (const { choices } of await client.completions.create({ ...body, stream: true }))
    text += choices[0]!.text;
  expect(text).toBe((await client.completions.create(body)).choices[0]!.text);
});

describe("a chat", () => {
  const messages = [
    { role: "user" as const, content: "Where is the old man?" },
    { role: "assistant" as const, content: "At sea." },
    { role: "user" as const, content: [{ type: "text" as const, text: "Why?" }] },
  ];
  const text = "user: Where is the old man?\nassistant: At sea.\nuser: Why?\n";
  const settings = { seed: 5, max_tokens: 24, temperature: 0.8 };

  it("goes on with what the model's template makes of it", async () => {
    const body = { model: "chatty", messages, ...settings, n: 2, stop: ["zebra"], presence_penalty: 0.5 };
    const { messages: _, ...plain } = body;
    const expected = await client.completions.create({ ...plain, prompt: `${text}assistant:` });
    const answer = await client.chat.completions.create(body);
    expect(answer.choices.map(({ message }) => message.content)).toEqual(expected.choices.map((c) => c.text));
    // The template writes the begin of text, which a completion gets from the server.
    expect(answer.usage!.prompt_tokens).toBe(expected.usage!.prompt_tokens + 1);
    const streamed = ["", ""];
    let usage: unknown;
    for await (const piece of await client.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    })) {
      usage = piece.usage ?? usage;
      for (const { index, delta } of piece.choices) streamed[index] += delta.content ?? "";
    }
    expect(streamed).toEqual(expected.choices.map((choice) => choice.text));
    expect(usage).toEqual(answer.usage);
  });

  it("passes on what the template reads and what it refuses", async () => {
    const expected = await client.completions.create({
      model: "chatty",
      prompt: `${text}pirate:`,
      ...settings,
    });
    const voice = { chat_template_kwargs: { voice: "pirate" } };
    const answer = await client.chat.completions.create({ model: "chatty", messages, ...settings, ...voice });
    expect(answer.choices[0]!.message.content).toBe(expected.choices[0]!.text);
    const nothing = { chat_template_kwargs: { voice: "none" } };
    const begun = client.chat.completions.create({ model: "chatty", messages, ...settings, ...nothing });
    await expect(begun).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("writes nothing of this conversation"),
    });
    const refused = (model: string, message: object, more: object = {}) =>
      client.chat.completions.create({ model, messages: [message] as typeof messages, ...settings, ...more });
    await expect(refused("chatty", { role: "system", content: "Be kind." })).rejects.toMatchObject({
      status: 400,
      param: "messages",
      message: expect.stringContaining("refuses this conversation: no system"),
    });
    await expect(refused("chatty", { role: "pirate", content: "Arr." })).rejects.toMatchObject({
      status: 400,
      param: "messages.0.role",
    });
    await expect(
      refused("punchline-gpt2", { role: "user", content: "a" }, { ...voice }),
    ).rejects.toMatchObject({ status: 400, param: "chat_template_kwargs" });
  });
});

describe("an answer in JSON", () => {
  const schema = {
    type: "object",
    properties: {
      name: { type: "string", minLength: 1, maxLength: 24 },
      age: { type: "integer", minimum: 0, maximum: 120 },
      mood: { enum: ["glad", "sad", null, "grün"] },
      children: { type: "array", items: { $ref: "#/$defs/child" }, maxItems: 2 },
    },
    required: ["name", "age", "mood", "children"],
    additionalProperties: false,
    $defs: {
      child: {
        type: "object",
        properties: {
          born: { type: "string", format: "date" },
          weight: { type: "number", exclusiveMinimum: 0, maximum: 90 },
        },
        required: ["born"],
      },
    },
  };
  const validate = new Ajv2020({ strict: false, formats: { date: /^\d{4}-\d\d-\d\d$/ } }).compile(schema);
  const format = { type: "json_schema" as const, json_schema: { name: "person", strict: true, schema } };
  const ask = { model: "punchline-gpt2", messages: [{ role: "user" as const, content: "The old man" }] };

  it("fits its schema, whatever the temperature, the seed and the texts that are written with it", async () => {
    const all = [0, 0.8, 2].flatMap((temperature) =>
      [1, 2, 3].map((seed) => ({ ...ask, temperature, seed, max_tokens: 240, response_format: format })),
    );
    const mates = [1, 2, 3].map((seed) =>
      client.completions.create({ model: "punchline-gpt2", prompt: "The hen", seed, max_tokens: 150 }),
    );
    const together = await Promise.all(all.map((body) => client.chat.completions.create(body)));
    for (const { choices } of together) {
      expect(choices[0]!.finish_reason).toBe("stop");
      const value: unknown = JSON.parse(choices[0]!.message.content!);
      expect(validate(value), JSON.stringify([value, validate.errors])).toBe(true);
    }
    await Promise.all(mates);
    const alone = await client.chat.completions.create(all[4]!);
    expect(alone.choices[0]!.message.content).toBe(together[4]!.choices[0]!.message.content);
    let streamed = "";
    for await (const { choices } of await client.chat.completions.create({ ...all[4]!, stream: true }))
      streamed += choices[0]!.delta.content ?? "";
    expect(streamed).toBe(alone.choices[0]!.message.content);
  });

  it("says that it was cut", async () => {
    const body = { ...ask, max_tokens: 6, seed: 1, response_format: format };
    const { choices } = await client.chat.completions.create(body);
    expect(choices[0]!.finish_reason).toBe("length");
    expect(() => JSON.parse(choices[0]!.message.content!)).toThrow();
  });

  it("is an object where no schema is given, and what vLLM's fields ask for", async () => {
    const text = async (more: object) => {
      const body = { model: "punchline-gpt2", prompt: "The old man", seed: 4, max_tokens: 120, ...more };
      const { choices } = await client.completions.create(body);
      return { ...choices[0]!, value: choices[0]!.finish_reason === "stop" && JSON.parse(choices[0]!.text) };
    };
    const object = await text({ response_format: { type: "json_object" }, temperature: 1.5 });
    expect(object.text).toMatch(/^\{/);
    const guided = { type: "array", items: { const: null }, minItems: 3, maxItems: 3 };
    expect((await text({ guided_json: guided })).value).toEqual([null, null, null]);
    const dumped = { json: guided, regex: null, choice: null };
    expect((await text({ structured_outputs: dumped })).value).toEqual([null, null, null]);
    await expect(text({ structured_outputs: {} })).rejects.toMatchObject({
      param: "structured_outputs.json",
    });
  });

  it.each([
    ["nothing fits it", { type: "string", minLength: 3, maxLength: 2 }],
    ["# has patternProperties, which is not supported", { type: "object", patternProperties: {} }],
    ['did you mean "required"', { type: "object", requird: ["a"] }],
    ["itself without an end", { type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }],
    ["# has no value that fits", { enum: [] }],
    ["more than 5000 parts", { enum: Array.from({ length: 6000 }, (_, k) => k) }],
  ])("is refused in one sentence where it cannot be: %s", async (reason, one) => {
    const response_format = { type: "json_schema" as const, json_schema: { name: "x", schema: one } };
    await expect(client.chat.completions.create({ ...ask, response_format })).rejects.toMatchObject({
      status: 400,
      param: "response_format",
      message: expect.stringContaining(reason),
    });
  });
});
