/** The server against requests that a hostile page, a careless client or a bad network would send. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { babble, tinyTraining } from "../../test/training-fixture.ts";
import { openLocal } from "../generate/open.ts";
import { train } from "../train/train.ts";
import { type ModelServer, type ServeOptions, serve } from "./serve.ts";

let folder: string;
const open: ModelServer[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), "punchline-hostile-")), "hens");
  await train({ ...tinyTraining({ steps: 2 }, babble(1500)), out: folder });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of open.splice(0)) await server.close();
});
afterAll(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

async function start(options: ServeOptions = {}): Promise<ModelServer> {
  const server = await serve(await openLocal(folder), { port: 0, ...options });
  open.push(server);
  return server;
}

/** A connection on which everything is written by hand. */
function dial({ port }: ModelServer): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}

/** A number of `/metrics`, by the beginning of its line. */
async function figure({ url }: ModelServer, name: string): Promise<number> {
  const text = await (await fetch(new URL("/metrics", url))).text();
  return Number(new RegExp(`^punchline_${name.replaceAll("{", "\\{")}\\S* (.+)$`, "m").exec(text)?.[1]);
}

/** All that comes back until the other side closes. */
async function raw(server: ModelServer, request: string): Promise<string> {
  const socket = dial(server);
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    answer += text;
  });
  socket.write(request);
  if (!socket.closed) await once(socket, "close");
  return answer;
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
const models = (headers: string, target = "/v1/models", version = "1.1") =>
  `GET ${target} HTTP/${version}\r\n${headers}Connection: close\r\n\r\n`;

const post = (server: ModelServer, body: unknown, headers: object = {}, path = "completions") =>
  fetch(`${server.url}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const ask = { model: "hens", prompt: "the road", seed: 1, max_tokens: 3 };
const messageOf = async (response: Response) =>
  ((await response.json()) as { error: { message: string } }).error.message;

describe("names of this machine", () => {
  it("are answered, whatever their case, port and spelling", async () => {
    const server = await start();
    for (const host of [
      "localhost",
      "LocalHost:1",
      "localhost.",
      "localhost.:8080",
      "127.0.0.1",
      "127.0.0.1:65535",
      "127.9.8.7",
      "[::1]",
      "[::1]:8080",
    ])
      expect([host, statusOf(await raw(server, models(`Host: ${host}\r\n`)))]).toEqual([host, 200]);
  });

  it("are the only ones that are answered on loopback", async () => {
    const server = await start();
    for (const host of [
      "evil.example",
      `evil.example:${server.port}`,
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "evil.example.localhost",
      "127.0.0.1.nip.io",
      "notlocalhost",
      "localhost@evil.example",
      "evil.example/localhost",
      "evil.example#localhost",
      "[::1].evil.example",
      "[::2]",
      "128.0.0.1",
      "192.168.1.2",
      "0.0.0.0",
      "localhost, evil.example",
      "",
    ]) {
      const status = statusOf(await raw(server, models(`Host: ${host}\r\n`)));
      expect([host, [400, 403].includes(status)]).toEqual([host, true]);
    }
    const absolute = await raw(server, models("Host: localhost\r\n", "http://evil.example/v1/models"));
    expect(statusOf(absolute)).toBe(403);
    expect(absolute).toContain('"code":"host_not_allowed"');
    expect([400, 403]).toContain(statusOf(await raw(server, models("", "/v1/models", "1.0"))));
    expect([400, 403]).toContain(
      statusOf(await raw(server, models("Host: evil.example\r\nHost: localhost\r\n"))),
    );
  });

  it("do not matter on a network, where a key is asked for", async () => {
    const server = await start({ host: "0.0.0.0", key: "correct-horse-battery" });
    const key = "Authorization: Bearer correct-horse-battery\r\n";
    expect(statusOf(await raw(server, models(`Host: joker.example\r\n${key}`)))).toBe(200);
    expect(statusOf(await raw(server, models("Host: joker.example\r\n")))).toBe(401);
  });
});

describe("origins", () => {
  const from = (server: ModelServer, origin: string, headers: object = {}) =>
    post(server, ask, { origin, ...headers });

  it("of other sites are refused, those of this machine answered without CORS", async () => {
    const server = await start();
    for (const origin of [
      "https://evil.example",
      "null",
      "http://localhost.evil.example",
      "chrome-extension://abc",
    ])
      expect([origin, (await from(server, origin)).status]).toEqual([origin, 403]);
    for (const origin of ["http://localhost:5173", "http://127.0.0.1:3000", "http://[::1]:3000"]) {
      const response = await from(server, origin);
      expect([origin, response.status]).toEqual([origin, 200]);
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it("that are allowed get CORS on answers, errors and streams, and no other does", async () => {
    const origin = "https://jokes.example";
    const server = await start({ allowOrigins: ["https://Jokes.example/", "http://localhost:5173"] });
    const answers = [
      await from(server, origin),
      await post(server, { ...ask, stream: true }, { origin }),
      await post(server, { ...ask, top_p: 5 }, { origin }),
      await post(server, { ...ask, stream: true, model: "cows" }, { origin }),
      await post(server, "{", { origin }),
      await post(server, "x".repeat(2e6), { origin }),
      await post(server, ask, { origin, "content-type": "text/plain" }),
      await fetch(`${server.url}/nothing`, { headers: { origin } }),
      await fetch(`${server.url}/models`, { headers: { origin } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 404, 400, 413, 415, 404, 200]);
    for (const answer of answers) {
      expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
      expect(answer.headers.get("vary")).toMatch(/\bOrigin\b/);
      await answer.body?.cancel();
    }
    const other = await from(server, "https://evil.example");
    expect([other.status, other.headers.get("access-control-allow-origin")]).toEqual([403, null]);
    expect(other.headers.get("vary")).toMatch(/\bOrigin\b/);
    expect((await fetch(`${server.url}/models`)).headers.get("vary")).toMatch(/\bOrigin\b/);
  });

  const preflight = (server: ModelServer, origin: string) =>
    fetch(`${server.url}/chat/completions`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-stainless-os",
        "access-control-request-private-network": "true",
      },
    });

  it("are asked about before a request, without a key", async () => {
    const server = await start({ allowOrigins: ["https://jokes.example"], key: "correct-horse-battery" });
    const yes = await preflight(server, "https://jokes.example");
    expect(yes.status).toBe(204);
    expect(Object.fromEntries(yes.headers)).toMatchObject({
      "access-control-allow-origin": "https://jokes.example",
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-headers": "authorization,content-type,x-stainless-os",
      "access-control-allow-private-network": "true",
      "access-control-max-age": "600",
    });
    const no = await preflight(server, "https://evil.example");
    expect(no.headers.get("access-control-allow-origin")).toBeNull();
    expect(no.headers.get("access-control-allow-private-network")).toBeNull();
    const unkeyed = await from(server, "https://jokes.example");
    expect([unkeyed.status, unkeyed.headers.get("access-control-allow-origin")]).toEqual([
      401,
      "https://jokes.example",
    ]);
    const closed = await start();
    const refused = await preflight(closed, "https://jokes.example");
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  });

  it("are all allowed by *", async () => {
    const server = await start({ allowOrigins: ["*"] });
    for (const origin of ["https://any.example", "null"]) {
      const answer = await from(server, origin);
      expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
    }
  });

  it.each([
    "jokes.example",
    "https://jokes.example/path",
    "https://a:b@jokes.example",
    "https://jokes.example?q",
    "",
    "https://",
  ])("%j is no origin to allow", async (origin) => {
    await expect(start({ allowOrigins: [origin] })).rejects.toThrow(
      /^`allowOrigins` must be an origin such as/,
    );
  });
});

describe("keys", () => {
  it("are required where one is set, and compared", async () => {
    const server = await start({ key: "correct-horse-battery" });
    const client = (apiKey: string) => new OpenAI({ apiKey, baseURL: server.url, maxRetries: 0 });
    expect((await client("correct-horse-battery").models.list()).data).toHaveLength(1);
    await expect(client("correct-horse").models.list()).rejects.toMatchObject({
      status: 401,
      code: "invalid_api_key",
    });
    // Of any length, and alike up to any place.
    for (const given of [
      "c",
      "correct-horse-batterx",
      "xorrect-horse-battery",
      "correct-horse-battery0",
      "k".repeat(9_000),
    ]) {
      const refused = await post(server, ask, { authorization: `Bearer ${given}` });
      expect([given, refused.status, await messageOf(refused)]).toEqual([
        given,
        401,
        "This is not the key of this server.",
      ]);
    }
    const none = await post(server, ask);
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  });

  it.each([
    [
      { host: "0.0.0.0" },
      /At 0\.0\.0\.0 other machines reach the model: set `key` to a key .* or say `key: false` to/,
    ],
    [{ host: "::" }, /other machines reach the model/],
    [{ host: "[::]" }, /other machines reach the model/],
    [{ host: "0" }, /other machines reach the model/],
    [{ host: "" }, /no address to listen at/],
    [{ host: " " }, /no address to listen at/],
    [{ host: "999.1.1.1" }, /"999.1.1.1" does not resolve/],
    [{ key: "two\nlines" }, /holds a line break/],
    [{ key: "schlüssel" }, /beyond ASCII/],
  ])("%j is refused", async (options, message) => {
    const error = await start(options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "usage", message: expect.stringMatching(message) });
    expect(String(error)).not.toMatch(/lines|schl/);
  });

  it("are not required on a network with key: false", async () => {
    const server = await start({ host: "0.0.0.0", key: false });
    expect((await fetch(`http://127.0.0.1:${server.port}/v1/models`)).status).toBe(200);
  });
});

describe("work", () => {
  it.each([
    [{ max_tokens: 4097 }, /at most 4096 tokens to write/],
    [{ n: 129 }, /at most 128 texts/],
    [{ prompt: new Array(65).fill("a"), n: 2 }, /at most 128 texts \(prompts times n\), not 130/],
    [{ prompt: "the road ".repeat(15_000) }, /at most 131072 characters to read, not 135000/],
    [{ prompt: ["a ".repeat(40_000), "a ".repeat(40_000)] }, /at most 131072 characters to read, not 160000/],
  ])("beyond a limit is a 400 that names it (case %#)", async (more, message) => {
    const server = await start();
    const response = await post(server, { ...ask, ...more });
    expect(response.status).toBe(400);
    expect(await messageOf(response)).toMatch(message);
  });

  it("has limits that can be set", async () => {
    const server = await start({ limits: { maxTokens: 5, maxTexts: 2, maxPromptTokens: 10, maxBytes: 300 } });
    expect((await post(server, { ...ask, max_tokens: 6 })).status).toBe(400);
    expect((await post(server, { ...ask, n: 3 })).status).toBe(400);
    expect((await post(server, { ...ask, prompt: "the road the" })).status).toBe(400);
    expect((await post(server, { ...ask, user: "x".repeat(300) })).status).toBe(413);
    expect((await post(server, { ...ask, max_tokens: 5, n: 2 })).status).toBe(200);
    const messages = [{ role: "user", content: "the" }];
    const chat = await post(
      server,
      { model: "hens", messages, max_completion_tokens: 6 },
      {},
      "chat/completions",
    );
    expect(await messageOf(chat)).toMatch(/max_completion_tokens/);
    const unsaid = await post(server, { model: "hens", messages }, {}, "chat/completions");
    expect(await unsaid.json()).toMatchObject({ usage: { completion_tokens: 5 } });
  });

  it("of 130,000 characters is done, echoed and scored too", async () => {
    const server = await start();
    const prompt = babble(130_000);
    const answer = await post(server, { ...ask, prompt });
    expect(await answer.json()).toMatchObject({ usage: { prompt_tokens: 130_000, completion_tokens: 3 } });
    const text = prompt.slice(0, 10_000);
    const scored = await post(server, { ...ask, prompt: text, max_tokens: 0, echo: true, logprobs: 1 });
    const { choices } = (await scored.json()) as OpenAI.Completion;
    expect(choices[0]!.logprobs!.tokens!.join("")).toBe(text);
  });

  it.each([false, true])(
    "ends when the client leaves while its prompt is read (chunked: %s)",
    async (chunked) => {
      const server = await start({ limits: { maxPromptTokens: 1e6, maxBytes: 1e7 } });
      const body = JSON.stringify({ ...ask, prompt: babble(900_000) });
      const socket = dial(server);
      const framed = chunked
        ? `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
        : `Content-Length: ${body.length}\r\n\r\n${body}`;
      socket.write(
        `POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${framed}`,
      );
      await new Promise((wake) => setTimeout(wake, 1000));
      socket.destroy();
      expect((await post(server, ask)).status).toBe(200);
      expect(await figure(server, "prompt_tokens_total")).toBeLessThan(450_000);
    },
  );

  it("whose client leaves is counted, and no answer to it", async () => {
    const server = await start({ limits: { maxTokens: 1e6 } });
    const cancelled = () => figure(server, 'requests_cancelled_total{path="/v1/completions"}');
    for (const [k, stream] of [false, true].entries()) {
      const leave = new AbortController();
      const body = JSON.stringify({ ...ask, max_tokens: 1e6, stream });
      const headers = { "content-type": "application/json" };
      const { signal } = leave;
      const asked = fetch(`${server.url}/completions`, { method: "POST", headers, body, signal });
      await expect.poll(() => figure(server, "texts_running")).toBe(1);
      if (stream) await (await asked).body!.getReader().read();
      leave.abort();
      if (!stream) await expect(asked).rejects.toThrow(/abort/);
      await expect.poll(cancelled).toBe(k + 1);
    }
    // A request that is not sent whole.
    const socket = dial(server);
    socket.write("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
    socket.write("Content-Length: 100\r\n\r\n{");
    await expect.poll(() => socket.bytesWritten).toBeGreaterThan(100);
    await post(server, ask);
    socket.destroy();
    await expect.poll(cancelled).toBe(3);
    const text = await (await fetch(new URL("/metrics", server.url))).text();
    expect(text.match(/answers_total\{path="\/v1\/completions".*/g)).toEqual([
      'answers_total{path="/v1/completions",status="200"} 2',
    ]);
  });

  it("that waits leaves the queue with its client", async () => {
    const server = await start({ limits: { maxRequests: 2, maxTokens: 1e6 } });
    const leave = new AbortController();
    const long = (signal: AbortSignal) =>
      fetch(`${server.url}/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...ask, max_tokens: 1e6 }),
        signal,
      }).catch(() => {});
    const first = new AbortController();
    const running = () => figure(server, "requests_running");
    void long(first.signal);
    await expect.poll(running).toBe(1);
    void long(leave.signal);
    await expect.poll(running).toBe(2);
    const full = await post(server, ask);
    expect([full.status, full.headers.get("retry-after")]).toEqual([503, "1"]);
    leave.abort();
    await expect.poll(running).toBe(1);
    // There is room for a third, though the first is still written.
    expect((await post(server, ask)).status).toBe(200);
    expect(await running()).toBe(1);
    first.abort();
  });
});

describe("a client that does not read", () => {
  const stream = { ...ask, max_tokens: 1e6, n: 64, temperature: 2, stream: true };
  const request = (body: object) => {
    const text = JSON.stringify(body);
    return `POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  };

  it("is waited for, without memory that grows", async () => {
    const server = await start({ limits: { maxTokens: 1e6 } });
    const socket = dial(server);
    socket.pause();
    socket.write(request(stream));
    await new Promise((wake) => setTimeout(wake, 1500));
    const held = process.memoryUsage();
    await new Promise((wake) => setTimeout(wake, 3000));
    const now = process.memoryUsage();
    expect(now.heapUsed + now.external - held.heapUsed - held.external).toBeLessThan(60e6);
    // The answer goes on where it stopped.
    let read = 0;
    socket.on("data", (data) => {
      read += data.length;
    });
    socket.resume();
    // Seconds, but minutes on a busy machine.
    await expect.poll(() => read, { timeout: 300_000 }).toBeGreaterThan(8e6);
  }, 400_000);

  it("may read a byte at a time, and holds up nobody else", async () => {
    const server = await start({ limits: { maxTokens: 1e6 } });
    const socket = dial(server);
    socket.pause();
    socket.write(request(stream));
    let read = 0;
    const drip = setInterval(() => {
      read += (socket.read(1) as Buffer | null)?.length ?? 0;
    }, 50);
    for (let k = 0; k < 5; k++) expect((await post(server, { ...ask, seed: k })).status).toBe(200);
    await expect.poll(() => read).toBeGreaterThan(10);
    clearInterval(drip);
  });

  it("is given up after a while in the middle of a large answer", async () => {
    const server = await start({ limits: { stallMs: 700 } });
    const prompt = new Array(8).fill(babble(10_000));
    const socket = dial(server);
    socket.pause();
    socket.write(request({ ...ask, prompt, max_tokens: 0, echo: true, logprobs: 20 }));
    await expect
      .poll(() => figure(server, 'requests_cancelled_total{path="/v1/completions"}'), { timeout: 100_000 })
      .toBe(1);
    expect(await figure(server, "requests_running")).toBe(0);
  }, 120_000);

  it("is given up after a while, and others are served", async () => {
    const server = await start({ limits: { maxTokens: 1e6, stallMs: 700 } });
    const socket = dial(server);
    socket.pause();
    socket.write(request(stream));
    await new Promise((wake) => setTimeout(wake, 300));
    expect((await post(server, ask)).status).toBe(200);
  });
});

describe("prompts without tokens, and of very many", () => {
  it("are read as the beginning of a text, and refused in a sentence", async () => {
    const server = await start({ limits: { maxPromptTokens: 50_000 } });
    for (const prompt of ["", [], [""]]) {
      const answer = (await (await post(server, { ...ask, prompt })).json()) as OpenAI.Completion;
      expect(answer).toMatchObject({ choices: [{ finish_reason: "length" }], usage: { prompt_tokens: 0 } });
    }
    expect((await post(server, { ...ask, prompt: [[]] })).status).toBe(400);
    const many = {
      ...ask,
      prompt: new Array<number>(100_000).fill(1),
      echo: true,
      logprobs: 1,
      max_tokens: 1,
    };
    const refused = await post(server, many);
    expect(await messageOf(refused)).toMatch(/^A request may have at most 50000 .*, not 100000\.$/);
  });
});

describe("lists of very many items", () => {
  const items = 100_000;
  const messages = [{ role: "user", content: "the" }];
  const bias = Object.fromEntries(Array.from({ length: 20_000 }, (_, k) => [`x${k}`, "a"]));

  it.each([
    ["completions", { prompt: new Array(items).fill("a") }, /at most 128 texts .*, not 100000/],
    ["completions", { prompt: new Array(1_000).fill([1]) }, /at most 128 texts .*, not 1000/],
    ["completions", { prompt: new Array(items).fill([1]) }, /at most 10000 lists or objects in a list/],
    ["completions", { prompt: new Array(1_000).fill({}) }, /prompt: must be a text, a list of token ids/],
    ["completions", { prompt: ["a", ...new Array(items).fill(1)] }, /prompt: must be a text/],
    ["completions", { prompt: new Array(items).fill(-1) }, /prompt.0: must be a token id/],
    ["completions", { stop: new Array(items).fill(1) }, /stop: must have at most 16 items, not 100000/],
    ["completions", { logit_bias: bias }, /logit_bias: must have at most 10000 numbers, not 20000/],
    ["chat/completions", { prompt: undefined, messages: new Array(5_000).fill({}) }, /at most 4096 items/],
    ["chat/completions", { prompt: undefined, messages: new Array(4_000).fill({}) }, /messages.0.role/],
    ["chat/completions", { prompt: undefined, messages, n: 1e9 }, /at most 128 texts .*, not 1000000000/],
    [
      "embeddings",
      { prompt: undefined, max_tokens: undefined, input: new Array(items).fill("a") },
      /128 texts/,
    ],
    [
      "embeddings",
      { prompt: undefined, max_tokens: undefined, input: new Array(items).fill(true) },
      /input: must be/,
    ],
  ])(
    "are refused by their number, or by the first that does not fit (%s, case %#)",
    async (path, more, message) => {
      const server = await start();
      const response = await post(
        server,
        { ...ask, seed: undefined, temperature: undefined, ...more },
        {},
        path,
      );
      expect([response.status, await messageOf(response)]).toEqual([400, expect.stringMatching(message)]);
    },
  );

  it("of /detokenize are named as they are in the request", async () => {
    const server = await start({ limits: { maxPromptTokens: 10 } });
    const send = (tokens: unknown) =>
      fetch(new URL("/detokenize", server.url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ tokens }),
      });
    for (const tokens of [new Array(1_000).fill(1), [5_000], [-1]])
      expect(await (await send(tokens)).json()).toMatchObject({
        error: { param: expect.stringMatching(/^tokens/) },
      });
  });
});

describe("slow requests", () => {
  it.each([
    ["headers", "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nX: "],
    [
      "a body",
      "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    ],
  ])(
    "get a limited time for %s",
    async (_, begun) => {
      const server = await start({ limits: { requestMs: 500 } });
      const socket = dial(server);
      socket.write(begun);
      const trickle = setInterval(() => socket.write(" "), 100);
      await new Promise((done) => socket.on("close", done));
      clearInterval(trickle);
    },
    15_000,
  );
});

describe("closing", () => {
  it("ends with idle connections, half requests and streams that would go on for hours", async () => {
    const server = await start({ limits: { maxTokens: 1e6, graceMs: 300 } });
    open.pop();
    const idle = dial(server);
    idle.write("GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const half = dial(server);
    half.write("POST /v1/completions HTTP/1.1\r\nHost: loc");
    const deaf = dial(server);
    deaf.pause();
    const client = new OpenAI({ apiKey: "none", baseURL: server.url, maxRetries: 0 });
    const events = await client.completions.create({ ...ask, max_tokens: 1e6, stream: true });
    const waiting = client.completions.create(ask);
    await new Promise((wake) => setTimeout(wake, 200));
    let pieces = 0;
    let closed: Promise<void> | undefined;
    const error = await (async () => {
      for await (const _ of events) {
        if (++pieces === 3) closed = server.close();
      }
    })().catch((thrown: unknown) => thrown);
    await closed;
    expect(String(error)).toMatch(/stopping|terminated|reset/i);
    // What came before the end is answered, and its client did not wait for the long one.
    expect(await waiting).toMatchObject({ choices: [{ finish_reason: "length" }] });
    await expect(client.models.list()).rejects.toThrow(OpenAI.APIConnectionError);
  });

  it("does not wait for a client that does not read", async () => {
    const server = await start({ limits: { maxTokens: 1e6, graceMs: 200 } });
    open.pop();
    const deaf = dial(server);
    deaf.pause();
    const body = JSON.stringify({ ...ask, max_tokens: 1e6, n: 64, stream: true });
    deaf.write(
      `POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await new Promise((wake) => setTimeout(wake, 1000));
    await server.close();
  });
});

describe("bodies", () => {
  it.each([
    ["application/json", 200],
    ["Application/JSON; charset=UTF-8", 200],
    ["application/json;charset=utf8", 200],
    ["application/vnd.api+json", 200],
    ["text/json", 200],
    ["application/json-evil", 415],
    ["application/json5", 415],
    ["application/jsonp", 415],
    ["text/plain; a=application/json", 415],
    ["application/x-www-form-urlencoded", 415],
    ["application/json; charset=utf-16", 415],
    ["", 415],
  ])("of type %j: %i", async (type, status) => {
    const server = await start();
    expect((await post(server, ask, { "content-type": type })).status).toBe(status);
  });

  it("that are not UTF-8, or nested without end, are refused", async () => {
    const server = await start();
    const send = (body: Uint8Array<ArrayBuffer> | string) =>
      fetch(`${server.url}/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
    const latin = Buffer.from(JSON.stringify({ ...ask, prompt: "h\xfcte" }), "latin1");
    expect(await messageOf(await send(latin))).toBe("The body is not UTF-8.");
    const deep = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
    expect(await messageOf(await send(deep))).toMatch(/nested more than 64 deep/);
    expect((await send(`${"[".repeat(500_000)}`)).status).toBe(400);
    for (const text of ["null", "[]", "1", '"x"', '{"__proto__": {"model": "hens"}}'])
      expect([text, (await send(text)).status]).toEqual([text, 400]);
    const long = await messageOf(await send(JSON.stringify({ ...ask, ["x".repeat(100_000)]: 1 })));
    expect(long.length).toBeLessThan(300);
    expect(await messageOf(await send(JSON.stringify({ ...ask, model: "\u001b[2J\u202eevil" })))).toBe(
      'There is no model "\\x1b[2J\\u202eevil" here, only "hens".',
    );
  });

  it("may hold null and [] for what they do not ask for", async () => {
    const server = await start();
    const fields = [
      "temperature",
      "top_p",
      "top_k",
      "min_p",
      "n",
      "stop",
      "stream",
      "stream_options",
      "logit_bias",
    ];
    const unknown = [
      "tools",
      "tool_choice",
      "functions",
      "metadata",
      "suffix",
      "response_format",
      "modalities",
      "x",
    ];
    for (const neutral of [null, []]) {
      const same = await post(server, ask);
      const more = Object.fromEntries([...fields, ...unknown].map((name) => [name, neutral]));
      const answer = await post(server, { ...ask, ...more });
      expect(((await answer.json()) as OpenAI.Completion).choices).toEqual(
        ((await same.json()) as OpenAI.Completion).choices,
      );
      expect((await post(server, { ...ask, prompt: neutral, max_tokens: neutral })).status).toBe(200);
      const { prompt: _, ...rest } = ask;
      const messages = [
        { role: "user", content: "the", name: neutral, tool_calls: neutral },
        { role: "assistant", content: neutral, refusal: neutral, annotations: neutral },
        { role: "user", content: [{ type: "text", text: "road", cache_control: neutral }] },
      ];
      expect((await post(server, { ...rest, messages, tools: neutral }, {}, "chat/completions")).status).toBe(
        200,
      );
      const silent = { ...rest, messages: [{ role: "user", content: neutral }] };
      const refused = await post(server, silent, {}, "chat/completions");
      expect(await messageOf(refused)).toBe("messages.0.content: is missing.");
      expect(
        await messageOf(await post(server, { ...rest, messages: neutral }, {}, "chat/completions")),
      ).toBe("messages: is missing.");
    }
    const included = { ...ask, stream: true, stream_options: { include_usage: null } };
    expect((await post(server, included)).status).toBe(200);
  });
});
