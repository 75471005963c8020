/** `openai:NAME` in the commands that take any model, against a service on this machine. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import {
  type Call,
  chat,
  chatOnly,
  completion,
  type OpenAIServer,
  type Reply,
  startOpenAIServer,
} from "./openai-server.ts";

const key = "sk-secret-0123456789";
let service: OpenAIServer;
beforeAll(async () => {
  service = await startOpenAIServer(() => chatOnly);
});
afterAll(() => service.close());
beforeEach(() => {
  service.calls.length = 0;
});

function run(words: readonly string[], answer: (call: Call) => Reply, cwd = temporaryFolder()) {
  service.answer = answer;
  const env = { OPENAI_API_KEY: key, OPENAI_BASE_URL: service.baseURL, OPENAI_LOG: "debug", DEBUG: "1" };
  return punchline(words, { cwd, env });
}

const chats = (text: string) => (call: Call) => (call.path === "/chat/completions" ? chat(text) : chatOnly);

describe("punchline sample openai:NAME", () => {
  it("prints texts, tokens and, at a price, the cost", async () => {
    const words = [
      "sample",
      "openai:joker",
      "--prompt",
      "Why did",
      "-n",
      "2",
      "--price-in",
      "1",
      "--price-out",
      "10",
    ];
    const plain = await run(words, chats("the hen"));
    expect(plain).toMatchObject({ status: 0, stdout: "Why did the hen\nWhy did the hen\n" });
    expect(plain.stderr).toBe(
      "openai:joker: 40 tokens read and 10 written in 2 requests, about 0.000140 at the prices given.\n",
    );
    const json = await run([...words, "--json"], chats("the hen"));
    const one = { prompt: "Why did", text: " the hen", tokens: 5, finish: "eos" };
    expect(JSON.parse(json.stdout)).toEqual({
      samples: [one, one],
      usage: { requests: 2, prompt_tokens: 40, completion_tokens: 10, cost: expect.closeTo(0.00014, 9) },
    });
  });

  it("gives no cost without a price", async () => {
    const { stdout, stderr } = await run(["sample", "openai:joker", "--prompt", "x", "--json"], chats("y"));
    expect(JSON.parse(stdout).usage).not.toHaveProperty("cost");
    expect(stderr).toBe("openai:joker: 20 tokens read and 5 written in 1 request.\n");
  });

  it("never shows the key, whatever the service sends back", async () => {
    const ran = await run(["sample", "openai:joker", "--prompt", "x"], ({ authorization }) => ({
      status: 400,
      json: { error: { message: `You sent ${authorization}` } },
    }));
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('error: openai:joker refuses the request: "You sent Bearer ***".');
    expect(ran.stdout + ran.stderr).not.toContain(key);
  });

  it.each([
    [["--top-k", "40"], "cannot honour --top-k"],
    [["--threads", "2"], "--threads has no effect on openai:joker"],
    [["--device", "webgpu"], "--device has no effect on openai:joker"],
    [["--price-in", "1"], "give both"],
  ])("%j is wrong usage", async (words, sentence) => {
    const ran = await run(["sample", "openai:joker", "--prompt", "x", ...words], chats("y"));
    expect(ran).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(sentence) });
    expect(service.calls).toEqual([]);
  });

  it("says that a model of this machine costs nothing", async () => {
    const ran = await run(["sample", "runs/a", "--price-in", "1", "--price-out", "1"], chats(""));
    expect(ran).toMatchObject({ status: 2, stderr: expect.stringContaining("runs/a costs nothing") });
  });

  it("needs the key", async () => {
    const ran = await punchline(["sample", "openai:joker", "--prompt", "x"], { env: { OPENAI_API_KEY: "" } });
    expect(ran).toMatchObject({ status: 1, stdout: "" });
    expect(ran.stderr).toMatch(/^error: OPENAI_API_KEY is not set, .*\n$/);
  });
});

describe("punchline sample openai:NAME --novel", () => {
  const jokes = [
    "Why did the chicken cross the road? To get to the other side.",
    "I have a fear of speed bumps, but I am slowly getting over it.",
    "Parallel lines have so much in common; a shame that they never meet.",
    "My dog used to chase people on a bike, so I took the bike away.",
  ];
  const file = () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "jokes.txt"), jokes.join("\n"));
    return folder;
  };
  const words = [
    "sample",
    "openai:joker",
    "--prompt",
    "Why did",
    "-n",
    "2",
    "--novel",
    "--data",
    "jokes.txt",
  ];
  const copy = "the chicken cross the road? To get to the other side.";

  it("asks again for copies, and says how many it threw away", async () => {
    let asked = 0;
    const answers = [copy, "the otter sing? Nobody knows.", copy, "a beaver build? For fun."];
    const ran = await run(
      [...words, "--json"],
      (call) => chats(answers[call.path === "/chat/completions" ? asked++ : 0]!)(call),
      file(),
    );
    expect(ran.status, ran.stderr).toBe(0);
    expect(ran.stderr).toContain("Threw away 2 of 4 texts: 2 whole.");
    const { samples, novel } = JSON.parse(ran.stdout);
    expect(samples.map(({ text }: { text: string }) => text)).toEqual([` ${answers[1]}`, ` ${answers[3]}`]);
    expect(novel).toEqual({
      threshold: 0.7,
      thrown_away: 2,
      kinds: { exact: 2, near: 0, span: 0, empty: 0 },
    });
  });

  it("reads the data as they are said to be written", async () => {
    const folder = temporaryFolder();
    const text = "Why did the café close? Too many latté jokes.\nA second one, quite unlike it.\n";
    writeFileSync(join(folder, "jokes.txt"), Buffer.from(text, "latin1"));
    const told = [...words.slice(0, 5), "1", ...words.slice(6), "--tries", "1", "--encoding", "windows-1252"];
    const ran = await run(told, chats("the café close? Too many latté jokes."), folder);
    expect(ran.stderr).toContain("openai:joker wrote nothing new");
  });

  it("ends with a sentence where nothing new comes", async () => {
    const ran = await run(words, chats(copy), file());
    expect(ran).toMatchObject({ status: 1, stdout: "" });
    expect(ran.stderr).toContain("error: openai:joker wrote nothing new, by the threshold 0.7: in the end");
  });

  it.each([
    [["sample", "openai:joker", "--prompt", "x", "--tries", "3"], "--tries is of use with --novel only"],
    [
      ["sample", "openai:joker", "--prompt", "x", "--data", "a.txt"],
      "--data is of use with --check and --novel only",
    ],
    [
      ["sample", "openai:joker", "--prompt", "x", "--encoding", "utf-16"],
      "--encoding is of use with --check and --novel only",
    ],
    [["sample", "openai:joker", "--novel", "0.2"], "--novel must be a number from 0.6 to 1"],
  ])("%j is wrong usage", async (odd, sentence) => {
    const ran = await run(odd, chats("y"));
    expect(ran).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(sentence) });
  });
});

describe("punchline eval openai:NAME", () => {
  const file = () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "text.txt"), "Why did é");
    return folder;
  };
  const words = ["eval", "openai:joker", "--data", "text.txt", "--raw", "--json"];

  it("scores what the service scores", async () => {
    const logprobs = {
      tokens: ["Why", " did", " é"],
      token_logprobs: [null, -1, -3],
      text_offset: [0, 3, 7],
    };
    const ran = await run(words, () => completion("Why did é", { logprobs }), file());
    const bits = 4 / Math.LN2;
    expect(JSON.parse(ran.stdout)).toMatchObject({
      loss: 2,
      perplexity: expect.closeTo(Math.exp(2), 9),
      bits_per_character: expect.closeTo(bits / 6, 9), // " did é"
      bits_per_byte: expect.closeTo(bits / 7, 9),
      tokens: 2,
      split: "all",
      usage: { requests: 1 },
    });
  });

  it("says why it cannot where the service gives no log-probabilities", async () => {
    const ran = await run(words, chats("x"), file());
    expect(ran).toMatchObject({ status: 1, stdout: "" });
    expect(ran.stderr).toContain("openai:joker cannot be scored: its service gives no log-probabilities");
  });
});

describe("punchline novelty openai:NAME", () => {
  it("audits what a hosted model writes", async () => {
    const folder = temporaryFolder();
    const jokes = Array.from(
      { length: 60 },
      (_, k) => `Why did the number ${k * 7919} cross the road of ${k}?`,
    );
    writeFileSync(join(folder, "jokes.txt"), jokes.join("\n"));
    const words = [
      "novelty",
      "openai:joker",
      "--prompt",
      "Why did the",
      "-n",
      "2",
      "--data",
      "jokes.txt",
      "--near",
      "off",
      "--json",
    ];
    const ran = await run(words, chats("number 7919 cross the road of 1?"), folder);
    expect(ran).toMatchObject({ status: 0 });
    const { samples, usage, notes, membership_left_out } = JSON.parse(ran.stdout);
    expect(samples.map(({ text }: { text: string }) => text)).toEqual([jokes[1], jokes[1]]);
    expect(membership_left_out).toContainEqual({ signal: "zlib", reason: "openai:joker runs elsewhere." });
    expect(notes.join()).toContain("not asked to complete training texts");
    expect(usage.requests).toBe(2);
  });
});

describe("punchline report openai:NAME", () => {
  it("measures what a hosted model writes, and notes what its service does not tell", async () => {
    const folder = temporaryFolder();
    const jokes = Array.from({ length: 90 }, (_, k) => `Why did the hen number ${k * 7919} cross road ${k}?`);
    writeFileSync(join(folder, "jokes.txt"), jokes.join("\n"));
    const data = ["--data", "jokes.txt", "--near", "off", "--test", "0.3"];
    const words = ["report", "openai:joker", "--prompt", "Why did the", "-n", "3", ...data, "--json"];
    const ran = await run(words, chats("hen write a poem? Nobody asked."), folder);
    expect(ran.status, ran.stderr).toBe(0);
    const { reference, runs, encoder, notes, usage } = JSON.parse(ran.stdout);
    expect(reference.texts).toBe(3);
    expect(runs).toMatchObject([
      { run: "openai:joker", model: "hosted", texts: 3, repeated: expect.closeTo(2 / 3, 9), ended: 1 },
    ]);
    expect(runs[0]).not.toHaveProperty("bits_per_byte");
    expect(runs[0].notes.join()).toContain("gives no log-probabilities");
    expect(encoder).toBeNull();
    expect(notes.join()).toContain("MAUVE needs at least 20 held-out texts; there are 3.");
    expect(usage["openai:joker"].requests).toBe(3);
  });
});
