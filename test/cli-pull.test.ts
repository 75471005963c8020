/** `punchline pull`, against a Hub on this machine. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { punchline as punchlineProcess, type Ran, type RunOptions, temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { type FakeRepo, type HubServer, startHubServer } from "./hub-server.ts";

const weights = Buffer.alloc(300_000, "weights of a model, and a null byte:\0");
const files = {
  "config.json": '{"model_type": "gpt2"}',
  "model.safetensors": weights,
  "vocab.txt": "[PAD]\n",
};
const bytes = Object.values(files).reduce((sum, content) => sum + Buffer.from(content).length, 0);
const plain: FakeRepo = { kind: "model", name: "owner/plain", files };
const gated: FakeRepo = { kind: "model", name: "owner/gated", gatedFor: "hf_secret", files };

let hub: HubServer;
beforeAll(async () => {
  hub = await startHubServer([plain, gated]);
});
afterAll(() => hub.close());
beforeEach(() => {
  hub.requests.length = 0;
  hub.faults.cuts = 0;
});

interface PullOptions extends RunOptions {
  readonly home: string;
}

/** Runs the command with a home of its own for the cache; `env` is added. */
function pull(words: readonly string[], { home, env, ...options }: PullOptions): Promise<Ran> {
  const settings = {
    HF_ENDPOINT: hub.endpoint,
    HF_HOME: home,
    HF_HUB_CACHE: join(home, "hub"),
    HF_TOKEN: "",
    HF_HUB_OFFLINE: "",
  };
  const run = options.meanwhile ? punchlineProcess : punchline;
  return run(["pull", ...words], { ...options, env: { ...settings, ...env } });
}

/** Where requests to the storage began to read. */
const ranges = () => hub.requests.filter(({ server }) => server === "storage").map(({ range }) => range);

describe("punchline pull", () => {
  it("says where the model lies, and the second time fetches nothing", async () => {
    const home = temporaryFolder();
    const commit = hub.commitOf(plain);
    const path = join(home, "hub", "models--owner--plain", "snapshots", commit);
    const first = await pull(["owner/plain", "--json"], { home });
    expect(first.status).toBe(0);
    expect(JSON.parse(first.stdout)).toEqual({
      model: "owner/plain",
      path,
      commit,
      files: ["config.json", "model.safetensors", "vocab.txt"],
      bytes,
      fetched: bytes,
    });
    expect(readFileSync(join(path, "model.safetensors")).equals(weights)).toBe(true);
    const again = await pull(["owner/plain"], { home });
    expect(again).toMatchObject({
      status: 0,
      stdout: `owner/plain at ${commit.slice(0, 12)}: 3 files, 300 kB\n${path}\n`,
      stderr: expect.stringMatching(/everything was there already\n$/),
    });
    expect(ranges()).toHaveLength(1);
  });

  it("goes on by itself where the connection is cut", async () => {
    Object.assign(hub.faults, { cuts: 1, cutAfter: 100_000 });
    const ran = await pull(["owner/plain", "--json"], { home: temporaryFolder() });
    expect(ran.status).toBe(0);
    expect(JSON.parse(ran.stdout).fetched).toBe(bytes);
    expect(ranges()).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  });

  it("says on Ctrl-C that what came is kept, and goes on from there", async () => {
    const home = temporaryFolder();
    Object.assign(hub.faults, { cuts: 1000, cutAfter: 50_000 });
    const stopped = await pull(["owner/plain"], {
      home,
      meanwhile(child) {
        const timer = setInterval(() => {
          if (ranges().length < 2) return;
          clearInterval(timer);
          child.kill("SIGINT");
        }, 5);
        child.once("close", () => clearInterval(timer));
      },
    });
    expect(stopped).toMatchObject({ status: null, signal: "SIGINT", stdout: "" });
    expect(stopped.stderr).toContain("What has come is kept; the same command goes on from there.");
    const blobs = join(home, "hub", "models--owner--plain", "blobs");
    const part = readdirSync(blobs).filter((name) => name.endsWith(".incomplete"));
    expect(part).toHaveLength(1);
    const kept = readFileSync(join(blobs, part[0]!)).length;
    expect(kept).toBeGreaterThan(0);
    hub.faults.cuts = 0;
    hub.requests.length = 0;
    const resumed = await pull(["owner/plain", "--json"], { home });
    expect(JSON.parse(resumed.stdout)).toMatchObject({ bytes, fetched: weights.length - kept });
    expect(ranges()).toEqual([`bytes=${kept}-`]);
  });

  it("takes a revision, and refuses one that is not there", async () => {
    const home = temporaryFolder();
    const branch = await pull(["owner/plain", "--revision", "refs/pr/1", "--json"], { home });
    expect(JSON.parse(branch.stdout).commit).toBe(hub.commitOf(plain));
    const missing = await pull(["owner/plain", "--revision", "no-such", "--json"], { home });
    expect(missing).toMatchObject({ status: 1, stdout: "" });
    expect(missing.stderr).toMatch(/^error: The model "owner\/plain" has no revision "no-such"; see .*\n$/m);
  });

  it("works offline from the cache, and otherwise says what is missing", async () => {
    const home = temporaryFolder();
    const env = { HF_HUB_OFFLINE: "1" };
    const before = await pull(["owner/plain"], { home, env });
    expect(before.status).toBe(1);
    expect(before.stderr).toContain("is not whole in the cache");
    expect(hub.requests).toHaveLength(0);
    const online = await pull(["owner/plain", "--json"], { home });
    hub.requests.length = 0;
    const offline = await pull(["owner/plain", "--json"], { home, env });
    expect(JSON.parse(offline.stdout)).toEqual({ ...JSON.parse(online.stdout), fetched: 0 });
    expect(hub.requests).toHaveLength(0);
  });

  it.each([
    ["owner/nothing", 1, 'There is no model "owner/nothing" at '],
    ["owner/gated", 1, 'The model "owner/gated" is gated: accept its terms at '],
    ["not a name", 2, '"not a name" is neither a folder nor a name on the Hub'],
  ])("answers %j in one sentence", async (name, status, sentence) => {
    const ran = await pull([name, "--json"], { home: temporaryFolder() });
    expect(ran).toMatchObject({ status, stdout: "" });
    expect(ran.stderr.split("\n").filter((line) => line.startsWith(`error: ${sentence}`))).toHaveLength(1);
  });

  it("opens a gated model with HF_TOKEN, which it does not show", async () => {
    const ran = await pull(["owner/gated", "--json"], {
      home: temporaryFolder(),
      env: { HF_TOKEN: "hf_secret" },
    });
    expect(ran.status).toBe(0);
    expect(ran.stdout + ran.stderr).not.toContain("hf_secret");
  });
});
