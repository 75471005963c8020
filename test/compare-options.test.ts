/** What a comparison can add: attention, precisions, sweeps, hosted models, and transformers.js as the check from outside. */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { compareModels } from "../src/compare/compare.ts";
import type { Comparison } from "../src/compare/results.ts";
import { exportModel } from "../src/export/export.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { evaluation } from "../src/nn/mode.ts";
import type { Parameters } from "../src/nn/parameters.ts";
import { compile } from "../src/runtime/compile.ts";
import { punchline } from "./cli.ts";
import { type ComparedFolders, causalText, comparedFolders, text } from "./compare-fixture.ts";
import {
  chat,
  chatOnly,
  completion,
  type OpenAIServer,
  refusal,
  startOpenAIServer,
} from "./openai-server.ts";
import { peerReason, peers } from "./peers.ts";
import { backend, loadFolder, rows, worst } from "./transformers.ts";

let scratch: string;
let folders: ComparedFolders["folders"];
let release: () => void;
beforeAll(async () => {
  ({ scratch, folders, release } = await comparedFolders());
});
afterAll(() => release());

describe("attention", () => {
  it("is a triangle of GPT's and a full square of BERT's, and rows sum to 1", async () => {
    const { models } = await compareModels([folders.gpt, folders.bert], { text, runs: 1, layer: 2, head: 2 });
    const [gpt, bert] = models.map(({ attention }) => attention!);
    for (const { layer, head, tokens, weights } of [gpt!, bert!]) {
      expect([layer, head]).toEqual([2, 2]);
      expect(weights).toHaveLength(tokens.length);
      for (const row of weights) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
    const ahead = ({ weights }: NonNullable<typeof gpt>) =>
      weights.flatMap((row, i) => row.slice(i + 1)).reduce((a, b) => a + b, 0);
    expect(ahead(gpt!)).toBe(0);
    expect(ahead(bert!)).toBeGreaterThan(1);
    expect(bert!.tokens).toContain("[MASK]");
  });

  it("is kept of every head where that is asked for, in bytes that give the drawn head again", async () => {
    const options = { text, runs: 1, layer: 2, head: 2, heads: true };
    const { models } = await compareModels([folders.gpt, folders.bert], options);
    for (const { attention, facts } of models) {
      const { heads, tokens, weights, layer, head } = attention!;
      expect([heads!.layers, heads!.heads]).toEqual([facts!.layers, facts!.heads]);
      expect(heads!.tokens).toEqual(tokens);
      const bytes = Buffer.from(heads!.weights, "base64");
      expect(bytes).toHaveLength(heads!.layers * heads!.heads * tokens.length ** 2);
      const first = ((layer - 1) * heads!.heads + head - 1) * tokens.length ** 2;
      for (const [i, weight] of weights.flat().entries())
        expect((bytes[first + i]! / 255) ** 2).toBeCloseTo(weight, 2);
    }
    const [plain] = (await compareModels([folders.gpt], { ...options, heads: false })).models;
    expect(plain!.attention).not.toHaveProperty("heads");
  });

  it("leaves the logits where the fused kernel has them", async () => {
    for (const folder of [folders.gpt, folders.bert]) {
      const { model, weights } = await loadFolder(folder);
      const both = compile(
        (p: Parameters, ids: Tensor) => ({
          fused: model.forward(p, { ids }, evaluation).logits,
          open: model.forward(p, { ids }, evaluation, { attention: true }).logits,
        }),
        { backend },
      );
      const { fused, open } = await both(weights as never, rows([[3, 9, 14, 9, 7]]));
      expect(worst(fused.data as Float32Array, open.data as Float32Array)).toBeLessThan(1e-4);
      await both.release();
    }
  });

  it("is left out with a reason where there is none to draw", async () => {
    const { models } = await compareModels([folders.gpt, folders.lstm], { text, runs: 1, layer: 3 });
    expect(models.map(({ attention }) => attention)).toEqual([undefined, undefined]);
    expect(models[0]!.notes.join()).toMatch(/2 layers of 2 heads.*layer 3/);
    expect(models[1]!.notes.join()).toMatch(/no attention/);
  });
});

describe("precisions", () => {
  it("are models of their own, which predict nearly the same", async () => {
    const { models } = await compareModels([folders.wide], {
      text,
      runs: 1,
      topK: 1000,
      precisions: ["fp32", "q8", "q4"],
      labels: ["wide"],
    });
    expect(models.map(({ model, precision }) => [model, precision])).toEqual([
      ["wide", "fp32"],
      ["wide q8", "q8"],
      ["wide q4", "q4"],
    ]);
    const [whole, q8, q4] = models.map(
      ({ predictions }) => new Map(predictions.map(({ token, probability }) => [token, probability])),
    );
    const distance = (other: typeof whole) =>
      [...whole!].reduce((sum, [token, p]) => sum + Math.abs(p - (other!.get(token) ?? 0)), 0) / 2;
    expect(distance(q8)).toBeGreaterThan(0);
    expect(distance(q8)).toBeLessThan(distance(q4));
    expect(distance(q4)).toBeLessThan(0.8);
  });

  it("that a model cannot have leave the others", async () => {
    const { models, failed } = await compareModels([folders.lstm], {
      text,
      runs: 1,
      precisions: ["fp32", "q8"],
    });
    expect(models).toHaveLength(1);
    expect(failed).toEqual([
      { model: `${folders.lstm} q8`, reason: expect.stringMatching(/char-lstm.*gpt2/) },
    ]);
  });
});

it("sweeps lengths and batches, as far as the context goes, and counts operations", async () => {
  const { by_length, by_batch, gemm_gflops, models } = await compareModels([folders.gpt, folders.bert], {
    text,
    runs: 1,
    sweep: true,
  });
  for (const { model, facts } of models) {
    const lengths = by_length.filter((p) => p.model === model);
    expect(lengths.map(({ size }) => size)).toEqual([16, 64]);
    expect(by_batch.filter((p) => p.model === model).map(({ size }) => size)).toEqual([1, 2, 4, 8, 16]);
    const inner = facts!.parameters_without_embeddings;
    const causal = facts!.objective.includes("left");
    const flops = 2 * inner + 4 * 2 * 16 * (causal ? 65 / 2 : 64);
    for (const point of [lengths[1]!, by_batch.find((p) => p.model === model && p.size === 4)!]) {
      expect(point.gflops).toBeCloseTo((flops * point.tokens_per_s) / 1e9, 6);
      const share = point.gflops / gemm_gflops!;
      if (share > 1) expect(point.of_gemm).toBeNull();
      else expect(point.of_gemm).toBeCloseTo(share, 6);
    }
  }
});

it("tells the memory that each takes, from the command line", async () => {
  const { status, stdout, stderr } = await punchline([
    ...["compare", folders.gpt, folders.wide, "--runs", "1", "--json"],
    ...["--precision", "fp32", "--precision", "q8"],
  ]);
  expect(status, stderr).toBe(0);
  const { models } = JSON.parse(stdout) as Comparison;
  for (const { memory_mb } of models) expect(memory_mb).toBeGreaterThan(0);
});

describe("a hosted model", () => {
  let service: OpenAIServer;
  beforeAll(async () => {
    service = await startOpenAIServer(() => chatOnly);
    vi.stubEnv("OPENAI_API_KEY", "any");
    vi.stubEnv("OPENAI_BASE_URL", service.baseURL);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await service.close();
  });

  it("is compared by what its service tells", async () => {
    service.answer = ({ body }) =>
      completion(" air.", {
        ...(body.logprobs
          ? { logprobs: { top_logprobs: [{ " sky": Math.log(0.2), " air": Math.log(0.7) }] } }
          : {}),
      });
    const { models, failed } = await compareModels(["openai:joker", folders.gpt], { text, runs: 2 });
    expect(failed).toEqual([]);
    const [hosted, local] = models;
    expect(hosted).toMatchObject({
      model: "openai:joker",
      kind: "hosted",
      parameters: null,
      text: causalText,
    });
    expect(hosted!.predictions.map(({ token }) => token)).toEqual([" air", " sky"]);
    expect(hosted!.predictions[0]!.probability).toBeCloseTo(0.7, 6);
    expect(hosted!.speed.map((s) => s.case)).toEqual(["fill one blank"]);
    expect(hosted!.notes.join()).toMatch(/cannot be asked/);
    expect(local!.speed.length).toBeGreaterThan(3);
  });

  it("without log-probabilities keeps its times", async () => {
    service.answer = ({ path }) => (path === "/chat/completions" ? chat("air") : chatOnly);
    const { models } = await compareModels(["openai:joker"], { text, runs: 1 });
    expect(models[0]!.predictions).toEqual([]);
    expect(models[0]!.notes.join()).toMatch(/no log-probabilities/);
    expect(models[0]!.speed).toHaveLength(1);
  });

  it("that is not there leaves the others", async () => {
    service.answer = () => refusal(404, { code: "model_not_found", message: "no joker" });
    const { models, failed } = await compareModels(["openai:joker", folders.gpt], { text, runs: 1 });
    expect(models).toHaveLength(1);
    expect(failed[0]).toMatchObject({ model: "openai:joker", reason: expect.stringContaining("no model") });
  });
});

describe("transformers.js", () => {
  it("is asked for in one sentence where it is missing", async () => {
    const { failed, models } = await compareModels([folders.gpt], {
      text,
      runs: 1,
      engines: ["punchline", "transformers.js"],
      packages: scratch,
    });
    expect(models).toHaveLength(1);
    expect(failed[0]!.reason).toMatch(
      /^`engines: "transformers\.js"` needs .*npm install @huggingface\/transformers/,
    );
  });

  const packages = process.env.PUNCHLINE_PEERS;
  it.skipIf(!peers.transformers)(
    `says what Punchline says ${peerReason("@huggingface/transformers")}`,
    async () => {
      const options = { text, runs: 1, sweep: true, topK: 5, packages: packages! };
      const out = join(scratch, "gpt-onnx");
      await exportModel(folders.gpt, { format: "onnx", out, types: ["fp32"] });
      const ours = await compareModels([folders.gpt, folders.bert], options);
      // One exported before, one as it is.
      const theirs = await compareModels([out, folders.bert], { ...options, engines: ["transformers.js"] });
      expect(theirs.failed).toEqual([]);
      for (const [i, a] of ours.models.entries()) {
        const b = theirs.models[i]!;
        expect(b.engine).toBe("transformers.js");
        expect(b.kind).toBe(a.kind);
        expect(b.parameters).toBe(a.parameters);
        expect(b.tokens).toBe(a.tokens);
        expect(b.speed.map((s) => s.case)).toEqual(a.speed.map((s) => s.case));
        const sizes = ({ by_batch }: Comparison, model: string) =>
          by_batch.filter((p) => p.model === model).map(({ size }) => size);
        expect(sizes(theirs, b.model)).toEqual(sizes(ours, a.model));
        b.predictions.forEach(({ probability }, i) => {
          expect(probability).toBeCloseTo(a.predictions[i]!.probability, 4);
        });
        expect(b.right_context_effect).toBeCloseTo(a.right_context_effect!, 4);
      }
    },
  );

  it.skipIf(!peers.transformers)(
    `reads the text as the model's own were cleaned ${peerReason("@huggingface/transformers")}`,
    async () => {
      const out = join(scratch, "gpt-unicode");
      cpSync(folders.gpt, out, { recursive: true });
      const path = join(out, "generation_config.json");
      const config = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
      const cleaning = { steps: ["entities", "space"], keepUnicode: true, lineBreaks: false };
      writeFileSync(path, JSON.stringify({ ...config, text_cleaning: cleaning }));
      const { models, failed } = await compareModels([out], {
        text: "The fox couldn\u2019t  see the \u201cair\u201d of the",
        runs: 1,
        engines: ["punchline", "transformers.js"],
        packages: packages!,
      });
      expect(failed).toEqual([]);
      expect(models.map((model) => model.text)).toEqual(
        Array(2).fill(expect.stringContaining("The fox couldn\u2019t see the \u201cair\u201d of the")),
      );
      expect(models[1]!.tokens).toBe(models[0]!.tokens);
      expect(models[1]!.notes).toEqual(
        expect.arrayContaining([expect.stringContaining("cleaned as the texts")]),
      );
    },
  );
});
