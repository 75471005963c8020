/** `punchline serve` as the guide shows it: the requests of docs/serving.md, and clients that know OpenAI's API. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { builtCli } from "./cli.ts";
import { readPage } from "./markdown.ts";

const run = promisify(execFile);
let server: ReturnType<typeof spawn>;
let url = "";

beforeAll(async () => {
  server = spawn(
    process.execPath,
    [builtCli(), "serve", "punchline-gpt2", "punchline-bert", "--port", "0", "--json"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [text] = (await once(server.stdout!, "data")) as [Buffer];
  url = (JSON.parse(String(text)) as { url: string }).url;
});
afterAll(async () => {
  server.kill("SIGINT");
  const [status] = (await once(server, "close")) as [number];
  expect(status).toBe(0);
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
  const client = new OpenAI({ baseURL: url, apiKey: "none", maxRetries: 0 });
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
  const client = new OpenAI({ baseURL: url, apiKey: "none" });
  const body = { model: "punchline-gpt2", prompt: "The old man", seed: 3 };
  let text = "";
  for await (const { choices } of await client.completions.create({ ...body, stream: true }))
    text += choices[0]!.text;
  expect(text).toBe((await client.completions.create(body)).choices[0]!.text);
});
