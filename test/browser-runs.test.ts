/** Runs that a browser keeps are run folders: the same training, to the bit, and the command line goes on with them. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRun } from "../src/browser/open-run.ts";
import { memoryStore, type RunFiles } from "../src/browser/run-store.ts";
import { resumeRun, trainRun } from "../src/browser/train-run.ts";
import { engineHandlers } from "../src/browser/worker/engine.ts";
import { openLocal } from "../src/generate/open.ts";
import { sample } from "../src/generate/sample.ts";
import { openSafetensors } from "../src/hub/safetensors-file.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { resume, train } from "../src/train/train.ts";

const texts = Array.from(
  { length: 60 },
  (_, i) => `name ${"abcdefghij"[i % 10]}${"klmno"[i % 5]} and ${i * 37}`,
);
const request = {
  model: "char-gru",
  modelOptions: { width: 16 },
  data: texts,
  options: {
    steps: 12,
    batchSize: 4,
    seqLen: 16,
    validateEvery: 4,
    logEvery: 1,
    checkpointSeconds: 0,
    sampleEvery: 0,
  },
} as const;
const backend = nodeBackend({ threads: 1 });

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-browser-runs-"));
  await train({ ...request, out: join(folder, "node"), backend: { threads: 1 } });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(files: RunFiles, name: string): Promise<string> {
  const to = join(folder, name);
  for (const { name: file } of await files.list()) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await writeFile(join(to, file), (await files.read(file))!);
  }
  return to;
}

const losses = (log: string): readonly number[] =>
  log
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).loss);

async function weightsOf(run: string): Promise<Record<string, readonly number[]>> {
  const source = await openSafetensors(join(run, "model.safetensors"));
  const all: Record<string, readonly number[]> = {};
  for (const [name, { shape }] of source.tensors) {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    await source.read(name, data);
    all[name] = [...data];
  }
  await source.close();
  return all;
}

describe("a run in a browser's storage", () => {
  it("has the files, losses and weights of the run folder that Node writes", async () => {
    const files = memoryStore().open("whole");
    const { summary } = await trainRun(files, request, { backend });
    expect(summary).toMatchObject({ run: "whole", steps: 12, stopped: "steps" });
    const copy = await written(files, "whole");
    const node = join(folder, "node");
    expect(await weightsOf(copy)).toEqual(await weightsOf(node));
    expect(losses(await readFile(join(copy, "log.jsonl"), "utf8"))).toEqual(
      losses(await readFile(join(node, "log.jsonl"), "utf8")),
    );
    for (const name of ["config.json", "tokenizer.json", "generation_config.json", "texts.jsonl"])
      expect(await readFile(join(copy, name), "utf8"), name).toBe(await readFile(join(node, name), "utf8"));
    // The checksums and the fingerprint of the vocabulary are those that the command line checks.
    const lm = await openLocal(copy);
    const options = { prompt: "name", seed: 3, maxLength: 20 };
    const [expected] = await lm.sample(options);
    expect((await sample(await openRun(files, backend), options))[0]!.text).toBe(expected!.text);
  });

  it.each([1, 4, 7])("goes on to the bit after it was closed at step %i", async (last) => {
    const store = memoryStore();
    const controller = new AbortController();
    const files = store.open("closed");
    // What is written after the page is closed never comes.
    let open = true;
    const closing: RunFiles = {
      ...files,
      write: async (...file) => {
        if (open) await files.write(...file);
      },
    };
    await trainRun(closing, request, {
      backend,
      signal: controller.signal,
      onEvent(event) {
        if (event.type === "log" && event.row.step > last) {
          open = false;
          controller.abort();
        }
      },
    });
    expect(JSON.parse(new TextDecoder().decode(await files.read("state.json"))).step).toBe(last);
    await resumeRun(files, {}, { backend });
    const copy = await written(files, `closed-${last}`);
    expect(await weightsOf(copy)).toEqual(await weightsOf(join(folder, "node")));
    expect(losses(await readFile(join(copy, "log.jsonl"), "utf8"))).toEqual(
      losses(await readFile(join(folder, "node", "log.jsonl"), "utf8")),
    );
  });

  it("goes on at the command line", async () => {
    const files = memoryStore().open("moved");
    const steady = { ...request.options, schedule: "constant", warmup: 0 } as const;
    await trainRun(files, { ...request, options: { ...steady, steps: 6 } }, { backend });
    const copy = await written(files, "moved");
    const { summary } = await resume(copy, { options: { steps: 12 }, backend: { threads: 1 } });
    const at = memoryStore().open("longer");
    const whole = await trainRun(at, { ...request, options: steady }, { backend });
    expect(summary.train_loss).toBe(whole.summary.train_loss);
  });

  it("is not begun twice, and a folder without a model is refused in a sentence", async () => {
    const files = memoryStore().open("taken");
    await trainRun(files, request, { backend });
    await expect(trainRun(files, request, { backend })).rejects.toThrow(/There is a run taken already/);
    await expect(openRun(memoryStore().open("empty"), backend)).rejects.toThrow(/empty has no config.json/);
  });
});

describe("a run folder that is taken over", () => {
  const context = { emit: () => {}, signal: new AbortController().signal };
  const text = (words: string) => new TextEncoder().encode(words);
  let exported: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[] = [];

  beforeAll(async () => {
    const store = memoryStore();
    const { exportRun } = engineHandlers({ store, backend });
    await trainRun(store.open("sent"), request, { backend });
    exported = await exportRun({ run: "sent" }, context);
  });

  it("is refused whole where a path leads out of it, its name does, or its model cannot be read", async () => {
    const store = memoryStore();
    const { importRun } = engineHandlers({ store, backend });
    const without = (name: string) => exported.filter((file) => file.name !== name);
    const changed = (name: string, bytes: Uint8Array<ArrayBuffer>) => [...without(name), { name, bytes }];
    const given = [
      ["r", [...exported, { name: "../evil", bytes: text("x") }], /"\.\.\/evil" is not the path of a file/],
      ["r", [...exported, { name: "a\\..\\b", bytes: text("x") }], /is not the path of a file/],
      ["r", [...exported, { name: "/etc/x", bytes: text("x") }], /is not the path of a file/],
      ["..", exported, /"\.\." cannot be the name of a run/],
      ["a/b", exported, /cannot be the name of a run/],
      ["n".repeat(300), exported, /cannot be the name of a run/],
      ["r", without("config.json"), /no config\.json/],
      ["r", without("model.safetensors"), /r has no weights/],
      ["r", changed("run.json", text('{"format":"punchline-run"')), /run\.json is not whole JSON/],
      ["r", changed("run.json", text('{"format":"punchline-run","version":1}')), /run\.json is damaged/],
      ["r", changed("state.json", text('{"step":"many"}')), /does not hold the counters/],
      ["r", changed("model.safetensors", text("no tensors")), /model\.safetensors/],
    ] as const;
    for (const [run, files, sentence] of given)
      await expect(importRun({ run, files }, context), String(sentence)).rejects.toThrow(sentence);
    expect(await store.list()).toEqual([]);
    expect(await importRun({ run: "r", files: exported }, context)).toMatchObject({ name: "r" });
  });

  it("does not hide the other runs when its files were damaged since", async () => {
    const store = memoryStore();
    const { importRun, runs } = engineHandlers({ store, backend });
    for (const run of ["whole", "damaged"]) await importRun({ run, files: exported }, context);
    await store.open("damaged").write("run.json", ["{"]);
    expect(await runs(undefined, context)).toMatchObject([
      { name: "whole", record: { model: "char-gru" } },
      { name: "damaged", problem: expect.stringContaining("damaged/run.json is not whole JSON") },
    ]);
  });
});
