/** The table of families in docs/models.md: every cell is tried, from a folder as the Hub has it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isSubword } from "../src/data/choose-tokenizer.ts";
import { prepareTexts } from "../src/data/prepare.ts";
import { auditModel } from "../src/evaluate/novelty/audit-model.ts";
import { exportModel } from "../src/export/export.ts";
import { createChat } from "../src/generate/chat.ts";
import { fillMasks } from "../src/generate/fill.ts";
import { loadModel } from "../src/generate/load.ts";
import type { LocalModel } from "../src/generate/local-model.ts";
import { type Sample, sample } from "../src/generate/sample.ts";
import { ADAPTER_CONFIG_FILE } from "../src/hub/adapter.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { architectures } from "../src/models/registry.ts";
import { serve } from "../src/server/serve.ts";
import { train } from "../src/train/train.ts";
import { root, temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";
import { pythonWithTorch } from "./torch/python.ts";
import { expectParity, randomIds } from "./transformers.ts";

const columns = [
  "type",
  "models",
  "does",
  "scratch",
  "tuned",
  "bits",
  "exported",
  "gguf",
  "chat",
  "novelty",
  "served",
] as const;
type Row = Readonly<Record<(typeof columns)[number], string>>;

const rows: readonly Row[] = readFileSync(join(root, "docs/models.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| `[\w-]+` +\|[^|]*\| (writes|fills) +\|/.test(line))
  .map((line) => {
    const cells = line.split("|").slice(1, -1);
    return Object.fromEntries(columns.map((name, i) => [name, cells[i]!.trim().replaceAll("`", "")])) as Row;
  });

const words = ["why", "did", "the", "hen", "cross", "a", "road", "to", "see", "its", "other", "side"];
const texts = Array.from({ length: 60 }, (_, i) => {
  const [a, b, c] = [words[i % 12], words[(5 * i) % 11], words[Math.floor(i / 6)]];
  return `why did the ${a} cross the ${b} to see its ${c}`;
});
const backend = { threads: 1 };
const quick = {
  steps: 6,
  batchSize: 4,
  seqLen: 16,
  learningRate: 1e-2,
  schedule: "constant",
  warmup: 0,
  sampleEvery: 0,
  logEvery: 1,
  validateEvery: 6,
} as const;

it("has a row for every architecture of pieces of words", () => {
  const known = architectures.filter(({ tokens }) => isSubword(tokens));
  expect(rows.map(({ type }) => type).sort()).toEqual(known.map(({ type }) => type).sort());
});

describe.each(rows.map((row) => [row.type, row] as const))("%s", (type, row) => {
  const folderOf = () => modelFolder(type, {}, 4);
  const prompt = row.does === "fills" ? "hen [MASK] a road" : "why did the hen";

  it(`${row.does} in float32, 8 and 4 bits`, async () => {
    expect(row.bits).toBe("yes");
    const folder = await folderOf();
    for (const quantize of [undefined, "q8", "q4"] as const) {
      const lm = await loadModel(folder, quantize ? { quantize } : {});
      const written =
        row.does === "fills"
          ? (await fillMasks(lm, prompt)).masks[0]!.length
          : (await sample(lm, { prompt, maxLength: 5, temperature: 0 }))[0]!.tokens;
      expect(written).toBeGreaterThan(0);
      await lm.release();
    }
    if (row.does === "writes") {
      // A word about the mask first would be of no use.
      const { status, stderr } = await punchline(["fill", folder, "Once [MASK] a time"]);
      expect(status).toBe(2);
      expect(stderr.trim().split("\n").at(-1)).toMatch(/^error: .*has no \[MASK\]/);
      expect(stderr).not.toContain("<unk>");
    }
    const other = row.does === "fills" ? sample : fillMasks;
    await expect(other(await loadModel(folder), "x" as never)).rejects.toThrow();
  });

  it("learns in all its weights and by an adapter, which opens by itself", async () => {
    expect(row.tuned).toBe("yes");
    const folder = await folderOf();
    const data = await prepareTexts([{ texts }], {
      vocabulary: await loadTokenizer(folder),
      nearDuplicates: false,
    });
    for (const lora of [undefined, {}]) {
      const out = join(temporaryFolder(), "run");
      const { log } = await train({
        base: { folder, name: folder },
        data,
        options: { ...quick, ...(lora ? { lora } : {}) },
        out,
        backend,
      });
      const [again, before] = [await loadModel(out), await loadModel(folder)];
      const surest = async (lm: LocalModel) => (await fillMasks(lm, prompt)).masks[0]![0]!.probability;
      const last = async (lm: LocalModel) => (await lm.score(texts[0]!)).logProbabilities.at(-1);
      const measure = row.does === "writes" ? last : surest;
      expect(await measure(again)).not.toBe(await measure(before));
      // Which tokens a masked model has to guess differs from step to step.
      if (row.does === "writes") expect(log.at(-1)!.loss).toBeLessThan(log[0]!.loss);
      if (!lora) continue;
      const config = JSON.parse(readFileSync(join(out, ADAPTER_CONFIG_FILE), "utf8"));
      expect(config.task_type).toBe(row.does === "writes" ? "CAUSAL_LM" : null);
      const merged = join(temporaryFolder(), "merged");
      await exportModel(out, { format: "hf", out: merged, merge: true });
      if (pythonWithTorch) await expectParity(merged, { ids: randomIds(9, 2, 6) });
    }
  });

  it(`is exported: hf, onnx${row.gguf === "yes" ? ", gguf" : ", and no gguf"}`, async () => {
    expect(row.exported).toBe("yes");
    const folder = await folderOf();
    const out = join(temporaryFolder(), "out");
    const to = (format: "hf" | "onnx" | "gguf") => exportModel(folder, { format, out: join(out, format) });
    mkdirSync(out);
    await to("hf");
    const config = JSON.parse(readFileSync(join(out, "hf", "config.json"), "utf8"));
    expect(config.architectures).toHaveLength(1);
    if (pythonWithTorch) await expectParity(join(out, "hf"), { ids: randomIds(9, 2, 6) });
    expect((await to("onnx")).files).toContain("onnx/model.onnx");
    if (row.gguf === "yes") expect((await to("gguf")).files).toEqual(["model-f16.gguf"]);
    else await expect(to("gguf")).rejects.toThrow(`is of the family ${type}, and GGUF files are written of`);
  });

  it(`is trained from scratch, and ${row.does}`, async () => {
    expect(row.scratch).toBe("yes");
    const out = join(temporaryFolder(), "run");
    const modelOptions = { layers: 2, width: 32, heads: 2, context: 64 };
    const options = { ...quick, steps: 1, validateEvery: 1 };
    const data = await prepareTexts([{ texts }], {
      vocabulary: await loadTokenizer(await folderOf()),
      nearDuplicates: false,
    });
    const { summary } = await train({ model: type, modelOptions, data, options, out, backend });
    expect(summary.steps).toBe(1);
    const lm = await loadModel(out);
    expect(lm.model.architecture.type).toBe(type);
    const written =
      row.does === "fills"
        ? (await fillMasks(lm, prompt)).masks.length
        : (await sample(lm, { prompt, maxLength: 3, temperature: 0 })).length;
    expect(written).toBe(1);
    await lm.release();
  });

  it(`${row.novelty === "yes" ? "is asked what it remembers: copies, passages, membership" : "cannot be asked what it remembers"}`, async () => {
    expect(row.novelty).toBe(row.does === "writes" ? "yes" : "no");
    const folder = await folderOf();
    const lm = await loadModel(folder);
    const data = await prepareTexts([{ texts }], { vocabulary: lm.tokenizer, nearDuplicates: false });
    const asked = { data, lm, asked: 4, prefix: 3 };
    if (row.novelty === "no") {
      await expect(sample(lm, { n: 3, maxLength: 8 })).rejects.toThrow(/fills masks/);
      const { extraction, membership } = await auditModel(texts.slice(0, 3), asked);
      expect([extraction, membership]).toEqual([undefined, []]);
      return;
    }
    const written = await sample(lm, { n: 3, maxLength: 8 });
    const audit = await auditModel(
      written.map(({ text }) => text),
      asked,
    );
    expect(audit.samples).toHaveLength(3);
    expect(audit.extraction).toBeDefined();
    expect(audit.membership!.map(({ signal }) => signal)).toEqual(["perplexity", "zlib", "lowercase"]);
  });

  it(`${row.chat === "yes" ? "answers by a chat template" : "holds no conversation, whatever its template"}`, async () => {
    expect(row.chat).toBe(row.does === "writes" ? "yes" : "no");
    const folder = await folderOf();
    const path = join(folder, "tokenizer_config.json");
    const config = JSON.parse(readFileSync(path, "utf8"));
    const chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}";
    writeFileSync(path, JSON.stringify({ ...config, chat_template }));
    const lm = await loadModel(folder);
    if (row.chat === "no") {
      expect(() => createChat(lm)).toThrow(/fills masks/);
      return;
    }
    const chat = createChat(lm);
    const [{ ids }] = (await sample(lm, { prompt, maxLength: 5, temperature: 0 })) as [Sample];
    expect((await chat.say(prompt, { maxLength: 5, temperature: 0 })).ids).toEqual(ids);
    await chat.release();
    await lm.release();
  });

  it(`is served: ${row.served}`, async () => {
    expect(row.served).toBe(row.does === "writes" ? "texts" : "vectors");
    const lm = await loadModel(await folderOf(), { name: type });
    const [expected] =
      row.does === "writes" ? await sample(lm, { prompt, maxLength: 5, temperature: 0 }) : [undefined];
    const server = await serve(lm, { port: 0 });
    const asked = async (path: string, body: object) => {
      const answer = await fetch(`${server.url}/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: type, ...body }),
      });
      return { status: answer.status, body: await answer.json() };
    };
    const texts = await asked("completions", { prompt, max_tokens: 5, temperature: 0 });
    if (expected) expect(texts).toMatchObject({ status: 200, body: { choices: [{ text: expected.text }] } });
    else {
      expect(texts).toMatchObject({ status: 400, body: { error: {} } });
      expect(texts.body.error.message).toMatch(/fills masks and cannot continue texts; it answers/);
    }
    const vectors = await asked("embeddings", { input: "why did the hen" });
    expect(vectors).toMatchObject({ status: 200 });
    expect(vectors.body.data[0].embedding).toHaveLength(64);
    await server.close();
  });
});

it("a vocabulary of SentencePiece alone is refused with what to do", async () => {
  const folder = await modelFolder("llama");
  rmSync(join(folder, "tokenizer.json"));
  writeFileSync(join(folder, "tokenizer.model"), "pieces");
  await expect(loadModel(folder)).rejects.toThrow(
    /only as tokenizer\.model, a SentencePiece model.*add tokenizer\.json/,
  );
});

it("Qwen's older files, which do not say how words are cut, are refused with what to do", async () => {
  const folder = await modelFolder("qwen2");
  const path = join(folder, "tokenizer.json");
  const { model } = JSON.parse(readFileSync(path, "utf8"));
  rmSync(path);
  writeFileSync(join(folder, "vocab.json"), JSON.stringify(model.vocab));
  writeFileSync(join(folder, "merges.txt"), model.merges.join("\n"));
  writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify({ tokenizer_class: "Qwen2Tokenizer" }));
  await expect(loadModel(folder)).rejects.toThrow(
    /vocab\.json and merges\.txt of a Qwen2Tokenizer.*; add tokenizer\.json/,
  );
});

it("a vocabulary of another model is refused", async () => {
  const folder = await modelFolder("llama");
  const path = join(folder, "tokenizer.json");
  const json = JSON.parse(readFileSync(path, "utf8"));
  const { config } = (await loadModel(folder)).model;
  const added = { ...json.added_tokens[0], content: "<more>", id: config.vocab_size };
  writeFileSync(path, JSON.stringify({ ...json, added_tokens: [...json.added_tokens, added] }));
  await expect(loadModel(folder)).rejects.toThrow(/do not belong together/);
});
