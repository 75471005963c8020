/**
 * Training, scoring and decoding on ONNX Runtime's WebGPU against the CPU. CI runs it on SwiftShader, which needs no GPU:
 * `npx vitest run --project webgpu`.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { memoryStore } from "../../src/browser/run-store.ts";
import { trainRun } from "../../src/browser/train-run.ts";
import { createDecoder } from "../../src/generate/decoders/create.ts";
import { sample } from "../../src/generate/sample.ts";
import { architectures } from "../../src/models/registry.ts";
import type { Backend } from "../../src/runtime/backend.ts";
import { nodeBackend } from "../../src/runtime/node.ts";
import { randomModel } from "../random-model.ts";
import { LOSS_TOLERANCE, twentySteps } from "../twenty-steps.ts";
import { gpu } from "./device.ts";

const cpu = nodeBackend({ threads: 1 });
/** Logits of random weights, of a size of about 1. */
const LOGIT_TOLERANCE = 2e-4;

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function train(type: string, backend: Backend, more: object = {}) {
  const { log, summary } = await trainRun(memoryStore().open("run"), twentySteps(type, more), { backend });
  return { losses: log.map(({ loss }) => loss), summary };
}

describe("twenty training steps on WebGPU", () => {
  it.each(architectures.map(({ type }) => type))("%s has the losses of the CPU", async (type) => {
    const expected = await train(type, cpu);
    const found = await train(type, gpu);
    expect(found.losses).toHaveLength(20);
    for (const [i, loss] of found.losses.entries())
      expect(Math.abs(loss - expected.losses[i]!)).toBeLessThan(LOSS_TOLERANCE);
    expect(found.summary.val_loss).toBeCloseTo(expected.summary.val_loss!, 4);
  });
});

interface NodeEvent {
  readonly cat: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

it("no node of a step runs on the CPU, and none copies between it and the device", async () => {
  const folder = await mkdtemp(join(tmpdir(), "punchline-webgpu-"));
  folders.push(folder);
  const { reference: _, ...profiled } = nodeBackend({ device: "webgpu", profile: join(folder, "step") });
  await train("char-lstm", profiled, { steps: 2 });
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")),
  );
  /** Of each graph: how many of its nodes ran where. */
  const graphs = texts.map((text) => {
    const counts: Record<string, number> = {};
    for (const { cat, args } of JSON.parse(text) as NodeEvent[]) {
      if (cat !== "Node" || args?.op_name === undefined) continue;
      const key = args.op_name.startsWith("Memcpy") ? "copies" : (args.provider ?? "unknown");
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  });
  const steps = graphs.filter(({ WebGpuExecutionProvider: nodes = 0 }) => nodes > 400);
  expect(steps.length).toBeGreaterThan(0);
  for (const counts of steps) expect(Object.keys(counts)).toEqual(["WebGpuExecutionProvider"]);
});

describe("decoding on WebGPU", () => {
  const sizes = {
    "char-lstm": { layers: 2, width: 12, embedding: 6 },
    "char-transformer": { width: 16, layers: 2, heads: 2, context: 24 },
    "char-bilstm": { width: 8, embedding: 6, window: 12 },
  };
  it.each(Object.entries(sizes))("%s has the logits and the text of the CPU", async (type, sizes) => {
    const lm = randomModel(type, { sizes, seed: 3 });
    const there = { ...lm, backend: gpu };
    const logits = async (model: typeof lm) => {
      const decoder = createDecoder(model);
      const all: number[] = [];
      for (const ids of [[5, 40, 7, 11], [3], [9]]) all.push(...(await decoder.append(Int32Array.from(ids))));
      await decoder.release();
      return all;
    };
    const [found, expected] = [await logits(there), await logits(lm)];
    for (const [i, logit] of expected.entries())
      expect(Math.abs(found[i]! - logit)).toBeLessThan(LOGIT_TOLERANCE);
    const options = { prompt: "why", temperature: 0, maxLength: 12, seed: 1 };
    expect((await sample(there, options))[0]!.text).toBe((await sample(lm, options))[0]!.text);
  });
});
