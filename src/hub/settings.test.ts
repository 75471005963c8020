import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { downloadBlob } from "./download.ts";
import { adviceFor, isRepoName, parseRepoName, sameModel, wellKnownModels } from "./name.ts";
import { hubSettings } from "./settings.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "punchline-settings-"));
  for (const name of Object.keys(process.env)) {
    if (/^(HF_|HUGGING|TRANSFORMERS_|XDG_CACHE)/.test(name)) vi.stubEnv(name, undefined);
  }
  vi.stubEnv("HF_TOKEN_PATH", join(dir, "none"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

it("the Hub and its cache are where Python's library has them", async () => {
  expect(await hubSettings()).toEqual({
    endpoint: "https://huggingface.co",
    cacheDir: join(homedir(), ".cache", "huggingface", "hub"),
    token: undefined,
    offline: false,
    retryDelayMs: 500,
  });
  vi.stubEnv("HF_HOME", "/data/hf");
  vi.stubEnv("HF_ENDPOINT", "https://mirror.example/");
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  expect(await hubSettings()).toMatchObject({
    endpoint: "https://mirror.example",
    cacheDir: "/data/hf/hub",
    offline: true,
  });
  vi.stubEnv("HF_HUB_CACHE", "~/models");
  vi.stubEnv("HF_HUB_OFFLINE", "0");
  expect(await hubSettings()).toMatchObject({ cacheDir: join(homedir(), "models"), offline: false });
  expect(await hubSettings({ offline: true })).toMatchObject({ offline: true });
});

it("the token is HF_TOKEN, else the one that a login stored", async () => {
  await writeFile(join(dir, "token"), "hf_stored\n");
  vi.stubEnv("HF_TOKEN_PATH", undefined);
  vi.stubEnv("HF_HOME", dir);
  expect((await hubSettings()).token).toBe("hf_stored");
  vi.stubEnv("HF_TOKEN", "hf_given");
  expect((await hubSettings()).token).toBe("hf_given");
});

it("names are taken apart, and their kin and neighbours known", () => {
  expect(parseRepoName("model", "owner/name@refs/pr/1")).toEqual({
    kind: "model",
    name: "owner/name",
    revision: "refs/pr/1",
  });
  expect(parseRepoName("model", "gpt2@a", "b").revision).toBe("b");
  expect(parseRepoName("model", "gpt2").revision).toBe("main");
  expect(sameModel("gpt2")).toEqual(["gpt2", "openai-community/gpt2"]);
  expect(sameModel("google-bert/bert-base-uncased")).toEqual([
    "google-bert/bert-base-uncased",
    "bert-base-uncased",
  ]);
  expect(sameModel("owner/gpt2")).toEqual(["owner/gpt2"]);
  for (const name of ["a b", "a/b/c", "../a", "a--b", "/a", "", "a@b@c".repeat(40)])
    expect(isRepoName(name)).toBe(false);
  expect(adviceFor("bert-base-uncase", wellKnownModels)).toBe(' Did you mean "bert-base-uncased"?');
  expect(adviceFor("zzzzzzzzzz", wellKnownModels)).toBe("");
});

it("a download that cannot fit the disk is refused before it begins", async () => {
  const fetch = () => Promise.reject(new Error("nothing should be asked for"));
  const request = {
    url: "x",
    path: join(dir, "blob"),
    size: 2 ** 52,
    etag: "0".repeat(64),
    fetch,
    retryDelayMs: 0,
  };
  await expect(downloadBlob(request)).rejects.toThrow(
    /4503599627 MB are needed and \d+ MB are free.*HF_HOME/,
  );
});
