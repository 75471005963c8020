/** `punchline serve` as a process. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { train } from "../src/train/train.ts";
import { punchline, temporaryFolder } from "./cli.ts";
import { babble, tinyTraining } from "./training-fixture.ts";

async function tinyRun(): Promise<string> {
  const folder = join(temporaryFolder(), "tiny");
  await train({ ...tinyTraining({}, babble(600)), out: folder });
  return folder;
}

test("tells where it listens, answers, and Ctrl-C finishes what is under way", async () => {
  const folder = await tinyRun();
  const body = { model: "tiny", prompt: "the road", seed: 1, max_tokens: 400 };
  let streamed = "";
  let asked: Promise<void> | undefined;
  const ran = await punchline(["serve", folder, "--port", "0", "--json"], {
    meanwhile(child) {
      let told = "";
      child.stdout!.on("data", (text: string) => {
        told += text;
        if (!told.endsWith("\n")) return;
        asked = (async () => {
          const client = new OpenAI({ apiKey: "none", baseURL: JSON.parse(told).url, maxRetries: 0 });
          let pieces = 0;
          for await (const { choices } of await client.completions.create({ ...body, stream: true })) {
            streamed += choices[0]!.text;
            if (++pieces === 3) child.kill("SIGINT");
          }
        })();
        asked.catch(() => child.kill("SIGKILL"));
      });
    },
  });
  await asked;
  expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining("Stopping as soon as") });
  const { url, ...rest } = JSON.parse(ran.stdout);
  expect(rest).toEqual({ model: "tiny", host: "127.0.0.1", port: Number(new URL(url).port) });
  expect(streamed).toHaveLength(400);
});

test("ends at SIGTERM, whatever its clients do", async () => {
  const ran = await punchline(
    ["serve", await tinyRun(), "--port", "0", "--json", "--max-tokens", "1000000"],
    {
      meanwhile(child) {
        child.stdout!.once("data", (text: string) => {
          const { port } = JSON.parse(text);
          const body = JSON.stringify({ model: "tiny", prompt: "the", max_tokens: 1e6, n: 64, stream: true });
          const deaf = connect(port, "127.0.0.1").pause();
          deaf.on("error", () => {});
          deaf.write(
            `POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
          );
          setTimeout(() => child.kill("SIGTERM"), 500);
        });
      },
    },
  );
  expect(ran).toMatchObject({ status: 0, signal: null });
});

test("says that an address is taken", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const ran = await punchline(["serve", await tinyRun(), "--port", String(port)]);
  taken.close();
  expect(ran).toMatchObject({ status: 1, stdout: "" });
  expect(ran.stderr).toMatch(/^error: .*the address is in use; choose another port \(EADDRINUSE\)\.\n$/);
});

test.each([
  [["openai:gpt-4o-mini"], 2, /openai:gpt-4o-mini is a hosted model, which has its own server already/],
  [["no/such/folder"], 1, /no\/such\/folder does not exist/],
  [["x", "--port", "70000"], 2, /--port must be a whole number from 0 to 65535/],
  [["x", "--host", ""], 2, /"" is no address to listen at/],
  [["x", "--host", "0.0.0.0"], 2, /set PUNCHLINE_API_KEY to a key that requests must send, or say --no-key/],
  [["x", "--host", "::", "--key", ""], 2, /--key is empty/],
  [["x", "--key", "a", "--no-key"], 2, /exclude each other/],
  [["x", "--key", "two\nlines"], 2, /--key holds a line break/],
  [["x", "--allow-origin", "example.com"], 2, /--allow-origin must be an origin such as/],
  [["x", "--max-tokens", "0"], 2, /--max-tokens must be/],
])("%j is refused in one sentence", async (words, status, sentence) => {
  const ran = await punchline(["serve", ...words]);
  expect(ran).toMatchObject({ status, stdout: "", stderr: expect.stringMatching(sentence) });
});
