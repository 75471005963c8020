/** What `train` takes to learn from, and how a run finds its texts again. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { prepareText, prepareTexts } from "../src/data/prepare.ts";
import { auditModel } from "../src/evaluate/novelty/audit-model.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { architectureOf } from "../src/models/registry.ts";
import { prepareLike } from "../src/train/run-data.ts";
import { readRun } from "../src/train/run-folder.ts";
import { resume, type TrainRequest, train } from "../src/train/train.ts";
import { temporaryFolder } from "./cli.ts";
import { babble, contentsOf, tinyOptions, tinyTraining } from "./training-fixture.ts";

const words = "hen fox cat dog road farm egg barn duck goat moon tree".split(" ");
/** Each with words of its own, so that none is a near copy of another. */
const texts = Array.from({ length: 80 }, (_, i) =>
  [1, 5, 7, 11, 13, 17].map((k) => words[(i * k + Math.floor(i / k) * 5) % words.length]).join(" "),
);
const options = { ...tinyOptions, steps: 4, validateEvery: 4, sampleEvery: 0, schedule: "constant" } as const;
const gpt2 = { model: "gpt2", modelOptions: { layers: 1, width: 16, heads: 2, context: 16 } } as const;
const lstm = { model: "char-lstm", modelOptions: { layers: 1, width: 12, embedding: 6 } } as const;

describe("the vocabulary", () => {
  it.each([
    ["char-lstm", "character"],
    ["word-lstm", "word"],
    ["gpt2", "bpe"],
    ["bert", "wordpiece"],
  ])("of %s suits it, for texts, one text, and data that none was asked for", async (model, kind) => {
    const sizes = { layers: 1, width: 16, heads: 2, context: 16 };
    const known = Object.keys(architectureOf(model).options);
    const modelOptions = Object.fromEntries(Object.entries(sizes).filter(([name]) => known.includes(name)));
    for (const data of [texts, babble(3000), prepareText(babble(3000)), await prepareTexts([{ texts }])]) {
      if (model === "bert" && typeof data === "string") continue;
      const { lm } = await train({ model, modelOptions, data, options: { ...options, steps: 1 } });
      expect(lm.tokenizer.kind).toBe(kind);
      expect(lm.model.config.vocab_size).toBe(lm.tokenizer.size);
    }
  });

  it("that was asked for is kept", async () => {
    const data = prepareText(babble(3000), { vocabulary: "character" });
    const { lm } = await train({ ...gpt2, data, options: { ...options, steps: 1 } });
    expect(lm.tokenizer).toBe(data.tokenizer);
    const own = { ...prepareText(babble(3000)), tokenizer: data.tokenizer };
    const kept = await train({ ...gpt2, data: own, options: { ...options, steps: 1 } });
    expect(kept.lm.tokenizer).toBe(data.tokenizer);
  });

  it("of a model that is trained further is the model's", async () => {
    const out = join(temporaryFolder(), "base");
    await train({ ...gpt2, data: texts, options, out });
    const vocabulary = await loadTokenizer(out);
    for (const data of [texts, babble(2000), prepareText(babble(2000))]) {
      const { lm } = await train({
        base: { folder: out, name: out },
        data,
        options: { ...options, steps: 1 },
      });
      expect(lm.tokenizer.encode("the old cat")).toEqual(vocabulary.encode("the old cat"));
      expect(lm.tokenizer.size).toBe(vocabulary.size);
    }
  });
});

describe("a run that was given texts", () => {
  const split = async (
    given: Pick<Extract<TrainRequest, { model: unknown }>, "model" | "modelOptions">,
    data: TrainRequest["data"],
  ) => {
    const parent = temporaryFolder();
    const [whole, parts] = [join(parent, "whole"), join(parent, "parts")];
    await train({ ...given, data, options: { ...options, steps: 8 }, out: whole });
    await train({ ...given, data, options, out: parts });
    return { whole, parts };
  };

  it.each([
    ["texts", lstm, texts],
    ["one text", lstm, babble(2000)],
    ["texts in pieces of words", gpt2, texts],
  ])("goes on bit for bit by its folder alone: %s", async (_, given, data) => {
    const { whole, parts } = await split(given, data);
    const { summary } = await resume(parts, { options: { steps: 8 } });
    expect(summary.steps).toBe(8);
    expect(await contentsOf(parts)).toEqual(await contentsOf(whole));
  });

  it("goes on with the texts given again, and refuses others", async () => {
    const { whole, parts } = await split(gpt2, texts);
    rmSync(join(parts, "texts.jsonl"));
    await expect(resume(parts)).rejects.toMatchObject({ details: { option: "data" } });
    await expect(resume(parts, { data: texts.slice(1) })).rejects.toThrow(/trained on other data/);
    await resume(parts, { data: texts, options: { steps: 8 } });
    expect((await contentsOf(parts)).tensors).toEqual((await contentsOf(whole)).tensors);
  });

  it("goes on from the beginning where it has no checkpoint", async () => {
    const { whole, parts } = await split(gpt2, texts);
    for (const name of ["optimizer.safetensors", "log.jsonl"]) rmSync(join(parts, name));
    await resume(parts, { options: { steps: 8 } });
    expect((await contentsOf(parts)).tensors).toEqual((await contentsOf(whole)).tensors);
  });

  it("keeps the rows of its texts, and says of those of before that they are not known", async () => {
    const rows = texts.map((_, i) => 2 * i + 1);
    const data = await prepareTexts([{ texts, rows, source: "mine.csv", unit: "line" }], {
      nearDuplicates: false,
    });
    const { whole } = await split(lstm, data);
    const place = { source: "mine.csv", unit: "line" };
    const [text] = data.splits.train;
    const audited = async () =>
      (await auditModel([text!], { data: await prepareLike(whole) })).samples[0]!.place;
    expect(await audited()).toEqual({ ...place, row: 2 * texts.indexOf(text!) + 1 });
    const file = join(whole, "texts.jsonl");
    const before = readFileSync(file, "utf8").replace(/,"row(_sources)?":(\d+|\[.*?\])/g, "");
    expect(before).not.toMatch(/"row(_sources)?"/);
    writeFileSync(file, before);
    expect(await audited()).toBeNull();
  });

  it("keeps prompts, and every character", async () => {
    const prompts = texts.map((_, i) => `question\u2028 ${i}?\r\n`);
    const as = { vocabulary: "bpe", nearDuplicates: false, cleaning: false } as const;
    const data = await prepareTexts([{ texts, prompts }], as);
    const { whole, parts } = await split(gpt2, data);
    await resume(parts, { options: { steps: 8 } });
    expect((await contentsOf(parts)).tensors).toEqual((await contentsOf(whole)).tensors);
  });

  it("is not resumed with the same texts in another vocabulary", async () => {
    const inPieces = (vocabularySize: number) =>
      prepareTexts([{ texts }], { vocabulary: "bpe", vocabularySize, nearDuplicates: false });
    const data = await inPieces(300);
    const { whole } = await split(gpt2, data);
    const other = resume(whole, { data: await inPieces(290), options: { steps: 12 } });
    await expect(other).rejects.toThrow(/^`data` is in another vocabulary than the model in/);
    expect((await loadTokenizer(whole)).size).toBe(data.tokenizer.size);
  });

  it("is not resumed with a file that is damaged", async () => {
    const { parts } = await split(lstm, texts);
    writeFileSync(join(parts, "texts.jsonl"), '{"split":"train"}\n');
    await expect(resume(parts)).rejects.toMatchObject({ code: "texts" });
  });
});

it("reads the sources of a record again, in its vocabulary", async () => {
  const parent = temporaryFolder();
  const file = join(parent, "texts.txt");
  writeFileSync(file, texts.join("\n"));
  const out = join(parent, "run");
  const data = await prepareTexts([{ texts }], { vocabulary: "bpe", vocabularySize: 300 });
  await train({ ...gpt2, data, options, out, origin: { sources: [file], options: {} } });
  expect(existsSync(join(out, "texts.jsonl"))).toBe(false);
  const { lm } = await resume(out, { options: { steps: 8 } });
  expect(lm.tokenizer.size).toBe(data.tokenizer.size);
  expect((await readRun(out)).train.steps).toBe(8);
});

describe("the end of a training", () => {
  it("comes when a listener asks for it, after a validation", async () => {
    const seen: number[] = [];
    const { summary, log } = await train({
      ...tinyTraining({ steps: 20, logEvery: 1, validateEvery: 100 }),
      onEvent(event, stop) {
        if (event.type !== "log") return;
        seen.push(event.row.step);
        if (event.row.step === 3) stop();
      },
    });
    expect(summary).toMatchObject({ steps: 3, stopped: "early", val_loss: expect.any(Number) });
    expect(seen).toEqual([1, 2, 3]);
    expect(log).toHaveLength(3);
  });

  it("comes when a function of the log says so, which knows the rows before a resume", async () => {
    const out = join(temporaryFolder(), "run");
    const request = tinyTraining({ steps: 20, logEvery: 1, validateEvery: 2, schedule: "constant" });
    const validations = (n: number) => (log: readonly { val_loss?: number | undefined }[]) =>
      log.filter(({ val_loss }) => val_loss !== undefined).length >= n;
    const first = await train({ ...request, out, stopWhen: validations(2) });
    expect(first.summary).toMatchObject({ steps: 4, stopped: "early" });
    const second = await resume(out, { stopWhen: validations(4) });
    expect(second.summary).toMatchObject({ steps: 8, stopped: "early" });
    expect((await resume(out)).summary).toMatchObject({ steps: 20, stopped: "steps" });
  });
});

describe("before texts are read", () => {
  it.each([
    ["an option out of range", { options: { steps: -1 } }, "steps"],
    ["an unknown schedule", { options: { schedule: "sudden" as "wsd" } }, "schedule"],
    ["a size that the model has not", { modelOptions: { heads: 2 } }, undefined],
  ])("%s is refused", async (_, wrong, option) => {
    const out = join(temporaryFolder(), "run");
    // Too few texts, which would be refused next.
    const refused = train({ ...lstm, data: ["one"], out, ...wrong });
    await expect(refused).rejects.toMatchObject({ kind: "usage", ...(option && { details: { option } }) });
    expect(existsSync(out)).toBe(false);
  });
});

it("texts like those of a run are read from the Hub too", async () => {
  const out = join(temporaryFolder(), "run");
  await train({ ...lstm, data: texts, options, out });
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  vi.stubEnv("HF_HOME", temporaryFolder());
  await expect(prepareLike(out, "hf:owner/jokes")).rejects.toMatchObject({ code: "offline" });
  vi.unstubAllEnvs();
});
