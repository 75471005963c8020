import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pullModel, resolveModel } from "../src/hub/pull.ts";
import { pullDataset } from "../src/hub/pull-dataset.ts";
import type { PullOptions } from "../src/hub/snapshot.ts";
import { type FakeRepo, type HubServer, startHubServer } from "./hub-server.ts";

const weights = Buffer.alloc(300_000, "weights of a model, and a null byte:\0");
const config = '{"model_type": "gpt2"}';

let hub: HubServer;
let dir: string;
let cacheDir: string;
let options: PullOptions & { settings: object };
let model: FakeRepo;
let repos: FakeRepo[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "punchline-hub-"));
  cacheDir = join(dir, "cache");
  model = {
    kind: "model",
    name: "openai-community/gpt2",
    alias: "gpt2",
    files: {
      "README.md": "not needed",
      "config.json": config,
      "generation_config.json": "{}",
      "model.safetensors": weights,
      "pytorch_model.bin": weights,
      "tokenizer.json": '{"model": {}}',
      "tokenizer_config.json": "{}",
      "vocab.json": "{}",
      "merges.txt": "#version: 0.2\n",
      "onnx/model.onnx": weights,
    },
  };
  repos = [
    model,
    { kind: "model", name: "owner/gated", gatedFor: "hf_secret", files: model.files },
    { kind: "model", name: "owner/pickle", files: { "config.json": config, "pytorch_model.bin": weights } },
    {
      kind: "model",
      name: "owner/sharded",
      files: {
        "config.json": config,
        "vocab.txt": "[PAD]\n",
        "model.safetensors.index.json": JSON.stringify({
          weight_map: { a: "model-1-of-2.safetensors", b: "model-2-of-2.safetensors" },
        }),
        "model-1-of-2.safetensors": weights,
        "model-2-of-2.safetensors": Buffer.concat([weights, weights]),
        "unused.safetensors": weights,
      },
    },
    {
      kind: "dataset",
      name: "owner/jokes",
      files: {
        "README.md": "",
        "data/train.csv": "ID,Joke\n1,ha\n",
        "data/test.csv.gz": "x",
        "dataset_infos.json": "{}",
      },
    },
  ];
  hub = await startHubServer(repos);
  options = {
    settings: { endpoint: hub.endpoint, cacheDir, token: undefined, offline: false, retryDelayMs: 1 },
  };
});
afterEach(async () => {
  await hub.close();
  await rm(dir, { recursive: true, force: true });
});

const offline = () => ({ settings: { ...options.settings, offline: true } });
const fileRequests = () => hub.requests.filter((r) => r.url.includes("/resolve/"));
const repoDir = () => join(cacheDir, "models--gpt2");
const incomplete = async () =>
  (await readdir(join(repoDir(), "blobs"))).filter((n) => n.endsWith(".incomplete"));

describe("pullModel", () => {
  it("fetches what is needed into Python's layout, and nothing twice", async () => {
    const seen: number[] = [];
    const pulled = await pullModel("gpt2", {
      ...options,
      onProgress: ({ received, total }) => seen.push(received / total),
    });
    expect(pulled.files).toEqual([
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const commit = hub.commitOf(model);
    expect(pulled).toMatchObject({ commit, path: join(repoDir(), "snapshots", commit) });
    expect(await readFile(join(repoDir(), "refs", "main"), "utf8")).toBe(commit);
    expect((await readFile(join(pulled.path, "model.safetensors"))).equals(weights)).toBe(true);
    expect(await readlink(join(pulled.path, "config.json"))).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
    expect(await readlink(join(pulled.path, "model.safetensors"))).toMatch(
      /^\.\.\/\.\.\/blobs\/[0-9a-f]{64}$/,
    );
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));

    const before = fileRequests().length;
    await pullModel("gpt2", options);
    expect(fileRequests()).toHaveLength(before);
  });

  it("follows a branch to its new commit and fetches only what changed", async () => {
    await pullModel("gpt2", options);
    model.files = { ...model.files, "config.json": '{"model_type": "gpt2", "n_layer": 2}' };
    const before = fileRequests().length;
    const { path } = await pullModel("gpt2", options);
    expect(fileRequests().length).toBe(before + 2); // the alias redirects
    expect(await readFile(join(path, "config.json"), "utf8")).toContain("n_layer");
    expect(await readFile(join(path, "model.safetensors"))).toHaveLength(weights.length);
  });

  it("goes on where connections were cut, within one call", async () => {
    Object.assign(hub.faults, { cuts: 3, cutAfter: 70_000 });
    const { path } = await pullModel("gpt2", options);
    expect((await readFile(join(path, "model.safetensors"))).equals(weights)).toBe(true);
    const ranges = hub.requests.filter((r) => r.server === "storage").map((r) => r.range);
    expect(ranges[0]).toBeUndefined();
    expect(ranges.length).toBeGreaterThan(3);
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=\d+-$/);
  });

  it("goes on in a later call, and shows no half file under a final name meanwhile", async () => {
    Object.assign(hub.faults, { cuts: 1, cutAfter: 100_000 });
    const stop = new AbortController();
    const onProgress = ({ file }: { file: string }) => {
      if (file === "model.safetensors" && hub.faults.cuts === 0) stop.abort(new Error("stopped"));
    };
    await expect(pullModel("gpt2", { ...options, onProgress, signal: stop.signal })).rejects.toThrow(
      "stopped",
    );
    const [half] = await incomplete();
    expect(half).toMatch(/^[0-9a-f]{64}\.incomplete$/);
    const kept = (await lstat(join(repoDir(), "blobs", half!))).size;
    expect(kept).toBeGreaterThan(0);
    expect(await readdir(join(repoDir(), "snapshots", hub.commitOf(model)))).not.toContain(
      "model.safetensors",
    );
    await expect(readFile(join(repoDir(), "refs", "main"))).rejects.toThrow();

    const { path } = await pullModel("gpt2", options);
    expect(hub.requests.at(-1)).toMatchObject({ server: "storage", range: `bytes=${kept}-` });
    expect((await readFile(join(path, "model.safetensors"))).equals(weights)).toBe(true);
    expect(await incomplete()).toEqual([]);
  });

  it("starts again where the server knows no ranges, and gives up in the end with what came kept", async () => {
    Object.assign(hub.faults, { cuts: 2, cutAfter: 100_000, ignoreRange: true });
    const { path } = await pullModel("gpt2", options);
    expect((await readFile(join(path, "model.safetensors"))).equals(weights)).toBe(true);

    await rm(cacheDir, { recursive: true });
    Object.assign(hub.faults, { cuts: 1000, cutAfter: 0, ignoreRange: false });
    await expect(pullModel("gpt2", options)).rejects.toMatchObject({ code: "hub-cut" });
  });

  it("tries again after a wrong checksum, and refuses the second one", async () => {
    hub.faults.corrupt = 1;
    const { path } = await pullModel("gpt2", options);
    expect((await readFile(join(path, "model.safetensors"))).equals(weights)).toBe(true);

    await rm(cacheDir, { recursive: true });
    hub.faults.corrupt = 100;
    await expect(pullModel("gpt2", options)).rejects.toMatchObject({ code: "hub-checksum" });
    expect(await readdir(join(repoDir(), "blobs"))).toEqual([]);
  });

  it("waits for a busy Hub", async () => {
    hub.faults.busy = 3;
    await pullModel("gpt2", options);
    hub.faults.busy = 100;
    await expect(pullModel("gpt2", options)).rejects.toMatchObject({ code: "hub-busy" });
  });

  it("does without the listing of sizes", async () => {
    hub.faults.noTree = true;
    const { path } = await pullModel("openai-community/gpt2", options);
    expect((await readFile(join(path, "model.safetensors"))).equals(weights)).toBe(true);
    expect(await readFile(join(path, "config.json"), "utf8")).toBe(config);
  });

  it("fetches the shards that the index names", async () => {
    const { files, bytes, path } = await pullModel("owner/sharded", options);
    expect(files).toEqual([
      "config.json",
      "model-1-of-2.safetensors",
      "model-2-of-2.safetensors",
      "model.safetensors.index.json",
      "vocab.txt",
    ]);
    expect(bytes).toBeGreaterThan(900_000);
    expect(await resolveModel("owner/sharded", offline())).toBe(path);
    await rm(join(path, "model-2-of-2.safetensors"));
    await expect(resolveModel("owner/sharded", offline())).rejects.toMatchObject({ code: "offline" });
  });

  it("opens gated models to their token, which it shows to the Hub alone", async () => {
    await expect(pullModel("owner/gated", options)).rejects.toThrow(
      /gated: accept its terms at .*\/owner\/gated, then set HF_TOKEN/,
    );
    const wrong = { settings: { ...options.settings, token: "hf_other" } };
    await expect(pullModel("owner/gated", wrong)).rejects.toMatchObject({ code: "hub-gated" });
    await pullModel("owner/gated", { settings: { ...options.settings, token: "hf_secret" } });
    const toStorage = hub.requests.filter((r) => r.server === "storage");
    expect(toStorage.length).toBeGreaterThan(0);
    expect(toStorage.filter((r) => r.authorization !== undefined)).toEqual([]);
  });

  it("gives advice for names that do not exist, revisions that do not, and pickles", async () => {
    await expect(pullModel("distilgpt3", options)).rejects.toThrow('Did you mean "distilgpt2"?');
    await expect(pullModel("no/such-model", options)).rejects.toMatchObject({ code: "hub-not-found" });
    await expect(pullModel("gpt2@v9", options)).rejects.toMatchObject({ code: "hub-no-revision" });
    await expect(pullModel("not a name", options)).rejects.toMatchObject({ kind: "usage" });
    await expect(pullModel("gpt2@../x", options)).rejects.toMatchObject({ kind: "usage" });
    await expect(pullModel("owner/pickle", options)).rejects.toThrow(
      /only as a pickle \(pytorch_model.bin\).*refs\/pr\/1/,
    );
    expect(hub.requests.filter((r) => r.server === "storage")).toEqual([]);
    await pullModel("gpt2@refs/pr/1", options);
    expect(await readFile(join(repoDir(), "refs", "refs", "pr", "1"), "utf8")).toBe(hub.commitOf(model));
  });

  it("refuses file names that would leave the cache", async () => {
    model.files = { ...model.files, "../../evil": "x" };
    await expect(pullModel("gpt2", options)).rejects.toMatchObject({ code: "hub-answer" });
    expect(await readdir(dir)).toEqual([]);
  });

  it("refuses to share a download with another process", async () => {
    await pullModel("gpt2", options);
    const [etag] = (await readdir(join(repoDir(), "blobs"))).filter((n) => n.length === 64);
    await rm(cacheDir, { recursive: true });
    const locks = join(cacheDir, ".locks", "models--gpt2");
    await mkdir(locks, { recursive: true });
    const holder = { pid: 1, host: "elsewhere.invalid", started: "then", processStart: null };
    await writeFile(join(locks, `${etag}.punchline.lock`), JSON.stringify(holder));
    await expect(pullModel("gpt2", options)).rejects.toMatchObject({ code: "folder-in-use" });
  });
});

describe("resolveModel", () => {
  it("takes a folder as it is", async () => {
    await writeFile(join(dir, "config.json"), config);
    expect(await resolveModel(dir, offline())).toBe(dir);
  });

  it("uses what is cached without asking, also what Python fetched under the model's full name", async () => {
    const commit = "a".repeat(40);
    const folder = join(cacheDir, "models--openai-community--gpt2");
    const snapshot = join(folder, "snapshots", commit);
    await mkdir(join(folder, "blobs"), { recursive: true });
    await mkdir(snapshot, { recursive: true });
    await mkdir(join(folder, "refs"));
    await writeFile(join(folder, "refs", "main"), commit);
    for (const name of ["config.json", "model.safetensors", "tokenizer.json"]) {
      await writeFile(join(folder, "blobs", name), "x");
      await symlink(join("..", "..", "blobs", name), join(snapshot, name));
    }
    expect(await resolveModel("gpt2", options)).toBe(snapshot);
    expect(await resolveModel(`gpt2@${commit}`, options)).toBe(snapshot);
    expect(hub.requests).toEqual([]);

    // A dangling link is not a file: fetched again.
    await rm(join(folder, "blobs", "model.safetensors"));
    expect(await resolveModel("gpt2", options)).toBe(join(repoDir(), "snapshots", hub.commitOf(model)));
  });

  it("without a network, uses a whole copy and otherwise says what to do", async () => {
    await expect(resolveModel("gpt2", offline())).rejects.toThrow(/HF_HUB_OFFLINE forbids the network/);
    const path = await resolveModel("gpt2", options);
    await hub.close();
    expect(await resolveModel("gpt2", options)).toBe(path);
    expect(await resolveModel("gpt2", offline())).toBe(path);
    await expect(resolveModel("distilgpt2", options)).rejects.toThrow(
      /Cannot reach http:.*ECONNREFUSED.*check the network/,
    );
    await expect(resolveModel("my-model", options)).rejects.toThrow(
      /No folder here is called "my-model", and for a model of the Hub: cannot reach/,
    );
    await rm(join(path, "tokenizer.json"));
    expect(await resolveModel("gpt2", options)).toBe(path); // weights are there: better than nothing
    await rm(join(path, "model.safetensors"));
    await expect(resolveModel("gpt2", options)).rejects.toMatchObject({ code: "hub-unreachable" });
    hub = await startHubServer(repos);
  });

  it("tells paths from names", async () => {
    await mkdir(join(dir, "runs", "jokes"), { recursive: true });
    await expect(resolveModel(join(dir, "runs", "joke"))).rejects.toThrow(
      'does not exist. Did you mean "jokes"?',
    );
    await expect(resolveModel(join(dir, "runs", "jokes"))).rejects.toThrow("it has no config.json");
    await expect(resolveModel("runs/nothing-like-it")).rejects.toMatchObject({ code: "not-a-model" });
    await expect(resolveModel("./gpt2")).rejects.toMatchObject({ code: "not-a-model" });
    // In a folder that exists, beside the tests.
    await expect(resolveModel("test/nothing-here", options)).rejects.toThrow(
      "test/nothing-here does not exist",
    );
    await writeFile(join(dir, "file"), "");
    await expect(resolveModel(join(dir, "file"))).rejects.toThrow("is a file");
    expect(hub.requests).toEqual([]);
  });
});

describe("pullDataset", () => {
  it("fetches the data files of one kind, and finds them again without a network", async () => {
    const files = await pullDataset("hf:owner/jokes", options);
    expect(files.map((f) => f.split("/").slice(-2).join("/"))).toEqual([
      "data/test.csv.gz",
      "data/train.csv",
    ]);
    expect(await readFile(files[1]!, "utf8")).toBe("ID,Joke\n1,ha\n");
    expect(await pullDataset("owner/jokes", offline())).toEqual(files);
    const accept = (path: string) => path.includes("train");
    expect(await pullDataset("owner/jokes", { ...options, accept })).toEqual(files.slice(1));
    await expect(pullDataset("owner/jokes", { ...options, accept: () => false })).rejects.toMatchObject({
      code: "no-data",
    });
    await expect(pullDataset("owner/none", options)).rejects.toMatchObject({ code: "hub-not-found" });
  });
});
