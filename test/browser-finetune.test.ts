/** Fine-tuning as a page does it, on Node's runtime: the same losses and weights as `train`, and to the bit after a stop. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRun } from "../src/browser/open-run.ts";
import {
  givenFiles,
  type ModelFiles,
  memoryStore,
  type RunFiles,
  readText,
} from "../src/browser/run-store.ts";
import { resumeRun, trainRun } from "../src/browser/train-run.ts";
import type { GivenFile } from "../src/browser/worker/calls.ts";
import { engineHandlers } from "../src/browser/worker/engine.ts";
import { crc32 } from "../src/core/crc32.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { openLocal } from "../src/generate/open.ts";
import { sample } from "../src/generate/sample.ts";
import { builtInFolder } from "../src/hub/built-in.ts";
import { safetensorsParts } from "../src/hub/safetensors-checksums.ts";
import { openSafetensors } from "../src/hub/safetensors-file.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { train } from "../src/train/train.ts";

const data = Array.from(
  { length: 40 },
  (_, i) => `${["Old", "New", "Far", "Low"][i % 4]} ${["Bridge", "Ford", "Haven"][i % 3]} of ${i * 37}`,
);
const options = { steps: 4, batchSize: 2, seqLen: 16, validateEvery: 2, logEvery: 1, sampleEvery: 0 };
const name = "punchline-gpt2";
const hooks = { backend: nodeBackend({ threads: 1 }) };
const base = await openLocal(name);

/** All weights, in the order of their names: vitest takes minutes to compare millions of numbers. */
function digest({ weights }: LanguageModel): string {
  const hash = createHash("sha256");
  for (const [, array] of Object.entries(weights).sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(float32Bytes(array));
  return hash.digest("hex");
}

function float32Bytes(array: LanguageModel["weights"][string]): Uint8Array {
  if ("stored" in array) throw new Error("These weights are in a file.");
  const { buffer, byteOffset, byteLength } = array.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

describe("a model that a page trains further", () => {
  it("learns as at the command line, and leaves the base as it is", async () => {
    const kept = digest(base);
    const files = memoryStore().open("tuned");
    const { log, lm } = await trainRun(files, { base, data, options }, hooks);
    const expected = await train({
      base: { folder: builtInFolder(name), name },
      data,
      options,
      backend: { threads: 1 },
    });
    expect(log.map(({ loss, val_loss }) => [loss, val_loss])).toEqual(
      expected.log.map(({ loss, val_loss }) => [loss, val_loss]),
    );
    const stored = await openRun(files, hooks.backend);
    expect(digest(lm)).toBe(digest(expected.lm));
    expect(digest(stored)).toBe(digest(lm));
    expect(digest(lm)).not.toBe(kept);
    expect(digest(base)).toBe(kept);
  });

  it("goes on to the bit", async () => {
    const store = memoryStore();
    const whole = await trainRun(store.open("whole"), { base, data, options }, hooks);
    const controller = new AbortController();
    const half = { ...options, checkpointSeconds: 0 };
    await trainRun(
      store.open("half"),
      { base, data, options: half },
      {
        ...hooks,
        signal: controller.signal,
        onEvent: (event) => event.type === "log" && event.row.step === 2 && controller.abort(),
      },
    );
    const { log, lm, summary } = await resumeRun(store.open("half"), {}, hooks);
    expect(summary.steps).toBe(4);
    expect(log.map(({ loss }) => loss)).toEqual(whole.log.map(({ loss }) => loss));
    expect(digest(lm)).toBe(digest(whole.lm));
  });

  it("refuses adapters of a model whose files it does not know", async () => {
    const asked = { base, data, options: { ...options, lora: { rank: 2 } } };
    await expect(trainRun(memoryStore().open("lora"), asked, hooks)).rejects.toThrow(
      "Adapters are kept without punchline-gpt2, so its files have to be found again; give them as `base`, or train all weights.",
    );
  });
});

/** The files of a folder, as a page has them. */
async function filesOf(from: string, called: string): Promise<Required<ModelFiles>> {
  const found = (await readdir(from, { withFileTypes: true })).filter((entry) => entry.isFile());
  return givenFiles(
    called,
    await Promise.all(
      found.map(async (entry) => ({
        name: entry.name,
        bytes: new Blob([await readFile(join(from, entry.name))]),
      })),
    ),
  );
}

async function written(files: RunFiles, to: string): Promise<string> {
  for (const { name: file } of await files.list()) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await writeFile(join(to, file), (await files.read(file))!);
  }
  return to;
}

describe("a base that a page has as files", { timeout: 240_000 }, () => {
  let folder = "";
  let files: Required<ModelFiles>;
  const findBase = async (asked: string) => (asked === name ? files : undefined);
  const withBase = { ...hooks, findBase };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "punchline-browser-base-"));
    files = await filesOf(builtInFolder(name), name);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ways = [
    ["all weights", {}],
    ["adapters", { lora: { rank: 2 } }],
    ["the last layers", { freezeLayers: 2 }],
  ] as const;

  it.each(ways)(
    "trains %s as at the command line, and records the same base",
    async (way, asked) => {
      const store = memoryStore();
      const own = { ...options, ...asked };
      const out = join(folder, `node-${way}`);
      const expected = await train({
        base: { folder: builtInFolder(name), name },
        data,
        options: own,
        out,
        backend: { threads: 1 },
      });
      const { log } = await trainRun(store.open("tuned"), { base: files, data, options: own }, withBase);
      expect(log.map(({ loss, val_loss }) => [loss, val_loss])).toEqual(
        expected.log.map(({ loss, val_loss }) => [loss, val_loss]),
      );
      const record = JSON.parse((await readText(store.open("tuned"), "run.json"))!);
      const nodeRecord = JSON.parse(await readFile(join(out, "run.json"), "utf8"));
      expect(record.baseFingerprint).toMatch(/^[0-9a-f]{32}$/);
      for (const field of ["base", "baseFingerprint", "trainable", "parameters", "fingerprint", "train"])
        expect(record[field], field).toEqual(nodeRecord[field]);
      // The weights as both open them: adapters merged with their base, which each finds by its name.
      const here = await openRun(store.open("tuned"), hooks.backend, "", findBase);
      const there = await openLocal(await written(store.open("tuned"), join(folder, `page-${way}`)));
      const atNode = await openLocal(out);
      const prompt = { prompt: "Old Bridge", temperature: 0, maxLength: 8 };
      const [text] = await sample(here, prompt);
      for (const lm of [there, atNode]) expect((await lm.sample(prompt))[0]!.text).toBe(text!.text);
      const names = (await store.open("tuned").list()).map((file) => file.name);
      expect(names.includes("adapter_model.safetensors")).toBe("lora" in asked);
      expect(names.includes("model.safetensors")).toBe(!("lora" in asked));

      // To the bit after a stop.
      const controller = new AbortController();
      await trainRun(
        store.open("half"),
        { base: files, data, options: { ...own, checkpointSeconds: 0 } },
        {
          ...withBase,
          signal: controller.signal,
          onEvent: (event) => event.type === "log" && event.row.step === 2 && controller.abort(),
        },
      );
      const resumed = await resumeRun(store.open("half"), {}, withBase);
      expect(resumed.log.map(({ loss }) => loss)).toEqual(log.map(({ loss }) => loss));
      if ("lora" in asked)
        await expect(openRun(store.open("half"), hooks.backend)).rejects.toThrow(
          'half is an adapter of "punchline-gpt2", which is not in this browser; open the folder of that model first.',
        );
    },
    240_000,
  );

  it("notices that the base of an adapter is another now", async () => {
    const store = memoryStore();
    const own = { ...options, steps: 2, lora: { rank: 2 } };
    await trainRun(store.open("adapter"), { base: files, data, options: own }, withBase);
    const tuned = store.open("other");
    await trainRun(tuned, { base: files, data, options: { ...options, steps: 1 } }, withBase);
    const changed = async () => tuned;
    await expect(openRun(store.open("adapter"), hooks.backend, "", changed)).rejects.toThrow(
      /trained with other weights than punchline-gpt2 has now/,
    );
    await expect(
      trainRun(store.open("twice"), { base: store.open("adapter"), data, options }, withBase),
    ).rejects.toThrow(/adapter is an adapter itself/);
  });

  it("opens a published folder in shards, with an older tokenizer, and trains it by name", async () => {
    const store = memoryStore();
    const engine = engineHandlers({ store, backend: hooks.backend });
    const context = { emit: () => {}, signal: new AbortController().signal };
    const source = await openSafetensors(join(builtInFolder(name), "model.safetensors"));
    const shards: Record<
      string,
      { name: string; dtype: "F32"; shape: readonly number[]; data: Float32Array }[]
    > = {
      "model-00001-of-00002.safetensors": [],
      "model-00002-of-00002.safetensors": [],
    };
    const map: Record<string, string> = {};
    for (const [i, [tensor, { shape }]] of [...source.tensors].entries()) {
      const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
      await source.read(tensor, values);
      const file = Object.keys(shards)[i % 2]!;
      shards[file]!.push({ name: tensor, dtype: "F32", shape, data: values });
      map[tensor] = file;
    }
    await source.close();
    const read = async (file: string) => readFile(join(builtInFolder(name), file), "utf8");
    const tokenizer = JSON.parse(await read("tokenizer.json"));
    const merges = tokenizer.model.merges.map((pair: unknown) =>
      Array.isArray(pair) ? pair.join(" ") : pair,
    );
    const vocabulary = Object.fromEntries([
      ...Object.entries(tokenizer.model.vocab),
      ...tokenizer.added_tokens.map(({ content, id }: { content: string; id: number }) => [content, id]),
    ]);
    const given: GivenFile[] = [
      ["config.json", await read("config.json")],
      ["model.safetensors.index.json", JSON.stringify({ weight_map: map })],
      ["vocab.json", JSON.stringify(vocabulary)],
      ["merges.txt", ["#version: 0.2", ...merges].join("\n")],
      ["tokenizer_config.json", await read("tokenizer_config.json")],
      ["generation_config.json", await read("generation_config.json")],
    ].map(([file, text]) => ({ name: file!, bytes: new Blob([text!]) }));
    for (const [file, tensors] of Object.entries(shards))
      given.push({ name: file, bytes: new Blob(safetensorsParts(tensors, {}, crc32)) });
    const imported = await engine.importRun(
      { run: "published", files: given, architectures: ["gpt2"] },
      context,
    );
    expect(imported).toMatchObject({ name: "published", architecture: "gpt2", record: undefined });
    const [before] = await engine.sample(
      { run: "published", prompt: "The", temperature: 0, maxLength: 8 },
      context,
    );
    const published = await openLocal(await written(store.open("published"), join(folder, "published")));
    const [same] = await published.sample({ prompt: "The", temperature: 0, maxLength: 8 });
    expect(before!.text).toBe(same!.text);
    const texts = new File([data.join("\n")], "places.txt");
    const summary = await engine.finetune(
      { run: "tuned", base: "published", texts, train: options },
      context,
    );
    expect(summary.steps).toBe(4);
    const record = JSON.parse((await readText(store.open("tuned"), "run.json"))!);
    expect(record).toMatchObject({ base: "published", model: "gpt2" });

    const refused = async (change: (file: GivenFile) => GivenFile | undefined) => {
      const files = given.map(change).filter((file) => file !== undefined);
      const failing = engine.importRun({ run: "refused", files, architectures: ["gpt2"] }, context);
      const error = await failing.then(
        () => "It was taken.",
        (thrown: Error) => thrown.message,
      );
      expect(await store.list()).not.toContain("refused");
      return error;
    };
    const config = JSON.parse(await read("config.json"));
    const withConfig = (changes: object) => (file: GivenFile) =>
      file.name === "config.json"
        ? { ...file, bytes: new Blob([JSON.stringify({ ...config, ...changes })]) }
        : file;
    const without = (pattern: RegExp) => (file: GivenFile) => (pattern.test(file.name) ? undefined : file);
    expect(await refused(withConfig({ activation_function: "mish" }))).toMatch(/mish/);
    expect(await refused(withConfig({ model_type: "mamba" }))).toMatch(/mamba/);
    expect(await refused(withConfig({ scale_attn_by_inverse_layer_idx: true }))).toMatch(/inverse_layer/);
    expect(await refused(withConfig({ n_embd: 64_000, n_head: 64 }))).toMatch(
      /^The weights of refused take .* GB/,
    );
    expect(await refused(withConfig({ n_layer: config.n_layer + 1 }))).toMatch(/do not fit the model/);
    expect(await refused(without(/00002-of/))).toMatch(
      /names model-00002-of-00002.safetensors, which is not there/,
    );
    expect(await refused(without(/merges|vocab/))).toMatch(/has no tokenizer/);
    expect(await refused(without(/safetensors/))).toMatch(/refused has no weights/);
    expect(
      await refused((file) =>
        /safetensors/.test(file.name) ? { name: "pytorch_model.bin", bytes: new Blob(["x"]) } : file,
      ),
    ).toMatch(/only as a pickle/);
    const bert = await filesOf(builtInFolder("punchline-bert"), "bert");
    const wrong = engine.importRun(
      {
        run: "bert",
        files: await Promise.all(
          (await bert.list()).map(async ({ name: file }) => ({
            name: file,
            bytes: (await bert.blob(file))!,
          })),
        ),
        architectures: ["gpt2"],
      },
      context,
    );
    await expect(wrong).rejects.toThrow("bert is a bert, and only gpt2 can be used here.");
  });
});
