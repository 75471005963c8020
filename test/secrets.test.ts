/** The whole program, as it runs: what is secret is in nothing that it prints or writes. */
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { punchline as punchlineProcess, temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { babble } from "./training-fixture.ts";

const secrets = {
  HF_TOKEN: "hf_s3cretToken0",
  OPENAI_API_KEY: 'sk-s3cret"Key"1',
  PUNCHLINE_API_KEY: "pl-s3cretKey2",
  OPENAI_CUSTOM_HEADERS: "X-Team: hens\nX-Pass: s3cretHeader3 and more",
};
const hidden = /s3cret/;

/** A service that sends back, as an error and with control characters, all that it was sent. */
let address: string;
const echo = createServer((request, response) => {
  const said = `\u001b[2J${request.url} ${JSON.stringify(request.headers)} ${request.rawHeaders.join("\n")}`;
  const status = request.url!.includes("strange") ? 200 : 400;
  response
    .writeHead(status, { "content-type": "application/json", "x-error-message": encodeURI(said) })
    .end(JSON.stringify({ error: { message: said }, message: said, sha: said }));
});
beforeAll(async () => {
  await once(echo.listen(0, "127.0.0.1"), "listening");
  address = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((closed) => void echo.close(closed)));

const everything = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");

test("not in messages, documents or traces, whatever a service sends back", async () => {
  const cwd = temporaryFolder();
  const env = { ...secrets, DEBUG: "1", OPENAI_LOG: "debug", HF_HOME: join(cwd, "cache") };
  const sample = ["sample", "openai:hen", "--prompt", "Why"];
  const cases: [readonly string[], Record<string, string>][] = [
    [["pull", "a/b"], { HF_ENDPOINT: address }],
    [["pull", "a/strange"], { HF_ENDPOINT: address }],
    [["sample", "a/b"], { HF_ENDPOINT: "https://me:s3cretPassword@h.example" }],
    [["train", "--data", "https://me:s3cretPassword@h.example/x.csv", "--out", "run"], {}],
    [sample, { OPENAI_BASE_URL: `${address}/v1` }],
    [sample, { OPENAI_BASE_URL: `${address}/strange` }],
    [sample, { OPENAI_BASE_URL: "http://me:s3cretPassword@h.example" }],
    [sample, { OPENAI_API_KEY: "sk-s3cret\nKey" }],
    [sample, { OPENAI_CUSTOM_HEADERS: "X-Pass: s3cret\u2028Header" }],
    [["pull", "a/b"], { HF_TOKEN: "hf_s3cret\nToken" }],
    [["serve", "nowhere"], { PUNCHLINE_API_KEY: "pl-s3cret Key" }],
    [["serve", "nowhere", "--key", "pl-s3cret\nKey"], {}],
    [["eval", "openai:hen", "--data", "nowhere-hf_s3cretToken0.txt"], { OPENAI_BASE_URL: address }],
  ];
  for (const [words, more] of cases)
    for (const [run, json] of [
      [punchlineProcess, []],
      [punchline, ["--json"]],
    ] as const) {
      const ran = await run([...words, ...json], { cwd, env: { ...env, ...more } });
      expect(ran.status, `${words} ${ran.stderr}`).not.toBe(0);
      expect(ran.stderr).toMatch(/^error: /m);
      expect(ran.stdout + ran.stderr).not.toMatch(hidden);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey
      expect(ran.stdout + ran.stderr).not.toMatch(/\x1b|\x9b/);
    }
  expect(everything(cwd)).not.toMatch(hidden);
});

test("not in a run folder, and not in what the server says", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "j.txt"), babble(800));
  const env = { ...secrets, HF_ENDPOINT: address, DEBUG: "1" };
  const words = [
    "train",
    "--data",
    "j.txt",
    "--out",
    "run",
    "--width",
    "8",
    "--steps",
    "3",
    "--seq-len",
    "8",
    "--batch-size",
    "2",
    "--json",
  ];
  const ran = await punchline(words, { cwd, env });
  expect(ran.status, ran.stderr).toBe(0);
  expect(everything(cwd) + ran.stdout + ran.stderr).not.toMatch(hidden);
  const served = await punchlineProcess(["serve", "run", "--port", "0"], {
    cwd,
    env,
    meanwhile(child) {
      child.stdout!.once("data", (text: string) => {
        const url = /http:\S+\/v1/.exec(text)![0];
        const headers = {
          "content-type": "application/json",
          authorization: `Bearer ${secrets.PUNCHLINE_API_KEY}`,
        };
        const ask = (body: object, more: object = {}) =>
          fetch(`${url}/completions`, {
            method: "POST",
            headers: { ...headers, ...more },
            body: JSON.stringify(body),
          });
        Promise.all([
          ask({ model: "run", prompt: "\u001b[2J  the  road", max_tokens: 2 }),
          ask({ model: "run", prompt: "the" }, { authorization: "Bearer pl-s3cretGuess" }),
        ]).finally(() => child.kill("SIGTERM"));
      });
    },
  });
  expect(served.stdout + served.stderr).not.toMatch(hidden);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey
  expect(served.stdout + served.stderr).not.toMatch(/\x1b/);
});
