/** A run that was stopped, at whatever moment, goes on as if nothing had happened. */
import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { prepareText } from "../src/data/prepare.ts";
import type { TrainEvent } from "../src/train/events.ts";
import type { TrainOptions } from "../src/train/options.ts";
import { resume, type TrainRequest, train } from "../src/train/train.ts";
import { temporaryFolder } from "./cli.ts";
import { babble, contentsOf, tinyTraining } from "./training-fixture.ts";

const busy: Partial<TrainOptions> = {
  steps: 9,
  validateEvery: 4,
  logEvery: 2,
  sampleEvery: 3,
  snapshotEvery: 6,
  checkpointSeconds: 0,
};

/** An uninterrupted run with copies of its folder as each event found it: what a kill at that moment leaves. */
async function trainWithCopies(options: Partial<TrainOptions>) {
  const parent = temporaryFolder();
  const folder = join(parent, "run");
  const copies: { readonly event: TrainEvent; readonly folder: string }[] = [];
  const request = tinyTraining(options);
  await train({
    ...request,
    out: folder,
    onEvent(event) {
      const copy = join(parent, `copy-${copies.length}`);
      cpSync(folder, copy, { recursive: true });
      rmSync(join(copy, ".punchline.lock"));
      copies.push({ event, folder: copy });
    },
  });
  return { request, folder, copies };
}

describe("killed", () => {
  test.each([
    ["a checkpoint a step", 2, busy],
    ["checkpoints at validations", 4, { ...busy, checkpointSeconds: 100 }],
    [
      "accumulation and SGD",
      7,
      { ...busy, accumulate: 2, optimizer: "sgd", windows: "shuffled", keep: "last" },
    ],
    ["Muon", 5, { ...busy, accumulate: 2, optimizer: "muon", learningRate: 0.01 }],
  ] as const)("with %s, at each event of %i", async (_, every, options) => {
    const { request, folder, copies } = await trainWithCopies(options);
    const whole = await contentsOf(folder);
    expect(copies.map(({ event }) => event.type)).toEqual(expect.arrayContaining(["start", "sample", "end"]));
    for (const copy of copies.filter((_, i) => i % every === 0)) {
      await resume(copy.folder, { data: request.data });
      expect(await contentsOf(copy.folder), JSON.stringify(copy.event)).toEqual(whole);
    }
  });

  test("before the first checkpoint: the run starts again", async () => {
    const { request, folder, copies } = await trainWithCopies(busy);
    const first = copies[0]!.folder;
    for (const name of ["optimizer.safetensors", "model.safetensors", "state.json", "config.json"])
      rmSync(join(first, name));
    await resume(first, { data: request.data });
    expect(await contentsOf(first)).toEqual(await contentsOf(folder));
  });

  test("between the last checkpoint and its counters for people: these catch up, though no step is left", async () => {
    const { request, folder, copies } = await trainWithCopies(busy);
    const last = copies.at(-1)!.folder;
    cpSync(join(copies[0]!.folder, "state.json"), join(last, "state.json"));
    await resume(last, { data: request.data });
    expect(await contentsOf(last)).toEqual(await contentsOf(folder));
  });

  test("while a line of the log was written: the torn line is written again", async () => {
    const { request, folder, copies } = await trainWithCopies(busy);
    const late = copies.at(-3)!.folder;
    const log = join(late, "log.jsonl");
    writeFileSync(log, readFileSync(log).subarray(0, -9));
    // The torn line is of a step after this checkpoint.
    const early = copies.find(({ event }) => event.type === "checkpoint" && event.step === 1)!.folder;
    cpSync(join(early, "optimizer.safetensors"), join(late, "optimizer.safetensors"));
    await resume(late, { data: request.data });
    expect(await contentsOf(late)).toEqual(await contentsOf(folder));
  });
});

test("stopped while wsd's rate is stable, a run can be made longer, as if it had been planned so", async () => {
  const given = { schedule: "wsd", warmup: 2, validateEvery: 6, logEvery: 1, sampleEvery: 0 } as const;
  const whole = await train(tinyTraining({ ...given, steps: 18 }));
  const folder = join(temporaryFolder(), "run");
  const sitting = new AbortController();
  const request = tinyTraining({ ...given, steps: 10 });
  await train({
    ...request,
    out: folder,
    signal: sitting.signal,
    onEvent: (event) => event.type === "log" && event.row.step === 7 && sitting.abort(),
  });
  const { log } = await resume(folder, { data: request.data, options: { steps: 18 } });
  const exact = ({ step, loss, lr, grad_norm }: (typeof log)[number]) => ({ step, loss, lr, grad_norm });
  expect(log.map(exact)).toEqual(whole.log.map(exact));
  expect(new Set(log.slice(2, 14).map(({ lr }) => lr)).size).toBe(1);
  expect(log.at(-1)!.lr).toBeLessThan(log[13]!.lr / 2);
});

describe("interrupted", () => {
  let whole: Awaited<ReturnType<typeof contentsOf>> | undefined;
  async function uninterrupted(request: TrainRequest) {
    const folder = join(temporaryFolder(), "run");
    await train({ ...request, out: folder });
    return contentsOf(folder);
  }

  test.each(["start", "log", "validation", "sample", "checkpoint"])("at a %s event", async (type) => {
    const request = tinyTraining({ ...busy, checkpointSeconds: 100 });
    whole ??= await uninterrupted(request);
    const stopped = join(temporaryFolder(), "run");
    let seen = 0;
    let sitting = new AbortController();
    const hooks = () => ({
      // Each second one, the first among them. A row of the log is told before its step's validation.
      onEvent: (event: TrainEvent) => event.type === type && seen++ % 2 === 0 && sitting.abort(),
      signal: sitting.signal,
    });
    let result = await train({ ...request, out: stopped, ...hooks() });
    for (let sittings = 1; result.summary.stopped === "interrupt"; sittings++) {
      expect(sittings).toBeLessThan(20);
      const seconds = result.summary.seconds;
      sitting = new AbortController();
      result = await resume(stopped, { data: request.data, ...hooks() });
      expect(result.summary.seconds).toBeGreaterThanOrEqual(seconds);
    }
    expect(seen).toBeGreaterThan(0);
    expect(await contentsOf(stopped)).toEqual(whole);
  });

  test.each([
    ["char-transformer", { layers: 1, width: 8, heads: 2, context: 8, dropout: 0.1 }, { seqLen: 8 }],
    ["char-cnn", { layers: 3, width: 8, dropout: 0.1 }, { seqLen: 8 }],
    ["char-bilstm", { width: 8, window: 8 }, { seqLen: 8, validationTokens: 60 }],
    ["word-lstm", { width: 8 }, { seqLen: 8 }],
  ] as const)("%s too goes on bit for bit", async (model, modelOptions, more) => {
    const vocabulary = model === "word-lstm" ? { vocabulary: "word" as const } : {};
    const data = prepareText(babble(2000), vocabulary);
    const request = { ...tinyTraining({ ...busy, ...more }), model, modelOptions, data };
    const folder = join(temporaryFolder(), "run");
    const sitting = new AbortController();
    const first = await train({
      ...request,
      out: folder,
      signal: sitting.signal,
      onEvent: (event) => event.type === "log" && event.row.step === 4 && sitting.abort(),
    });
    expect(first.summary).toMatchObject({ stopped: "interrupt", steps: 4 });
    await resume(folder, { data: data });
    expect(await contentsOf(folder)).toEqual(await uninterrupted(request));
  });

  test("before the first step: nothing is lost, and the weights can be used", async () => {
    const folder = join(temporaryFolder(), "run");
    const sitting = new AbortController();
    const { summary } = await train({
      ...tinyTraining(),
      out: folder,
      signal: sitting.signal,
      onEvent: (event) => event.type === "start" && sitting.abort(),
    });
    expect(summary).toMatchObject({ steps: 0, stopped: "interrupt", train_loss: null, val_loss: null });
    expect(existsSync(join(folder, "model.safetensors"))).toBe(true);
  });
});

describe("limits given on resume", () => {
  test("replace the run's, and are kept for the next time", async () => {
    const folder = join(temporaryFolder(), "run");
    const request = tinyTraining({ steps: 6, maxMinutes: 10, schedule: "constant", sampleEvery: 0 });
    await train({ ...request, out: folder });
    const { data } = request;
    const longer = await resume(folder, { data, options: { steps: 12 } });
    expect(longer.summary).toMatchObject({ steps: 12, stopped: "steps" });
    const { train: kept } = JSON.parse(readFileSync(join(folder, "run.json"), "utf8"));
    expect(kept.steps).toBe(12);
    expect(kept.maxMinutes).toBeUndefined();
    // Nothing is left to do.
    expect((await resume(folder, { data })).summary).toMatchObject({ steps: 12, stopped: "steps" });
    await expect(resume(folder, { data, options: { steps: -1 } })).rejects.toThrow(/`steps` must be/);
  });

  test("with a constant learning rate, twice 6 steps are 12 steps", async () => {
    const parent = temporaryFolder();
    const options = {
      schedule: "constant",
      warmup: 1,
      logEvery: 1,
      validateEvery: 3,
      sampleEvery: 0,
    } as const;
    const request = tinyTraining({ ...options, steps: 12 });
    await train({ ...request, out: join(parent, "whole") });
    await train({ ...tinyTraining({ ...options, steps: 6 }), out: join(parent, "parts") });
    await resume(join(parent, "parts"), { data: request.data, options: { steps: 12 } });
    const [parts, whole] = [await contentsOf(join(parent, "parts")), await contentsOf(join(parent, "whole"))];
    expect(parts.log).toEqual(whole.log);
    expect(parts.tensors).toEqual(whole.tensors);
  });
});

describe("what cannot go on is refused", () => {
  async function finished(options: Partial<TrainOptions> = {}, width = 12) {
    const folder = join(temporaryFolder(), "run");
    const request = { ...tinyTraining({ steps: 4, sampleEvery: 0, ...options }), out: folder };
    await train({ ...request, modelOptions: { layers: 1, width, embedding: 6 } });
    const again = () => resume(folder, { data: request.data, options: { steps: 8 } });
    return { folder, request, again, file: join(folder, "optimizer.safetensors") };
  }

  test("other data, with both fingerprints", async () => {
    const { folder, request } = await finished();
    const other = prepareText(babble(2001));
    const failed = resume(folder, { data: other });
    await expect(failed).rejects.toMatchObject({ kind: "usage" });
    await expect(failed).rejects.toThrow(`${request.data.fingerprint}, and that is now ${other.fingerprint}`);
  });

  test("a checkpoint cut short, wherever the cut is", async () => {
    const { folder, again, file } = await finished();
    const size = readFileSync(file).length;
    for (const length of [size - 4, size >> 1, 100, 7, 0]) {
      truncateSync(file, length);
      await expect(again()).rejects.toThrow(/optimizer\.safetensors/);
      await expect(again()).rejects.toMatchObject({ name: "InputError", kind: "failure" });
    }
    rmSync(file);
    await expect(again()).rejects.toThrow(`${folder} cannot go on: its checkpoint`);
  });

  test("a checkpoint of other sizes, and one that is none", async () => {
    const { again, file } = await finished();
    cpSync((await finished({}, 16)).file, file);
    await expect(again()).rejects.toThrow(/parameters\..*\[/);
    cpSync(join(file, "../model.safetensors"), file);
    await expect(again()).rejects.toThrow(/is not a checkpoint that this version \(\d.*\) reads/);
  });

  test("a folder in use by another training", async () => {
    const folder = join(temporaryFolder(), "run");
    const others: Promise<unknown>[] = [];
    const request = tinyTraining({ steps: 4, sampleEvery: 0 });
    await train({
      ...request,
      out: folder,
      onEvent: ({ type }) => {
        if (type !== "start") return;
        others.push(train({ ...request, out: folder }).catch((error: unknown) => error));
        others.push(resume(folder, { data: request.data }).catch((error: unknown) => error));
      },
    });
    for (const error of await Promise.all(others)) expect(error).toMatchObject({ code: "folder-in-use" });
    expect(others).toHaveLength(2);
  });

  test("a new run where one is, or where other files of a model are", async () => {
    const { folder, request } = await finished();
    await expect(train(request)).rejects.toThrow(
      `${folder} already holds a run; choose another \`out\`, or add \`resume\``,
    );
    rmSync(join(folder, "run.json"));
    await expect(train(request)).rejects.toThrow(/holds config\.json but no run\.json/);
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    await expect(train({ ...request, out: file })).rejects.toThrow(file);
  });

  test("a folder that holds no run", async () => {
    const folder = temporaryFolder();
    const failed = resume(folder, { data: tinyTraining().data });
    await expect(failed).rejects.toThrow(`${folder} is not a run folder: it has no run.json`);
  });

  test("the run's device where the request names none", async () => {
    const { folder, request } = await finished();
    const record = JSON.parse(readFileSync(join(folder, "run.json"), "utf8"));
    writeFileSync(join(folder, "run.json"), JSON.stringify({ ...record, device: "nowhere" }));
    const resumed = resume(folder, {
      data: request.data,
      options: { steps: 4 },
      backend: { device: undefined, threads: undefined },
    });
    await expect(resumed).rejects.toThrow(/no "nowhere" on this system/);
  });
});
